"""The line between a worker and the judge: length-framed raw arrays, checked before they are read.

A worker first says that it is ready, with its barriers raised and no line of the submission run.
Then comes its message, a sequence of frames that ends with an end frame:

    ready  b"R"
    array  b"A"  name, dtype code, rank, shape, byte count, bytes in C order
    error  b"E"  six texts: type, message, file, line, source line, where in the check
    end    b"."  the number of arrays sent

The judge believes nothing of it: every length is checked against a bound before a byte is read, no
object is ever unpickled, and a message without its end frame counts as none.
"""

import re
import struct
from dataclasses import astuple, dataclass
from typing import BinaryIO

import numpy as np

MAX_ARRAYS = 256
MAX_RANK = 8
MAX_BYTES = 2**20  # in all arrays of a message; the judge keeps those of all checks
MAX_NAME = 120
MAX_TEXT = 8192

_DTYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64"),
)
_NAME = re.compile(r"[A-Za-z0-9_.,:=+/ ()\-]+")


READY = b"R"


class WireError(Exception):
    """A message that is not well-formed; nothing in it counts."""


@dataclass(frozen=True)
class RemoteError:
    """An exception that ended a check in the worker. All fields are untrusted text."""

    type: str
    message: str
    file: str = ""
    line: str = ""
    source: str = ""
    check_source: str = ""


def write_ready(stream: BinaryIO) -> None:
    """Says that the submission is about to be met."""
    stream.write(READY)
    stream.flush()


def read_ready(stream: BinaryIO) -> None:
    """Waits for the worker to be ready.

    Raises:
        WireError: it ended before; nothing of the submission has run.
    """
    if _exactly(stream, 1) != READY:
        raise WireError("the worker did not say that it is ready")


def write_arrays(stream: BinaryIO, arrays: dict[str, np.ndarray]) -> None:
    """Sends named arrays and the end frame."""
    for name, array in arrays.items():
        code = _DTYPES.index(array.dtype.name)
        encoded = name.encode()
        stream.write(b"A" + struct.pack("<H", len(encoded)) + encoded)
        stream.write(struct.pack(f"<BB{array.ndim}Q", code, array.ndim, *array.shape))
        stream.write(struct.pack("<Q", array.nbytes))
        stream.write(np.ascontiguousarray(array).tobytes())
    stream.write(b"." + struct.pack("<I", len(arrays)))
    stream.flush()


def write_error(stream: BinaryIO, error: RemoteError) -> None:
    """Sends an exception and the end frame."""
    stream.write(b"E")
    for text in astuple(error):
        encoded = text.encode(errors="replace")[:MAX_TEXT]
        stream.write(struct.pack("<I", len(encoded)) + encoded)
    stream.write(b"." + struct.pack("<I", 0))
    stream.flush()


def read_message(
    stream: BinaryIO, max_bytes: int = MAX_BYTES
) -> dict[str, np.ndarray] | RemoteError:
    """Reads one message up to its end frame.

    Returns:
        The arrays by name, or the error that the worker met.

    Raises:
        WireError: the stream ended early, or a frame is malformed or too large.
    """
    arrays: dict[str, np.ndarray] = {}
    error: RemoteError | None = None
    while True:
        kind = _exactly(stream, 1)
        if kind == b"A" and error is None:
            name, array = _read_array(stream, max_bytes)
            if name in arrays or len(arrays) == MAX_ARRAYS:
                raise WireError("an array sent twice, or too many arrays")
            arrays[name] = array
            max_bytes -= array.nbytes
        elif kind == b"E" and error is None and not arrays:
            error = RemoteError(*(_read_text(stream) for _ in range(6)))
        elif kind == b".":
            (count,) = struct.unpack("<I", _exactly(stream, 4))
            if count != len(arrays):
                raise WireError("the number of arrays differs from the announced one")
            return arrays if error is None else error
        else:
            raise WireError("an unknown or misplaced frame")


def is_sendable(array: np.ndarray) -> bool:
    """Whether the array's dtype and size can cross."""
    return array.dtype.name in _DTYPES and array.ndim <= MAX_RANK and array.nbytes <= MAX_BYTES


def is_name(name: str) -> bool:
    """Whether an array may be called so."""
    return len(name) <= MAX_NAME and bool(_NAME.fullmatch(name))


def _read_array(stream: BinaryIO, max_bytes: int) -> tuple[str, np.ndarray]:
    (length,) = struct.unpack("<H", _exactly(stream, 2))
    if length > MAX_NAME:
        raise WireError("an array's name is too long")
    name = _exactly(stream, length).decode("ascii", errors="replace")
    if not is_name(name):
        raise WireError("an array's name is empty or holds strange characters")
    code, rank = struct.unpack("<BB", _exactly(stream, 2))
    if code >= len(_DTYPES) or rank > MAX_RANK:
        raise WireError("an array of an unknown dtype or too many axes")
    shape = struct.unpack(f"<{rank}Q", _exactly(stream, 8 * rank))
    (announced,) = struct.unpack("<Q", _exactly(stream, 8))
    dtype = np.dtype(_DTYPES[code])
    size = dtype.itemsize
    for axis in shape:  # Python's integers do not overflow, NumPy's product would
        size *= axis
    if size != announced or size > max_bytes or max(shape, default=0) > MAX_BYTES:
        raise WireError("an array's size is not what its shape says, or is too large")
    content = _exactly(stream, size)
    if dtype == np.bool_ and content.translate(None, b"\x00\x01"):
        raise WireError("a boolean that is neither true nor false")
    return name, np.frombuffer(content, dtype).reshape(shape)


def _read_text(stream: BinaryIO) -> str:
    (length,) = struct.unpack("<I", _exactly(stream, 4))
    if length > MAX_TEXT:
        raise WireError("a text is too long")
    return _exactly(stream, length).decode("utf-8", errors="replace")


def _exactly(stream: BinaryIO, count: int) -> bytes:
    pieces = []
    while count:
        piece = stream.read(min(count, 2**20))
        if not piece:
            raise WireError("the message ended early")
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)
