"""Positions: sinusoidal encoding, learned embedding, rotary embedding.

Attention itself does not know the order of its inputs; each of these tells it. Shapes: B batch,
H heads, T sequence length, D model width, d width of one head.
"""

import keras
import tensorflow as tf

WAVELENGTH_BASE = 10_000.0


def sinusoidal_encoding(length, hidden_dim: int) -> tf.Tensor:
    """The sinusoidal position encoding of Vaswani et al. 2017, section 3.5.

        PE(p, 2i)     = sin(p / 10000^(2i/D))
        PE(p, 2i + 1) = cos(p / 10000^(2i/D))

    Args:
        length: T, an int or a scalar tensor.
        hidden_dim: D.

    Returns:
        `(T, D)` float32, whatever the dtype policy: float16 cannot tell large positions apart.
    """
    # TODO Columns 2i and 2i + 1 share one frequency.
    raise NotImplementedError(
        "positional.sinusoidal: interleave the sines and cosines of each position"
    )


class LearnedPositions(keras.layers.Layer):
    """One trained vector for each position, as in GPT-2.

    Args:
        max_length: The number of positions that have a vector.
    """

    def __init__(self, max_length: int, **kwargs):
        super().__init__(**kwargs)
        self.max_length = max_length

    def build(self, inputs_shape):
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self.max_length, inputs_shape[-1]),
            initializer=keras.initializers.RandomNormal(stddev=0.02),
        )

    def call(self, inputs, first_position=0):
        """The vectors `(T, D)` of the positions `first_position …` of `inputs (B, T, D)`.

        Pass `first_position` by its name: Keras takes nothing but tensors without one.
        """
        table = tf.cast(tf.convert_to_tensor(self.embeddings), self.compute_dtype)
        length, width = tf.shape(inputs)[1], inputs.shape[-1]
        return tf.slice(table, [first_position, 0], [length, width])


def rotate(x, first_position=0) -> tf.Tensor:
    """Rotary position embedding (Su et al. 2021).

    Column i of the first half and column i of the second half are the two coordinates of a point in
    a plane; at position p it is turned by the angle p / 10000^(2i/d). The product of a rotated
    query and a rotated key depends on their distance alone.

    Args:
        x: `(B, H, T, d)` with even d.
        first_position: The position of `x[:, :, 0]`.

    Returns:
        The rotated `x`.
    """
    half = x.shape[-1] // 2
    positions = tf.cast(first_position + tf.range(tf.shape(x)[2]), tf.float32)
    frequencies = tf.pow(WAVELENGTH_BASE, -tf.range(half, dtype=tf.float32) / half)
    angles = positions[:, tf.newaxis] * frequencies  # (T, d/2)
    cosine, sine = tf.cast(tf.cos(angles), x.dtype), tf.cast(tf.sin(angles), x.dtype)
    first, second = x[..., :half], x[..., half:]
    return tf.concat([first * cosine - second * sine, second * cosine + first * sine], axis=-1)
