import keras
import numpy as np
import pytest
import tensorflow as tf

from assignment.layers.normalization import LayerNorm

RNG = np.random.default_rng(0)


def twins(epsilon):
    """Our layer and Keras' own, with the same random gain and bias."""
    ours, theirs = LayerNorm(epsilon), keras.layers.LayerNormalization(epsilon=epsilon)
    for layer in (ours, theirs):
        layer.build((None, 5))
    for name in ("gamma", "beta"):
        values = RNG.normal(size=5)
        getattr(ours, name).assign(values)
        getattr(theirs, name).assign(values)
    return ours, theirs


@pytest.mark.parametrize("epsilon", [1e-5, 1e-3, 0.5])
@pytest.mark.parametrize("shape", [(4, 5), (2, 3, 5), (2, 1, 3, 5)])
def test_the_layer_equals_that_of_keras(epsilon, shape):
    ours, theirs = twins(epsilon)
    inputs = tf.constant(RNG.normal(size=shape) * 2 + 1, tf.float32)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(inputs)
        our_output, their_output = ours(inputs), theirs(inputs)
        losses = tf.reduce_sum(our_output**3), tf.reduce_sum(their_output**3)
    np.testing.assert_allclose(our_output, their_output, atol=1e-5)
    gradients = [tape.gradient(loss, inputs) for loss in losses]
    np.testing.assert_allclose(*gradients, rtol=1e-3, atol=1e-3)


def test_the_variance_is_biased_and_epsilon_stands_inside_the_root():
    normalised = LayerNorm(epsilon=6.0)(np.array([[1.0, 3.0, 5.0, 7.0]]))  # variance 5
    expected = np.array([[-3, -1, 1, 3]]) / np.sqrt(5 + 6)
    np.testing.assert_allclose(normalised, expected, rtol=1e-6)


def test_a_fresh_layer_has_gain_one_bias_zero_and_the_epsilon_of_gpt2():
    layer = LayerNorm()
    layer.build((None, 3))
    assert layer.epsilon == 1e-5
    np.testing.assert_array_equal(layer.gamma, [1, 1, 1])
    np.testing.assert_array_equal(layer.beta, [0, 0, 0])
    assert [weight.name for weight in layer.weights] == ["gamma", "beta"]


def test_equal_features_become_the_bias():
    ours, _ = twins(1e-5)
    np.testing.assert_allclose(ours(np.full((2, 5), 7.0))[1], ours.beta, atol=1e-6)


def test_a_large_mean_does_not_spoil_the_variance():
    x = np.array([[4096.0, 4097.0, 4098.0, 4099.0]], np.float32)
    expected = np.array([[-1.5, -0.5, 0.5, 1.5]]) / np.sqrt(1.25)
    np.testing.assert_allclose(LayerNorm()(x), expected, rtol=1e-4)


def test_half_precision_survives_large_features():
    layer = LayerNorm(dtype="float16")
    x = tf.constant([[-30_000.0, -10_000.0, 10_000.0, 30_000.0]], tf.float16)
    output = layer(x)
    assert output.dtype == tf.float16
    expected = np.array([[-3, -1, 1, 3]]) / np.sqrt(5)
    np.testing.assert_allclose(tf.cast(output, tf.float32), expected, rtol=1e-2)
