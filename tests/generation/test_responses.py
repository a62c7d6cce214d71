from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from assignment.generation.responses import LEAST_ROOM_SHARE, WIDTH_STEP, Responder

V, CONTEXT = 40, 48
FIRST = 10  # the id of "a"
TOKENIZER = SimpleNamespace(
    pad_id=0,
    bos_id=2,
    eos_id=3,
    user_id=4,
    assistant_id=5,
    encode_batch=lambda texts: [[ord(letter) - ord("a") + FIRST for letter in t] for t in texts],
    decode=lambda ids: "".join(chr(i - FIRST + ord("a")) for i in ids if i >= FIRST),
)


class Echo:
    """Says the last letter of the prompt again and again, and ends after "e" has been said."""

    config = SimpleNamespace(max_sequence_length=CONTEXT)

    def count_params(self):
        return 0

    def initial_state(self, batch_size, max_length):
        return tf.zeros([batch_size, 1], tf.int32)

    def step(self, token_ids, state, index):
        # The state is the last letter that was read.
        for place in range(token_ids.shape[1]):
            token = token_ids[:, place : place + 1]
            state = tf.where(token >= FIRST, token, state)
        said = tf.where(
            (token_ids[:, -1:] == state) & (state == FIRST + 4), TOKENIZER.eos_id, state
        )
        return 50.0 * tf.one_hot(tf.repeat(said, token_ids.shape[1], axis=1), V), state


def responder(max_new_tokens=6, batch_size=4):
    return Responder(Echo(), TOKENIZER, max_new_tokens, temperature=0, batch_size=batch_size)


def test_every_prompt_is_answered_in_its_order_whatever_the_batches():
    prompts = ["ab", "xyc", "q", "hello", "d", "zz", "mn"]
    texts = [response.text for response in responder(3)(prompts, seed=0)]
    assert texts == [prompt[-1] * 3 for prompt in prompts]


def test_a_response_ends_with_its_eos_or_at_the_limit():
    ended, cut = responder()(["ae", "ab"], seed=0)
    assert (ended.text, ended.ended, ended.ids[-1]) == ("e", True, TOKENIZER.eos_id)
    assert (cut.text, cut.ended, len(cut.ids)) == ("bbbbbb", False, 6)


def test_the_prompt_stands_in_the_chat_format():
    (response,) = responder()(["ab"], seed=0)
    assert response.prompt_ids == [2, 4, FIRST, FIRST + 1, 5]


@pytest.mark.parametrize("length", [1, WIDTH_STEP - 3, WIDTH_STEP, CONTEXT, 3 * CONTEXT])
def test_prompt_and_response_fit_into_the_context_however_long_the_prompt_is(length):
    (response,) = responder(max_new_tokens=30)(["x" * (length - 1) + "b"], seed=0)
    assert set(response.text) == {"b"}
    assert len(response.prompt_ids) + len(response.ids) <= CONTEXT
    assert len(response.ids) >= CONTEXT // LEAST_ROOM_SHARE
    assert np.array_equal(response.prompt_ids[:2], [2, 4])
