import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from assignment.layers.feed_forward import FeedForward, gelu

RNG = np.random.default_rng(0)
POINTS = np.linspace(-6, 6, 101).astype(np.float32)


def test_gelu_equals_the_tanh_approximation_of_keras():
    expected = keras.activations.gelu(POINTS, approximate=True)
    np.testing.assert_allclose(gelu(POINTS), expected, atol=1e-6)
    exact = keras.activations.gelu(POINTS, approximate=False)
    assert np.abs(gelu(POINTS) - exact).max() > 1e-4  # it is the approximation, not the original


def test_gelu_is_close_to_x_times_the_normal_distribution():
    normal_distribution = np.array([0.5 * (1 + math.erf(x / math.sqrt(2))) for x in POINTS])
    np.testing.assert_allclose(gelu(POINTS), POINTS * normal_distribution, atol=1e-3)


def test_the_gradient_of_gelu_equals_the_numerical_one():
    points = tf.constant(POINTS, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(points)
        values = gelu(points)
    numerical = (gelu(points + 1e-6) - gelu(points - 1e-6)) / 2e-6
    np.testing.assert_allclose(tape.gradient(values, points), numerical, atol=1e-8)


@pytest.mark.parametrize("value", [-1e4, 1e4])
def test_gelu_of_large_numbers_is_finite(value):
    assert gelu(tf.constant(value)) == max(value, 0)


def test_each_token_goes_through_two_layers_by_itself():
    layer = FeedForward(6, 10)
    x = RNG.normal(size=(2, 3, 6)).astype(np.float32)
    output = layer(x)
    assert output.shape == x.shape
    for weight in layer.weights:
        weight.assign(RNG.normal(size=weight.shape))
    w1, b1, w2, b2 = (np.asarray(weight) for weight in layer.weights)
    assert (w1.shape, b1.shape, w2.shape, b2.shape) == ((6, 10), (10,), (10, 6), (6,))
    for b, t in np.ndindex(2, 3):
        hidden = np.asarray(keras.activations.gelu(x[b, t] @ w1 + b1, approximate=True))
        np.testing.assert_allclose(layer(x)[b, t], hidden @ w2 + b2, rtol=1e-4, atol=1e-4)


def test_dropout_acts_on_the_output_while_training_only():
    layer = FeedForward(6, 10, dropout=0.5)
    x = RNG.normal(size=(4, 8, 6)).astype(np.float32)
    quiet, noisy = layer(x).numpy(), layer(x, training=True).numpy()
    np.testing.assert_array_equal(layer(x), quiet)
    dropped = noisy == 0
    assert 0.3 < dropped.mean() < 0.7
    np.testing.assert_allclose(noisy[~dropped], 2 * quiet[~dropped], rtol=1e-5)
