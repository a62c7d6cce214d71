from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignment.text.conversations import format_prompt, pack

TOKENIZER = SimpleNamespace(pad_id=0, bos_id=2, eos_id=3, user_id=4, assistant_id=5)


def test_the_prompt_of_a_generation_ends_where_the_model_begins_to_answer():
    assert format_prompt([10, 11], TOKENIZER) == [2, 4, 10, 11, 5]


def test_an_example_worked_by_hand():
    inputs, targets, mask = pack([10, 11], [20, 21, 22], 10, TOKENIZER)
    assert inputs.tolist() == [2, 4, 10, 11, 5, 20, 21, 22, 0, 0]
    assert targets.tolist() == [4, 10, 11, 5, 20, 21, 22, 3, 0, 0]
    assert mask.tolist() == [False] * 4 + [True] * 4 + [False] * 2
    assert (inputs.dtype, targets.dtype, mask.dtype) == (np.int32, np.int32, bool)


def test_arrays_are_taken_as_lists_are():
    from_arrays = pack(np.array([10, 11]), np.array([20, 21], np.int64), 9, TOKENIZER)
    for one, other in zip(from_arrays, pack([10, 11], [20, 21], 9, TOKENIZER), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_prompt_loses_its_beginning_first():
    inputs, targets, mask = pack([10, 11, 12], [20, 21], 6, TOKENIZER)
    assert inputs.tolist() == [2, 4, 12, 5, 20, 21]
    assert targets[mask].tolist() == [20, 21, 3]


def test_then_the_response_loses_its_end():
    inputs, targets, mask = pack([10, 11, 12], [20, 21, 22], 4, TOKENIZER)
    assert inputs.tolist() == [2, 4, 5, 20]
    assert targets.tolist() == [4, 5, 20, 21]
    assert mask.tolist() == [False, False, True, True]


def test_the_exact_fit_keeps_everything():
    inputs, targets, mask = pack([10], [20], 5, TOKENIZER)
    assert inputs.tolist() == [2, 4, 10, 5, 20]
    assert targets[mask].tolist() == [20, 3]
    inputs, targets, mask = pack([10], [20], 4, TOKENIZER)
    assert inputs.tolist() == [2, 4, 5, 20]
    assert targets[mask].tolist() == [20, 3]


@pytest.mark.parametrize(("response", "length"), [([], 10), ([20], 2), ([20], 1), ([20], 0)])
def test_an_example_without_a_response_token_is_refused(response, length):
    with pytest.raises(ValueError, match="no response token"):
        pack([10, 11], response, length, TOKENIZER)


@given(
    prompt=st.lists(st.integers(10, 49), max_size=12),
    response=st.lists(st.integers(50, 99), min_size=1, max_size=12),
    length=st.integers(3, 30),
)
def test_what_is_learned_is_the_response_in_order(prompt, response, length):
    inputs, targets, mask = pack(prompt, response, length, TOKENIZER)
    assert inputs.shape == targets.shape == mask.shape == (length,)
    learned = targets[mask].tolist()
    assert learned == [*response, 3][: len(learned)]
    np.testing.assert_array_equal(mask, (targets >= 50) | (targets == 3))
    assert inputs[np.argmax(mask)] == TOKENIZER.assistant_id
    if len(prompt) + len(response) + 3 <= length:
        assert inputs[: len(prompt) + 3].tolist() == format_prompt(prompt, TOKENIZER)
        assert learned[-1] == TOKENIZER.eos_id
    else:  # not a place is wasted
        assert targets[-1] != TOKENIZER.pad_id
        assert len(learned) == len(response) + 1 or not any(10 <= i < 50 for i in inputs)
    valid = (inputs != 0).sum()
    np.testing.assert_array_equal(inputs[1:valid], targets[: valid - 1])
