import keras
import numpy as np
import pytest
import tensorflow as tf

from assignment.layers.positional import LearnedPositions, rotate, sinusoidal_encoding

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape).astype(np.float32)


@pytest.mark.parametrize(("length", "width"), [(1, 2), (7, 12), (300, 64)])
def test_the_encoding_equals_the_layer_of_keras_nlp(length, width):
    import keras_nlp

    layer = keras_nlp.layers.SinePositionEncoding()
    expected = layer(np.zeros((1, length, width), np.float32))[0]
    np.testing.assert_allclose(sinusoidal_encoding(length, width), expected, atol=2e-4)


def test_the_encoding_equals_the_formula():
    encoding = sinusoidal_encoding(50, 6).numpy()
    for p, i in np.ndindex(50, 3):
        angle = p / 10_000 ** (2 * i / 6)
        np.testing.assert_allclose(
            encoding[p, 2 * i : 2 * i + 2], [np.sin(angle), np.cos(angle)], atol=1e-5
        )


def test_an_odd_width_ends_in_a_sine():
    np.testing.assert_allclose(
        sinusoidal_encoding(9, 5)[:, 4], np.sin(np.arange(9) / 10_000 ** (4 / 5)), atol=1e-6
    )


def test_the_encoding_is_float32_whatever_the_policy():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        encoding = sinusoidal_encoding(5000, 8)
    finally:
        keras.config.set_dtype_policy("float32")
    assert encoding.dtype == tf.float32
    assert len(np.unique(encoding.numpy(), axis=0)) == 5000


def test_the_length_may_be_a_tensor():
    np.testing.assert_array_equal(
        tf.function(lambda n: sinusoidal_encoding(n, 6))(tf.constant(7)), sinusoidal_encoding(7, 6)
    )


def test_learned_positions_are_the_rows_of_a_table():
    layer = LearnedPositions(10)
    inputs = normal(2, 4, 6)
    layer.build(inputs.shape)
    assert layer.embeddings.shape == (10, 6)
    np.testing.assert_array_equal(layer(inputs), layer.embeddings[:4])
    np.testing.assert_array_equal(layer(inputs, first_position=6), layer.embeddings[6:])


def rotated(x):
    """x as complex numbers, turned by their angles."""
    half = x.shape[-1] // 2
    points = x[..., :half] + 1j * x[..., half:]
    for p, i in np.ndindex(x.shape[2], half):
        points[:, :, p, i] *= np.exp(1j * p / 10_000 ** (2 * i / x.shape[-1]))
    return np.concatenate([points.real, points.imag], axis=-1)


def test_rotation_turns_points_of_the_plane():
    x = normal(2, 3, 7, 8)
    np.testing.assert_allclose(rotate(x), rotated(x), atol=1e-5)


def test_rotation_equals_the_layer_of_keras_nlp():
    import keras_nlp

    x = normal(2, 3, 7, 8)
    expected = keras_nlp.layers.RotaryEmbedding()(np.swapaxes(x, 1, 2))  # (B, T, H, d)
    np.testing.assert_allclose(rotate(x), np.swapaxes(expected, 1, 2), atol=1e-5)


@pytest.mark.parametrize("make", [int, tf.constant])
def test_rotation_starts_at_any_position(make):
    x = normal(2, 3, 7, 8)
    np.testing.assert_allclose(rotate(x[:, :, 4:], make(4)), rotate(x)[:, :, 4:], atol=1e-6)


def test_products_of_rotated_vectors_depend_on_their_distance_alone():
    query, key = normal(1, 1, 1, 8), normal(1, 1, 1, 8)
    products = [
        np.sum(np.asarray(rotate(query, position + 3)) * np.asarray(rotate(key, position)))
        for position in (0, 5, 40)
    ]
    np.testing.assert_allclose(products, products[0], rtol=1e-4)
    assert not np.isclose(products[0], np.sum(np.asarray(rotate(query, 4)) * key), rtol=1e-3)


def test_rotation_keeps_the_dtype():
    assert rotate(tf.zeros([1, 1, 3, 4], tf.bfloat16)).dtype == tf.bfloat16
