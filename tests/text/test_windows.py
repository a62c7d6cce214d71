import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from assignment.text.windows import next_token_windows, strided_windows, window_starts


def test_targets_are_the_inputs_one_token_later():
    inputs, targets = next_token_windows([10, 11, 12, 13, 14, 15], [0, 2, 1], 3)
    assert inputs.numpy().tolist() == [[10, 11, 12], [12, 13, 14], [11, 12, 13]]
    assert targets.numpy().tolist() == [[11, 12, 13], [13, 14, 15], [12, 13, 14]]


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32, np.int64])
@pytest.mark.parametrize("make", [np.asarray, tf.constant])
def test_windows_are_int32_whatever_comes_in(dtype, make):
    tokens = np.array([1, 60_000, 3, 4], dtype)
    inputs, targets = next_token_windows(tokens, make(np.array([0, 1])), 2)
    assert inputs.dtype == targets.dtype == tf.int32
    assert inputs.numpy().tolist() == [[1, 60_000], [60_000, 3]]


def test_a_corpus_larger_than_memory_is_read_at_the_windows_only(tmp_path):
    path = tmp_path / "tokens"
    num_tokens = 1 << 35  # 64 GiB, and more tokens than int32 can count
    with path.open("wb") as file:
        file.seek(2 * (num_tokens - 4))
        file.write(np.array([7, 8, 9, 10], np.uint16).tobytes())
    tokens = np.memmap(path, np.uint16, mode="r")
    inputs, targets = next_token_windows(tokens, [0, num_tokens - 4], 3)
    assert inputs.numpy().tolist() == [[0, 0, 0], [7, 8, 9]]
    assert targets.numpy().tolist() == [[0, 0, 0], [8, 9, 10]]
    starts = window_starts(0, 0, 1000, num_tokens, 3).numpy()
    assert starts.min() >= 0
    assert starts.max() > 0.9 * num_tokens


def test_starts_depend_on_the_arguments_alone():
    first = window_starts(3, 5, 8, 1000, 16).numpy()
    tf.random.set_seed(1)
    np.random.seed(1)  # noqa: NPY002 (that global state is without effect is what is tested)
    np.testing.assert_array_equal(window_starts(3, 5, 8, 1000, 16), first)


@pytest.mark.parametrize("other", [(4, 5), (3, 6), (5, 3)])
def test_every_seed_and_every_step_has_its_own_starts(other):
    a, b = window_starts(3, 5, 8, 10**6, 16), window_starts(*other, 8, 10**6, 16)
    assert not np.any(a.numpy() == b.numpy())


def test_rows_of_a_batch_differ():
    assert len(set(window_starts(0, 0, 64, 10**9, 16).numpy())) == 64


@pytest.mark.parametrize("extra", [0, 1, 6])
def test_every_start_that_fits_is_reached_with_equal_probability(extra):
    length = 4
    starts = window_starts(0, 1, 7000, length + 1 + extra, length).numpy()
    counts = np.bincount(starts, minlength=extra + 1)
    assert len(counts) == extra + 1  # none past the end
    expected = 7000 / (extra + 1)
    chi_squared = np.sum((counts - expected) ** 2 / expected)
    assert chi_squared < 25  # 6 degrees of freedom: p < 0.001 beyond 22.5


def test_starts_are_int64():
    starts = window_starts(0, 0, 3, 100, 16)
    assert starts.dtype == tf.int64
    assert starts.shape == (3,)


def test_a_corpus_shorter_than_a_window_is_refused():
    assert window_starts(0, 0, 2, 17, 16).numpy().tolist() == [0, 0]
    with pytest.raises(ValueError, match=r"17 tokens.*corpus of 16"):
        window_starts(0, 0, 2, 16, 16)


@given(length=st.integers(1, 20), extra=st.integers(0, 100))
def test_strided_windows_count_every_target_once_and_with_context(length, extra):
    num_tokens = length + 1 + extra
    starts, counts = strided_windows(num_tokens, length)
    counted = []
    for start, row in zip(starts, counts, strict=True):
        assert 0 <= start <= num_tokens - length - 1
        for column in np.flatnonzero(row):
            target = start + column + 1
            context = target - start  # the tokens of the window before the target
            assert context >= min(target, length / 2)
            counted.append(target)
    assert sorted(counted) == list(range(1, num_tokens))


@given(length=st.integers(2, 20), extra=st.integers(0, 100))
def test_strided_windows_are_not_more_than_it_takes(length, extra):
    starts, _ = strided_windows(length + 1 + extra, length)
    assert len(starts) <= 2 + extra / (length // 2)
