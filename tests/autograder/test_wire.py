import contextlib
import io
import struct

import hypothesis.extra.numpy as npst
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import wire

names = st.text("abc_ (=+1)", min_size=1, max_size=20)
dtypes = st.sampled_from([np.dtype(name) for name in wire._DTYPES])
arrays = dtypes.flatmap(lambda d: npst.arrays(d, npst.array_shapes(min_dims=0, min_side=0)))


def sent(message: dict[str, np.ndarray]) -> bytes:
    stream = io.BytesIO()
    wire.write_arrays(stream, message)
    return stream.getvalue()


@given(st.dictionaries(names, arrays, max_size=4))
@settings(max_examples=60, deadline=None)
def test_arrays_arrive_as_they_were_sent(message):
    received = wire.read_message(io.BytesIO(sent(message)))
    assert received.keys() == message.keys()
    for name, array in message.items():
        assert received[name].dtype == array.dtype and received[name].shape == array.shape
        assert received[name].tobytes() == array.tobytes()


def test_an_error_arrives_as_it_was_sent():
    error = wire.RemoteError("ValueError", "bad π", "assignment/a.py", "3", "x", "y")
    stream = io.BytesIO()
    wire.write_error(stream, error)
    assert wire.read_message(io.BytesIO(stream.getvalue())) == error


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_a_wire_error(content):
    with contextlib.suppress(wire.WireError):
        wire.read_message(io.BytesIO(content))


@given(st.data())
def test_no_cut_or_flipped_message_does_more_than_a_wire_error(data):
    content = bytearray(sent({"a": np.arange(6, dtype=np.float32).reshape(2, 3)}))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    del content[data.draw(st.integers(1, len(content))) :]
    with contextlib.suppress(wire.WireError):
        wire.read_message(io.BytesIO(bytes(content)))


def test_a_cut_message_counts_as_none():
    content = sent({"a": np.ones((2, 3))})
    for length in range(len(content)):
        with pytest.raises(wire.WireError):
            wire.read_message(io.BytesIO(content[:length]))


def array_frame(shape: tuple[int, ...], announced: int, code: int = 10) -> bytes:
    head = b"A" + struct.pack("<H", 1) + b"a" + struct.pack("<BB", code, len(shape))
    return head + struct.pack(f"<{len(shape)}QQ", *shape, announced)


@pytest.mark.parametrize(
    "frame",
    [
        array_frame((2**40,), 2**42),  # larger than the bound
        array_frame((2, 3), 20),  # announced and true size differ
        array_frame((2**63, 2**63, 4), 0),  # whose product overflows 64 bits
        array_frame((0, 2**40), 0),  # empty, with an absurd axis
        array_frame((1,), 4, code=200),
        array_frame((1,) * 9, 4),
        b"A" + struct.pack("<H", 0),
        b"E" + struct.pack("<I", 2**31),
        b"." + struct.pack("<I", 1),  # fewer arrays than announced
        b"Z",
    ],
)
def test_a_false_frame_is_refused_before_its_content_is_read(frame):
    stream = io.BytesIO(frame + b"\0" * 64)
    with pytest.raises(wire.WireError):
        wire.read_message(stream)
    assert stream.tell() <= len(frame)


def test_the_bytes_of_all_arrays_together_are_bounded():
    content = sent({"a": np.zeros(100, np.float32), "b": np.zeros(100, np.float32)})
    with pytest.raises(wire.WireError, match="too large"):
        wire.read_message(io.BytesIO(content), max_bytes=700)


def test_a_boolean_that_is_neither_is_refused():
    content = sent({"a": np.array([True])}).replace(b"\x01.", b"\x07.")
    with pytest.raises(wire.WireError, match="neither"):
        wire.read_message(io.BytesIO(content))
