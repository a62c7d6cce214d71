import functools

import numpy as np
import pytest
import tensorflow as tf
from random_models import random_model_of

from assignment.config import RecurrentConfig, TransformerConfig
from assignment.generation.decoding import generate
from assignment.generation.sampling import greedy, make_sampler

V, N = 13, 6
PROMPTS = [[5, 3, 7], [2], [9, 1, 4, 8, 6], [11, 12]]
LENGTHS = np.array([len(prompt) for prompt in PROMPTS])
PADDED = np.array([prompt + [0] * (5 - len(prompt)) for prompt in PROMPTS])


def take_best(logits, seed):
    return greedy(logits)


class Successor:
    """After token i comes i + 1: the least that a model has to be."""

    def initial_state(self, batch_size, max_length):
        return tf.zeros([batch_size])

    def step(self, token_ids, state, index):
        return tf.one_hot((token_ids + 1) % V, V), state


class Position:
    """Says at which position it reads, which it counts itself, and asserts that it was told so."""

    def initial_state(self, batch_size, max_length):
        return tf.zeros([batch_size], tf.int32), tf.fill([batch_size], max_length)

    def step(self, token_ids, state, index):
        read, room = state
        tf.debugging.assert_equal(read, tf.fill(tf.shape(read), index))
        read += tf.shape(token_ids)[1]
        tf.debugging.assert_less_equal(read, room)
        positions = index + tf.range(tf.shape(token_ids)[1])
        return tf.one_hot(tf.broadcast_to(positions, tf.shape(token_ids)), 50), (read, room)


def random_model(kind):
    if kind in ("rnn", "lstm", "bahdanau"):
        cell = "lstm" if kind == "bahdanau" else kind
        config = RecurrentConfig(V, 6, 8, 2, 16, cell, attention=kind == "bahdanau")
    else:
        config = TransformerConfig(V, 12, 2, 3, 20, 16, positions=kind)
    return random_model_of(config)


every_model = pytest.mark.parametrize(
    "kind", ["rnn", "lstm", "bahdanau", "sinusoidal", "learned", "rotary"]
)


@functools.cache
def brute_force_greedy(kind):
    """The whole text through the whole model for each new token, without any state."""
    model = random_model(kind)
    rows = []
    for prompt in PROMPTS:
        ids = list(prompt)
        for _ in range(N):
            ids.append(int(np.argmax(model(np.array([ids]))[0, -1])))
        rows.append(ids[len(prompt) :])
    return rows


@every_model
def test_greedy_decoding_equals_reading_everything_again_for_each_token(kind):
    ids, lengths = generate(random_model(kind), PADDED, LENGTHS, N, take_best, seed=0)
    expected = brute_force_greedy(kind)
    np.testing.assert_array_equal(ids, expected)
    np.testing.assert_array_equal(lengths, [N] * 4)
    assert len({tuple(row) for row in expected}) > 1


@every_model
def test_every_row_stops_for_itself(kind):
    expected = brute_force_greedy(kind)
    stop_id = expected[0][2]
    ids, lengths = generate(random_model(kind), PADDED, LENGTHS, N, take_best, 0, stop_id=stop_id)
    for row, row_ids, length in zip(expected, ids.numpy(), lengths.numpy(), strict=True):
        end = row.index(stop_id) + 1 if stop_id in row else N
        assert length == end
        assert row_ids.tolist() == row[:end] + [0] * (N - end)


def test_a_bare_model_is_enough():
    ids, lengths = generate(Successor(), PADDED, LENGTHS, 3, take_best, seed=0)
    np.testing.assert_array_equal(ids, [[8, 9, 10], [3, 4, 5], [7, 8, 9], [0, 1, 2]])
    assert ids.dtype == lengths.dtype == tf.int32


def test_the_stop_token_is_included_and_counted_and_padding_follows():
    ids, lengths = generate(
        Successor(), PADDED, LENGTHS, 4, take_best, seed=0, stop_id=9, pad_id=12
    )
    np.testing.assert_array_equal(ids, [[8, 9, 12, 12], [3, 4, 5, 6], [7, 8, 9, 12], [0, 1, 2, 3]])
    np.testing.assert_array_equal(lengths, [2, 4, 3, 4])


def test_a_stop_token_in_the_prompt_stops_nothing():
    ids, lengths = generate(Successor(), [[9, 4], [4, 9]], [2, 2], 2, take_best, 0, stop_id=9)
    np.testing.assert_array_equal(ids, [[5, 6], [10, 11]])
    np.testing.assert_array_equal(lengths, [2, 2])


def test_the_model_is_told_its_position_and_the_room_it_needs():
    ids, _ = generate(Position(), PADDED, LENGTHS, N, take_best, seed=0)
    expected = [[length - 1 + n for n in range(N)] for length in LENGTHS]
    np.testing.assert_array_equal(ids, expected)


@pytest.mark.parametrize("kind", ["lstm", "rotary"])
def test_what_stands_behind_a_prompt_does_not_matter(kind):
    model = random_model(kind)
    other = np.where(np.arange(5) < LENGTHS[:, None], PADDED, 10)
    for one, two in zip(
        generate(model, PADDED, LENGTHS, N, take_best, 0),
        generate(model, other, LENGTHS, N, take_best, 0),
        strict=True,
    ):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("kind", ["lstm", "bahdanau", "learned", "rotary"])
def test_the_shared_beginning_of_prompts_may_be_read_at_once(kind):
    model = random_model(kind)
    prompts, lengths = np.array([[5, 3, 7, 2], [2, 4, 9, 0]]), [4, 3]
    sampler = make_sampler(0.8)
    expected, _ = generate(model, prompts, lengths, N, sampler, 3)
    for shared_length in (2, 3):
        ids, _ = generate(model, prompts, lengths, N, sampler, 3, shared_length=shared_length)
        np.testing.assert_array_equal(ids, expected)


def test_the_same_seed_gives_the_same_text_and_another_one_another():
    model = random_model("rotary")
    sampler = make_sampler(temperature=20.0)
    one, same, other, pair = (
        generate(model, PADDED, LENGTHS, N, sampler, seed)[0].numpy()
        for seed in (1, 1, 2, tf.constant([1, 1]))
    )
    np.testing.assert_array_equal(one, same)
    np.testing.assert_array_equal(one, pair)
    assert np.any(one != other)


def test_every_position_and_every_row_is_drawn_for_itself():
    class Uniform(Successor):
        def step(self, token_ids, state, index):
            return tf.zeros([*token_ids.shape, V]), state

    ids, _ = generate(Uniform(), np.ones((40, 1)), [1] * 40, 50, make_sampler(), 0)
    frequencies = np.bincount(np.ravel(ids), minlength=V) / 2000
    np.testing.assert_allclose(frequencies, 1 / V, atol=0.02)
    repeated = np.mean(ids[:, 1:] == ids[:, :-1]), np.mean(ids[1:] == ids[:-1])
    np.testing.assert_allclose(repeated, 1 / V, atol=0.03)


def test_sampled_texts_have_the_probability_that_the_model_gives_them():
    model = random_model("lstm")
    model.token_embedding.embeddings.assign(model.token_embedding.embeddings * 0.3)
    rows = 4000
    ids, _ = generate(model, np.full((rows, 1), 5), [1] * rows, 2, make_sampler(), 0)
    first = tf.nn.softmax(model(np.array([[5]]))[0, -1]).numpy()
    contexts = np.stack([np.full(V, 5), np.arange(V)], axis=1)
    second = tf.nn.softmax(model(contexts)[:, -1]).numpy()
    joint = np.zeros((V, V))
    np.add.at(joint, tuple(np.transpose(ids)), 1 / rows)
    np.testing.assert_allclose(joint, first[:, None] * second, atol=0.03)


def test_no_new_tokens_are_no_work():
    ids, lengths = generate(Successor(), PADDED, LENGTHS, 0, take_best, seed=0)
    assert ids.shape == (4, 0)
    np.testing.assert_array_equal(lengths, [0] * 4)


def test_decoding_stops_when_every_row_has():
    class Counting(Successor):
        def __init__(self):
            self.reads = tf.Variable(0)

        def step(self, token_ids, state, index):
            self.reads.assign_add(1)
            return super().step(token_ids, state, index)

    model = Counting()
    generate(model, [[4], [5]], [1, 1], 1000, take_best, seed=0, stop_id=8)
    assert model.reads < 10


def test_compiled_decoding_gives_the_same_text():
    model = random_model("rotary")
    compiled = tf.function(
        lambda ids, lengths: generate(model, ids, lengths, N, take_best, 0), jit_compile=True
    )
    ids, _ = compiled(tf.constant(PADDED), tf.constant(LENGTHS))
    np.testing.assert_array_equal(ids, brute_force_greedy("rotary"))
