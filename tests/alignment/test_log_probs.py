import numpy as np
import pytest
import tensorflow as tf

from assignment.alignment.log_probs import entropy, sequence_log_probs, token_log_probs

RNG = np.random.default_rng(0)
B, T, V = 3, 4, 6
LOGITS = RNG.normal(size=(B, T, V)) * 3
TARGETS = RNG.integers(0, V, (B, T))
MASK = np.array([[0, 1, 1, 1], [0, 0, 1, 0], [1, 1, 0, 0]], bool)


def probabilities(b, t):
    exponentials = [np.exp(score) for score in LOGITS[b, t]]
    return [value / sum(exponentials) for value in exponentials]


def loop_log_probs():
    return np.array(
        [[np.log(probabilities(b, t)[TARGETS[b, t]]) for t in range(T)] for b in range(B)]
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_token_log_probs_and_entropy_equal_those_of_a_loop(dtype):
    logits = LOGITS.astype(dtype)
    log_probs, entropies = token_log_probs(logits, TARGETS), entropy(logits)
    expected = [
        [-sum(p * np.log(p) for p in probabilities(b, t)) for t in range(T)] for b in range(B)
    ]
    np.testing.assert_allclose(log_probs, loop_log_probs(), rtol=1e-5)
    np.testing.assert_allclose(entropies, expected, rtol=1e-5)
    assert log_probs.dtype == entropies.dtype == dtype


def test_the_entropy_lies_between_zero_and_the_logarithm_of_the_vocabulary():
    np.testing.assert_allclose(entropy(np.full((1, 2, V), 7.0)), np.full((1, 2), np.log(V)))
    certain = np.zeros((1, 1, V), np.float32)
    certain[..., 2] = 1e4
    assert float(entropy(certain)[0, 0]) == 0
    assert float(token_log_probs(certain, [[1]])[0, 0]) == -1e4


def test_the_entropy_is_the_expected_surprise():
    everything = np.stack([token_log_probs(LOGITS, np.full((B, T), v)) for v in range(V)], -1)
    np.testing.assert_allclose(np.exp(everything).sum(-1), np.ones((B, T)), rtol=1e-6)
    np.testing.assert_allclose(
        entropy(LOGITS), -(np.exp(everything) * everything).sum(-1), rtol=1e-6
    )


def test_the_gradient_of_a_log_prob_is_one_hot_minus_the_probabilities():
    logits = tf.constant(LOGITS)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        log_probs, entropies = token_log_probs(logits, TARGETS), entropy(logits)
    p = np.array([[probabilities(b, t) for t in range(T)] for b in range(B)])
    np.testing.assert_allclose(
        tape.gradient(log_probs, logits), np.eye(V)[TARGETS] - p, rtol=1e-6, atol=1e-9
    )
    h = np.asarray(entropies)[..., None]
    np.testing.assert_allclose(
        tape.gradient(entropies, logits), -p * (np.log(p) + h), rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize("mask_dtype", [bool, np.int32, np.float32])
def test_sequence_log_probs_add_up_or_average_the_response_tokens(mask_dtype):
    log_probs, mask = loop_log_probs(), MASK.astype(mask_dtype)
    sums = [sum(log_probs[b, t] for t in range(T) if MASK[b, t]) for b in range(B)]
    np.testing.assert_allclose(sequence_log_probs(LOGITS, TARGETS, mask), sums, rtol=1e-5)
    np.testing.assert_allclose(
        sequence_log_probs(LOGITS, TARGETS, mask, average=True), np.divide(sums, [3, 1, 2]), 1e-5
    )


def test_a_row_without_response_tokens_is_zero():
    for average in (False, True):
        result = sequence_log_probs(LOGITS, TARGETS, np.zeros((B, T), bool), average)
        np.testing.assert_array_equal(result, np.zeros(B))


def test_only_the_response_has_a_gradient():
    logits = tf.constant(LOGITS)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        total = tf.reduce_sum(sequence_log_probs(logits, TARGETS, MASK))
    gradient = np.abs(tape.gradient(total, logits)).max(-1)
    np.testing.assert_array_equal(gradient > 0, MASK)


def test_the_same_under_xla():
    logits, targets = tf.constant(LOGITS, tf.float32), tf.constant(TARGETS)

    def everything(logits, targets, mask):
        return (
            token_log_probs(logits, targets),
            entropy(logits),
            sequence_log_probs(logits, targets, mask, average=True),
        )

    compiled = tf.function(everything, jit_compile=True)(logits, targets, tf.constant(MASK))
    for one, other in zip(compiled, everything(logits, targets, MASK), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
