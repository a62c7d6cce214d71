import numpy as np
import pytest
import tensorflow as tf

from assignment.layers.dropout import Dropout


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_a_share_of_the_inputs_is_dropped_and_the_rest_scaled_up(rate):
    outputs = Dropout(rate)(tf.ones([100, 100]), training=True).numpy()
    kept = outputs != 0
    assert abs(kept.mean() - (1 - rate)) < 0.03
    np.testing.assert_allclose(outputs[kept], 1 / (1 - rate), rtol=1e-6)


@pytest.mark.parametrize(("rate", "training"), [(0.5, False), (0.5, None), (0.0, True)])
def test_nothing_happens_outside_training_or_at_rate_zero(rate, training):
    x = tf.random.stateless_normal([4, 5], [0, 1])
    layer = Dropout(rate, seed=1)
    np.testing.assert_array_equal(layer(x, training=training), x)


def test_every_call_drops_other_units():
    layer = Dropout(0.5)
    one, other = (layer(tf.ones([100]), training=True).numpy() for _ in range(2))
    assert np.any(one != other)


def test_the_same_seed_drops_the_same_units_call_by_call():
    one, other = (Dropout(0.5, seed=3) for _ in range(2))
    for _ in range(3):
        x = tf.ones([100])
        np.testing.assert_array_equal(one(x, training=True), other(x, training=True))


def test_the_state_of_the_randomness_is_a_variable_of_the_layer():
    layer = Dropout(0.5, seed=3)
    layer(tf.ones([100]), training=True)
    (state,) = layer.variables
    saved = state.numpy()
    expected = layer(tf.ones([100]), training=True)
    state.assign(saved)
    np.testing.assert_array_equal(layer(tf.ones([100]), training=True), expected)


def test_compiled_calls_differ_as_well():
    layer = Dropout(0.5, seed=3)
    call = tf.function(lambda x: layer(x, training=True))
    outputs = [call(tf.ones([100])).numpy() for _ in range(3)]
    assert len({output.tobytes() for output in outputs}) == 3
