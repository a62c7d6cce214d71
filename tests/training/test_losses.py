import numpy as np
import pytest
import tensorflow as tf

from assignment.training.losses import next_token_loss, response_loss

RNG = np.random.default_rng(0)
B, T, V = 3, 4, 7
LOGITS = RNG.normal(size=(B, T, V)) * 3
TARGETS = RNG.integers(0, V, (B, T))
MASK = np.array([[1, 1, 0, 0], [0, 1, 1, 1], [0, 0, 0, 1]], bool)


def negative_log_prob(b, t, logits=LOGITS):
    exponentials = np.exp(logits[b, t] - logits[b, t].max())
    return -np.log(exponentials[TARGETS[b, t]] / exponentials.sum())


def token_mean(mask, logits=LOGITS):
    return np.mean([negative_log_prob(b, t, logits) for b, t in np.argwhere(mask)])


def sequence_mean(mask, logits=LOGITS):
    rows = [[negative_log_prob(b, t, logits) for (t,) in np.argwhere(mask[b])] for b in range(B)]
    return np.mean([np.mean(row) for row in rows])


def numerical_gradient(function, x, step=1e-6):
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[index] += step
        down[index] -= step
        gradient[index] = (function(up) - function(down)) / (2 * step)
    return gradient


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_loss_is_the_mean_over_the_tokens_that_count(dtype):
    logits = LOGITS.astype(dtype)
    everything = np.ones((B, T), bool)
    np.testing.assert_allclose(next_token_loss(logits, TARGETS), token_mean(everything), rtol=1e-5)
    loss = next_token_loss(logits, TARGETS, MASK)
    np.testing.assert_allclose(loss, token_mean(MASK), rtol=1e-5)
    assert loss.shape == ()
    assert loss.dtype == dtype


@pytest.mark.parametrize("dtype", [bool, np.int32, np.uint8, np.float32, np.float64])
def test_a_mask_of_any_type_counts_the_same(dtype):
    expected = token_mean(MASK)
    np.testing.assert_allclose(
        next_token_loss(LOGITS, TARGETS, MASK.astype(dtype)), expected, rtol=1e-5
    )


def test_a_mask_broadcasts():
    column = np.array([[True], [False], [True]])
    np.testing.assert_allclose(
        next_token_loss(LOGITS, TARGETS, column), token_mean(np.repeat(column, T, 1)), rtol=1e-5
    )


def test_any_leading_axes_will_do():
    flat = next_token_loss(LOGITS.reshape(-1, V), TARGETS.reshape(-1), MASK.reshape(-1))
    np.testing.assert_allclose(flat, token_mean(MASK), rtol=1e-5)
    deep = next_token_loss(LOGITS[None], TARGETS[None], MASK[None])
    np.testing.assert_allclose(deep, token_mean(MASK), rtol=1e-5)


def test_no_token_that_counts_gives_zero_with_zero_gradient():
    logits = tf.constant(LOGITS)
    for loss_fn in (next_token_loss, response_loss, sequence_loss):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            loss = loss_fn(logits, TARGETS, np.zeros((B, T), bool))
        assert float(loss) == 0
        np.testing.assert_array_equal(tape.gradient(loss, logits), np.zeros((B, T, V)))


def test_equal_logits_give_the_logarithm_of_the_vocabulary():
    np.testing.assert_allclose(
        next_token_loss(np.zeros((B, T, V)), TARGETS, MASK), np.log(V), rtol=1e-6
    )


def test_large_logits_stay_finite():
    logits = tf.constant(LOGITS * 1e4, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = next_token_loss(logits, TARGETS)
    assert np.isfinite(loss)
    assert np.isfinite(tape.gradient(loss, logits)).all()


def test_half_precision_logits_are_added_up_in_float32():
    logits = tf.cast(LOGITS, tf.bfloat16)
    expected = token_mean(MASK, np.asarray(tf.cast(logits, tf.float64)))
    loss = next_token_loss(logits, TARGETS, MASK)
    assert loss.dtype == tf.float32
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def sequence_loss(logits, targets, mask):
    return response_loss(logits, targets, mask, per_sequence=True)


def test_the_response_loss_per_token_and_per_sequence():
    per_token = response_loss(LOGITS, TARGETS, MASK)
    per_sequence = response_loss(LOGITS, TARGETS, MASK, per_sequence=True)
    np.testing.assert_allclose(per_token, token_mean(MASK), rtol=1e-5)
    np.testing.assert_allclose(per_sequence, sequence_mean(MASK), rtol=1e-5)
    assert abs(per_token - per_sequence) > 0.1


def test_more_padding_changes_neither_form():
    pad = [[0, 0], [0, 3]]
    padded = np.pad(LOGITS, [*pad, [0, 0]]), np.pad(TARGETS, pad), np.pad(MASK, pad)
    for per_sequence in (False, True):
        np.testing.assert_allclose(
            response_loss(*padded, per_sequence=per_sequence),
            response_loss(LOGITS, TARGETS, MASK, per_sequence=per_sequence),
            rtol=1e-6,
        )


@pytest.mark.parametrize(
    ("loss_fn", "oracle"),
    [(next_token_loss, token_mean), (response_loss, token_mean), (sequence_loss, sequence_mean)],
)
def test_gradients_equal_numerical_ones(loss_fn, oracle):
    logits = tf.constant(LOGITS)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = loss_fn(logits, TARGETS, MASK)
    expected = numerical_gradient(lambda x: oracle(MASK, x), LOGITS)
    np.testing.assert_allclose(tape.gradient(loss, logits), expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("loss_fn", [next_token_loss, sequence_loss])
def test_the_same_under_xla(loss_fn):
    arguments = tf.constant(LOGITS, tf.float32), tf.constant(TARGETS), tf.constant(MASK)
    compiled = tf.function(loss_fn, jit_compile=True)
    np.testing.assert_allclose(compiled(*arguments), loss_fn(*arguments), rtol=1e-6)
