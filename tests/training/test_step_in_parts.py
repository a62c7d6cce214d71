"""A step that goes through its batch in parts is the step of the whole batch."""

import dataclasses
import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from assignment.config import RecurrentConfig, TransformerConfig
from assignment.models.building import build_model
from assignment.training.distribution import compile_step
from assignment.training.loop import train_step
from assignment.training.losses import next_token_loss, response_loss
from assignment.training.optimizers import AdamW
from assignment.training.step_in_parts import (
    MOST_WEIGHTS,
    TOKENS_OF_A_PART,
    KeptGradients,
    compile_step_in_parts,
    number_of_parts,
)

CONFIG = TransformerConfig(11, 6, 1, 2, 8, 8)
TOKENS = np.random.default_rng(0).integers(0, 11, (3, 8, 7)).astype(np.int32)
# Responses of 1 to 6 tokens: a mean over tokens is no mean over rows.
MASK = np.arange(6) >= np.array([5, 0, 4, 1, 5, 5, 2, 3])[:, None]


@pytest.fixture(scope="module")
def model():
    return build_model(CONFIG)


def train(loss_fn, in_parts, *more, max_norm=0.5, first_target=0):
    """The metrics of some steps and the weights behind them, in parts or as a plain loop."""
    keras.utils.set_random_seed(0)
    model = build_model(CONFIG)
    optimizer = AdamW(0.05, weight_decay=0.1)
    optimizer.build(model.trainable_variables)

    def plain_step(*batch):
        return train_step(model, optimizer, batch, loss_fn, max_norm)

    step = plain_step
    if in_parts:
        step = compile_step(model, optimizer, loss_fn, max_norm, tf.distribute.get_strategy())
    batches = [
        (tokens[:, :-1], *(x[:, first_target:] for x in (tokens[:, 1:], *more)))
        for tokens in TOKENS
    ]
    metrics = [step(*map(tf.constant, batch)) for batch in batches]
    # Softmax does not see the keys' bias: its gradient is rounding noise, which Adam scales up.
    weights = [np.array(v) for v in model.trainable_variables if "key_dense/bias" not in v.path]
    return metrics, weights


@pytest.mark.parametrize(
    ("loss_fn", "more"),
    [(next_token_loss, ()), (functools.partial(response_loss, per_sequence=True), (MASK,))],
    ids=["pre-training", "fine-tuning"],
)
def test_parts_train_as_the_whole_batch_does(loss_fn, more):
    whole, expected = train(loss_fn, False, *more)
    parts, weights = train(loss_fn, True, *more)
    assert max(float(m["gradient_norm"]) for m in whole) > 0.5  # some gradients were clipped
    for ours, theirs in zip(parts, whole, strict=True):
        assert {k: float(v) for k, v in ours.items()} == pytest.approx(
            {k: float(v) for k, v in theirs.items()}, rel=1e-5
        )
    for ours, theirs in zip(weights, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_targets_that_are_not_learned_may_be_left_out():
    mask = MASK & (np.arange(6) >= 2)
    loss_fn = functools.partial(response_loss, per_sequence=True)
    whole, expected = train(loss_fn, False, mask)
    fewer, weights = train(loss_fn, True, mask, first_target=2)
    for name in ("loss", "gradient_norm"):
        for ours, theirs in zip(fewer, whole, strict=True):
            assert float(ours[name]) == pytest.approx(float(theirs[name]), rel=1e-5)
    for ours, theirs in zip(weights, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_parts_give_the_same_weights_again_to_the_bit():
    (_, first), (_, second) = (train(next_token_loss, True) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_mean_over_tokens_is_left_whole(model):
    optimizer = AdamW(0.05)
    optimizer.build(model.trainable_variables)
    batch = TOKENS[0][:, :-1], TOKENS[0][:, 1:], MASK
    expected = float(response_loss(model(batch[0]), *batch[1:]))
    strategy = tf.distribute.get_strategy()
    step = compile_step(model, optimizer, response_loss, 1.0, strategy, mean_of_rows=False)
    assert float(step(*batch)["loss"]) == pytest.approx(expected, rel=1e-5)


def test_parts_are_even_and_no_longer_than_a_core_can_hold(model):
    assert number_of_parts(model, 16, 128) == 4
    assert number_of_parts(model, 4, TOKENS_OF_A_PART) == 4
    assert number_of_parts(model, 64, 128) == 16
    assert number_of_parts(model, 12, 96) == 4
    assert number_of_parts(model, 16, 40) == 2
    assert number_of_parts(model, 6, 192) == 1
    assert number_of_parts(model, 3, 16) == 1


def test_models_that_gain_nothing_are_left_whole(model):
    def parts_of(config):
        return number_of_parts(build_model(config), 16, 128)

    assert parts_of(dataclasses.replace(CONFIG, dropout=0.1)) == 1
    assert parts_of(RecurrentConfig(9, 4, units=4, num_layers=1, max_sequence_length=8)) == 1
    assert parts_of(dataclasses.replace(CONFIG, vocabulary_size=1 + MOST_WEIGHTS // 6)) == 1


def test_the_stand_in_keeps_what_it_is_given_and_answers_as_the_optimizer():
    kept = KeptGradients(AdamW(0.25), ["gain"])
    rows = tf.IndexedSlices(tf.ones([2, 3]), tf.constant([1, 1]), tf.constant([2, 3]))
    kept.apply_gradients([(rows, "embedding"), (None, "unused"), (tf.zeros([2]), "bias")])
    kept.apply([tf.ones([1])])
    kept.apply([tf.ones([1])], trainable_variables=["offset"])
    assert kept.variables == ["embedding", "bias", "gain", "offset"]
    np.testing.assert_array_equal(kept.gradients[0], [[0, 0, 0], [2, 2, 2]])
    assert float(kept.learning_rate) == 0.25


def test_every_part_has_rows_of_its_own(model):
    seen = []

    def step(optimizer, max_norm, tokens):
        seen.append(tokens.shape)
        return {"first": tf.cast(tf.reduce_mean(tokens[:, 0]), tf.float32)}

    tokens = np.repeat(np.arange(8, dtype="int32")[:, None], 7, axis=1) * 2
    first = compile_step_in_parts(model, AdamW(0.1), step, 1.0)(tokens)["first"]
    assert seen == [(4, 7)]  # traced once, and run twice
    assert float(first) == np.mean([3, 11])


def test_a_step_that_applies_nothing_changes_nothing(model):
    before = [np.array(v) for v in model.variables]
    step = compile_step_in_parts(model, AdamW(0.1), lambda *_: {"loss": tf.constant(2.0)}, 1.0)
    assert {name: float(value) for name, value in step(TOKENS[0]).items()} == {"loss": 2.0}
    for weight, old in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(weight, old)
