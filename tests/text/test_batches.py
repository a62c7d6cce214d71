from types import SimpleNamespace

import numpy as np
import pytest

from assignment.text.batches import (
    LENGTH_STEP,
    batch_indices,
    pack_conversations,
    pack_pairs,
    seen_indices,
)
from assignment.text.conversations import pack
from assignment.text.records import Conversation, Preference

# A letter is a token.
TOKENIZER = SimpleNamespace(
    pad_id=0,
    bos_id=2,
    eos_id=3,
    user_id=4,
    assistant_id=5,
    encode_batch=lambda texts: [[ord(letter) for letter in text] for text in texts],
)
RECORDS = [Conversation("ab", "cde"), Conversation("a", "bcdefgh"), Conversation("xyz", "u")]


def test_every_row_is_the_conversation_packed_by_itself():
    packed, cut = pack_conversations(RECORDS, TOKENIZER, 50)
    assert cut == 0
    for row, record in enumerate(RECORDS):
        prompt, response = TOKENIZER.encode_batch([record.prompt, record.response])
        expected = pack(prompt, response, packed.inputs.shape[1], TOKENIZER)
        for obtained, wanted in zip(packed.rows(row), expected, strict=True):
            np.testing.assert_array_equal(obtained, wanted)


def test_the_arrays_are_no_longer_than_the_longest_conversation_needs():
    packed, _ = pack_conversations(RECORDS, TOKENIZER, 50)
    # bos user a assistant bcdefgh eos are 12 tokens, of which 11 are predicted.
    assert packed.inputs.shape == (3, -(-11 // LENGTH_STEP) * LENGTH_STEP)


def test_what_does_not_fit_is_cut_and_counted():
    packed, cut = pack_conversations(RECORDS, TOKENIZER, 7)
    assert packed.inputs.shape == (3, 7)
    assert cut == 2
    assert packed.response_mask.any(axis=1).all()


def test_whole_conversations_and_their_lengths_include_the_eos():
    packed, _ = pack_conversations(RECORDS, TOKENIZER, 50)
    np.testing.assert_array_equal(packed.lengths, [9, 12, 8])
    for row, length in zip(packed.token_ids, packed.lengths, strict=True):
        assert row[0] == TOKENIZER.bos_id
        assert row[length - 1] == TOKENIZER.eos_id
        assert not row[length:].any()


def test_targets_that_are_of_prompts_in_every_row_may_be_left_out_but_no_inputs():
    packed, _ = pack_conversations(RECORDS, TOKENIZER, 50)
    # bos user a assistant are the shortest prompt: its response is predicted from the fourth token.
    for rows in ([2, 0], np.array([[0, 1], [2, 0]])):
        inputs, targets, mask = packed.without_prompts().rows(rows)
        np.testing.assert_array_equal(inputs, packed.inputs[rows])
        np.testing.assert_array_equal(targets, packed.targets[rows][..., 3:])
        np.testing.assert_array_equal(mask, packed.response_mask[rows][..., 3:])


def test_chosen_and_rejected_stand_in_the_same_row_of_arrays_of_one_shape():
    records = [Preference("p", "good", "bad and long"), Preference("q", "yes", "no")]
    chosen, rejected, _ = pack_pairs(records, TOKENIZER, 50)
    assert chosen.inputs.shape == rejected.inputs.shape
    decoded = "".join(chr(t) for t in chosen.targets[1][chosen.response_mask[1]][:-1])
    assert decoded == "yes"
    decoded = "".join(chr(t) for t in rejected.targets[0][rejected.response_mask[0]][:-1])
    assert decoded == "bad and long"


@pytest.mark.parametrize("batch_size", [3, 7, 16])
def test_an_epoch_sees_every_example_once(batch_size):
    steps = 7 * 5
    drawn = np.concatenate([batch_indices(0, s, batch_size, 7) for s in range(1, steps + 1)])
    for epoch in drawn[: len(drawn) // 7 * 7].reshape(-1, 7):
        assert sorted(epoch) == list(range(7))


@pytest.mark.parametrize("steps", [1, 3, 4, 9])
def test_seen_are_the_examples_of_all_batches(steps):
    drawn = [batch_indices(2, step, 6, 20) for step in range(1, steps + 1)]
    np.testing.assert_array_equal(seen_indices(2, steps, 6, 20), np.unique(drawn))


def test_batches_depend_on_seed_and_step_alone():
    first = batch_indices(3, 5, 4, 100)
    np.testing.assert_array_equal(batch_indices(3, 5, 4, 100), first)
    assert (batch_indices(4, 5, 4, 100) != first).any()
    assert (batch_indices(3, 6, 4, 100) != first).any()


def test_epochs_have_different_orders():
    orders = {tuple(batch_indices(0, epoch, 6, 6)) for epoch in range(1, 6)}
    assert len(orders) > 1
