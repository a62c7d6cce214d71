import keras
import numpy as np
import pytest
import tensorflow as tf

from assignment.config import RecurrentConfig, TransformerConfig
from assignment.models.recurrent_lm import RecurrentLM
from assignment.models.transformer_lm import TransformerLM
from assignment.training.optimizers import (
    AdamW,
    WarmupCosine,
    clip_by_global_norm,
    warmup_cosine,
)

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (0, 0.0),
        (1, 0.5),
        (3, 1.5),
        (4, 2.0),  # the end of the warm-up
        (6, 0.2 + 1.8 * (2 + 2**0.5) / 4),  # a quarter of the way: ½ (1 + cos 45°)
        (8, 1.1),  # half of the way
        (12, 0.2),
        (13, 0.2),
        (1000, 0.2),
    ],
)
def test_the_schedule_at_steps_computed_by_hand(step, expected):
    for argument in (step, tf.constant(step), tf.constant(step, tf.int64), np.float32(step)):
        rate = warmup_cosine(argument, 2.0, 4, 12)
        assert rate.dtype == tf.float32
        assert rate.shape == ()
        np.testing.assert_allclose(rate, expected, atol=1e-6)


def test_the_cosine_is_that_of_keras():
    expected = keras.optimizers.schedules.CosineDecay(
        0.0, 90, alpha=0.05, warmup_target=3e-3, warmup_steps=10
    )
    for step in range(0, 130, 3):
        np.testing.assert_allclose(
            warmup_cosine(step, 3e-3, 10, 100, floor=0.05), expected(step), rtol=1e-4, atol=1e-9
        )


@pytest.mark.parametrize(("warmup_steps", "total_steps"), [(0, 10), (10, 10), (0, 0), (20, 10)])
def test_extreme_schedules_stay_between_zero_and_the_peak(warmup_steps, total_steps):
    rates = [float(warmup_cosine(step, 1.0, warmup_steps, total_steps)) for step in range(30)]
    assert np.isfinite(rates).all()
    assert 0 <= min(rates) <= max(rates) <= 1
    if warmup_steps == 0 < total_steps:
        assert rates[0] == 1


def test_the_first_update_is_step_one_of_the_schedule():
    schedule = WarmupCosine(2.0, 4, 12, floor=0.1)
    rates = [float(schedule(iteration)) for iteration in (0, 3, 11)]
    np.testing.assert_allclose(rates, [0.5, 2.0, 0.2], atol=1e-6)
    copy = WarmupCosine.from_config(schedule.get_config())
    assert float(copy(5)) == float(schedule(5))


def variables():
    """A kernel, a bias, a gain and an embedding; all of the same shape, with the same values."""
    values = np.random.default_rng(3).normal(size=(3, 4))
    names = ("kernel", "bias", "gamma", "embeddings")
    found = [keras.Variable(values, name=name, dtype="float32") for name in names]
    for variable, layer in zip(found, ("dense", "dense", "norm", "token_embedding"), strict=True):
        variable._path = f"model/{layer}/{variable.name}"
    return found


@pytest.mark.parametrize("rate", [0.01, WarmupCosine(0.02, 3, 8)], ids=["constant", "schedule"])
@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_several_updates_equal_those_of_the_keras_optimizer(rate, decay):
    arguments = {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-9, "weight_decay": decay}
    ours, theirs = variables(), variables()
    our_optimizer = AdamW(rate, **arguments)
    their_optimizer = keras.optimizers.AdamW(rate, **arguments)
    their_optimizer.exclude_from_weight_decay(theirs[1:])
    for _ in range(10):
        gradients = [tf.constant(RNG.normal(size=(3, 4)), tf.float32) for _ in ours]
        our_optimizer.apply(gradients, ours)
        their_optimizer.apply(gradients, theirs)
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    assert int(our_optimizer.iterations) == 10


def test_epsilon_stands_outside_the_root_behind_the_bias_correction():
    variable = keras.Variable([1.0], name="bias")
    optimizer = AdamW(0.1, 0.9, 0.99, epsilon=0.5)
    theta, m, v = 1.0, 0.0, 0.0
    for t, gradient in enumerate([2.0, -1.0, 0.5], start=1):
        optimizer.apply([tf.constant([gradient])], [variable])
        m, v = 0.9 * m + 0.1 * gradient, 0.99 * v + 0.01 * gradient**2
        theta -= 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.99**t)) + 0.5)
        np.testing.assert_allclose(variable, [theta], rtol=1e-5)


def test_decay_does_not_pass_through_the_moments():
    kernel = keras.Variable([2.0], name="kernel")
    optimizer = AdamW(0.1, weight_decay=0.5)
    optimizer.apply([tf.constant([0.0])], [kernel])
    np.testing.assert_allclose(kernel, [2 * (1 - 0.1 * 0.5)], rtol=1e-6)
    np.testing.assert_array_equal(optimizer.first_moments[0], [0])


@pytest.mark.parametrize(
    "model",
    [
        TransformerLM(TransformerConfig(7, 4, 1, 2, 6, 5, positions="learned")),
        TransformerLM(TransformerConfig(7, 4, 1, 2, 6, 5, tie_embeddings=False)),
        RecurrentLM(RecurrentConfig(7, 4, 3, 1, 5, "lstm", attention=True)),
    ],
    ids=["learned", "untied", "lstm"],
)
def test_matrices_decay_and_biases_gains_and_embeddings_do_not(model):
    model.build()
    optimizer = AdamW()
    optimizer.build(model.trainable_variables)
    for variable, decays in zip(model.trainable_variables, optimizer.decayed, strict=True):
        is_vector = len(variable.shape) == 1 and variable.name != "v"
        assert decays == (not is_vector and "embedding" not in variable.path), variable.path
    assert 0 < sum(optimizer.decayed) < len(optimizer.decayed)


def test_updates_are_the_same_when_compiled():
    (kernel, *_), (expected, *_) = variables(), variables()
    optimizer, oracle = (AdamW(WarmupCosine(0.02, 3, 8), weight_decay=0.1) for _ in range(2))
    optimizer.build([kernel])

    @tf.function(jit_compile=True)
    def update(gradient):
        optimizer.apply([gradient], [kernel])

    for step in range(4):
        gradient = tf.fill([3, 4], 1.0 + step)
        update(gradient)
        oracle.apply([gradient], [expected])
    np.testing.assert_allclose(kernel, expected, rtol=1e-5)


GRADIENTS = [RNG.normal(size=shape).astype(np.float32) for shape in [(3, 4), (5,), ()]]


@pytest.mark.parametrize("max_norm", [0.1, 1.0, 1e6])
def test_clipping_equals_that_of_tensorflow(max_norm):
    clipped, norm = clip_by_global_norm(GRADIENTS, max_norm)
    expected, expected_norm = tf.clip_by_global_norm(GRADIENTS, max_norm)
    np.testing.assert_allclose(norm, expected_norm, rtol=1e-6)
    for one, other in zip(clipped, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_the_norm_is_that_before_clipping():
    clipped, norm = clip_by_global_norm([np.float32([3.0]), np.float32([4.0])], 1.0)
    assert norm == 5
    np.testing.assert_allclose(np.concatenate(clipped), [0.6, 0.8], rtol=1e-6)


def test_none_passes_and_zero_stays_zero():
    clipped, norm = clip_by_global_norm([None, tf.zeros([2]), None], 1.0)
    assert clipped[0] is None and clipped[2] is None
    np.testing.assert_array_equal(clipped[1], [0, 0])
    assert norm == 0


def test_repeated_rows_of_an_embedding_gradient_are_added_up():
    sparse = tf.IndexedSlices(tf.constant([[3.0, 0.0], [0.0, 4.0], [1.0, 1.0]]), [1, 1, 0], (4, 2))
    clipped, norm = clip_by_global_norm([sparse], 1e6)
    np.testing.assert_allclose(norm, np.sqrt(27), rtol=1e-6)
    np.testing.assert_allclose(clipped[0], [[1, 1], [3, 4], [0, 0], [0, 0]])


def test_a_gradient_that_is_not_finite_shows_in_the_norm():
    _, norm = clip_by_global_norm([tf.constant([1.0, np.nan])], 1.0)
    assert np.isnan(norm)
