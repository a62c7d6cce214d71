import math
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from assignment.training import evaluation
from assignment.training.evaluation import BATCH_SIZE, Evaluator

V = 7
TOKENS = np.random.default_rng(0).integers(0, V, 90).astype(np.uint16)


def sum_of_context(token_ids):
    """A model whose prediction depends on every token of the context."""
    sums = tf.cumsum(token_ids, axis=1)[..., tf.newaxis]  # (B, T, 1)
    return tf.sin(tf.cast(sums * tf.range(1, V + 1), tf.float32))


def brute_force_mean_loss(tokens, length):
    """Token by token, in the first window of half overlap that has it as a target."""
    last = len(tokens) - length - 1
    starts = sorted({*range(0, last + 1, max(1, length // 2)), last})
    losses = []
    for target in range(1, len(tokens)):
        start = next(s for s in starts if s < target <= s + length)
        logits = np.sin(int(tokens[start:target].sum()) * np.arange(1, V + 1))
        losses.append(np.log(np.exp(logits).sum()) - logits[tokens[target]])
    assert len(losses) == len(tokens) - 1
    return np.mean(losses)


@pytest.mark.parametrize(
    ("count", "length"), [(2, 1), (9, 8), (10, 8), (13, 8), (14, 8), (90, 5), (90, 4), (90, 1)]
)
def test_the_mean_loss_equals_one_token_at_a_time(count, length):
    loss = Evaluator(sum_of_context, length).mean_loss(TOKENS[:count])
    np.testing.assert_allclose(loss, brute_force_mean_loss(TOKENS[:count], length), rtol=1e-5)


def test_incomplete_batches_count_no_window_twice():
    evaluator = Evaluator(sum_of_context, 4)
    for windows in (BATCH_SIZE, BATCH_SIZE + 1):
        tokens = TOKENS[: 2 * windows + 3]
        expected = brute_force_mean_loss(tokens, 4)
        np.testing.assert_allclose(evaluator.mean_loss(tokens), expected, rtol=1e-5)


def corpus(**changes):
    values = {"validation_tokens": TOKENS, "characters_per_token": 2.5, "floor": None} | changes
    return SimpleNamespace(**values)


def test_a_model_that_knows_nothing_has_the_logarithm_of_the_vocabulary():
    evaluator = Evaluator(lambda ids: tf.zeros([*ids.shape, V]), 5)
    metrics = evaluator.evaluate(corpus())
    assert metrics == pytest.approx(
        {"loss": math.log(V), "perplexity": V, "nats_per_character": math.log(V) / 2.5}, rel=1e-5
    )


def test_the_gap_is_relative_to_the_floor():
    evaluator = Evaluator(lambda ids: tf.zeros([*ids.shape, V]), 5)
    metrics = evaluator.evaluate(corpus(floor=1.5))
    assert metrics["floor"] == 1.5
    assert metrics["floor_gap"] == pytest.approx(math.log(V) / 1.5 - 1, rel=1e-5)


def test_only_so_many_tokens_are_used():
    evaluator = Evaluator(sum_of_context, 5)
    loss = evaluator.evaluate(corpus(), max_tokens=30)["loss"]
    assert loss == pytest.approx(brute_force_mean_loss(TOKENS[:30], 5), rel=1e-5)


def test_of_a_large_text_the_first_tokens_are_used_and_that_is_said(monkeypatch):
    monkeypatch.setattr(evaluation, "MOST_TOKENS", 30)
    metrics = Evaluator(sum_of_context, 5).evaluate(corpus())
    assert metrics["first_tokens"] == 30
    assert metrics["loss"] == pytest.approx(brute_force_mean_loss(TOKENS[:30], 5), rel=1e-5)
    assert "first_tokens" not in Evaluator(sum_of_context, 5).evaluate(corpus(), max_tokens=20)


def test_a_huge_loss_has_a_finite_perplexity():
    evaluator = Evaluator(lambda ids: 1e6 * tf.one_hot((ids + 1) % V, V), 5)
    assert math.isfinite(evaluator.evaluate(corpus())["perplexity"])
