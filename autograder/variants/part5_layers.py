"""Variants of Part 5: positions, layer normalisation, and the feed-forward layer."""

from autograder.variants import Variant

VARIANTS = [
    Variant(
        "numpy",
        "positional.sinusoidal",
        body="""
            import numpy as np

            angles = np.arange(length)[:, None] / WAVELENGTH_BASE ** (
                np.arange(0, hidden_dim, 2)[None] / hidden_dim
            )
            table = np.empty((length, hidden_dim), np.float32)
            table[:, 0::2] = np.sin(angles)
            table[:, 1::2] = np.cos(angles)
            return tf.constant(table)
        """,
    ),
    Variant(
        "stacked",
        "positional.sinusoidal",
        body="""
            import math

            pairs = tf.range(hidden_dim // 2, dtype=tf.float32)
            rates = tf.exp(pairs * (-2 * math.log(10000.0) / hidden_dim))
            angles = tf.einsum("t,i->ti", tf.range(length, dtype=tf.float32), rates)
            both = tf.stack([tf.sin(angles), tf.cos(angles)], axis=-1)
            return tf.reshape(both, [length, hidden_dim])
        """,
    ),
    Variant(
        "shifted_sines",
        "positional.sinusoidal",
        body="""
            import math

            ops = keras.ops
            columns = ops.arange(hidden_dim, dtype="float32")
            odd = ops.mod(columns, 2.0)
            rates = ops.power(10000.0, (odd - columns) / hidden_dim)
            positions = ops.cast(ops.arange(length), "float32")
            return ops.sin(ops.outer(positions, rates) + odd * (math.pi / 2))
        """,
    ),
    Variant(
        "moments",
        "normalization.layer_norm",
        body="""
            mean, variance = tf.nn.moments(inputs, axes=[-1], keepdims=True)
            deviation = tf.sqrt(variance + self.epsilon)
            return self.gamma * (inputs - mean) / deviation + self.beta
        """,
    ),
    Variant(
        "keras_ops",
        "normalization.layer_norm",
        body="""
            mean = keras.ops.mean(inputs, axis=-1, keepdims=True)
            variance = keras.ops.var(inputs, axis=-1, keepdims=True)
            scale = self.gamma * keras.ops.rsqrt(variance + self.epsilon)
            return inputs * scale + (self.beta - mean * scale)
        """,
    ),
    Variant(
        "reduce_variance",
        "normalization.layer_norm",
        body="""
            centred = inputs - tf.reduce_mean(inputs, -1)[..., tf.newaxis]
            width = inputs.shape[-1]
            norm = tf.reduce_sum(centred * centred, -1, True) + width * self.epsilon
            return tf.math.multiply(centred * width**0.5 / norm**0.5, self.gamma) + self.beta
        """,
    ),
    Variant(
        "sigmoid_of_twice",
        "feed_forward.gelu",
        body=(
            """
            return x * tf.sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
            """,
            """
            widened = tf.einsum("...d,di->...i", inputs, self.intermediate_dense.kernel)
            hidden = gelu(widened + self.intermediate_dense.bias)
            output = tf.matmul(hidden, self.output_dense.kernel) + self.output_dense.bias
            if training and self.dropout:
                output = tf.nn.dropout(output, self.dropout)
            return output
            """,
        ),
    ),
    Variant(
        "keras_ops",
        "feed_forward.gelu",
        body=(
            """
            cubed = keras.ops.power(x, 3)
            inner = 0.7978845608 * (x + 0.044715 * cubed)
            return x * (0.5 + 0.5 * keras.ops.tanh(inner))
            """,
            """
            x = self.intermediate_dense(inputs)
            x = gelu(x)
            x = self.output_dense(x)
            return self.output_dropout(x, training=bool(training))
            """,
        ),
    ),
    Variant(
        "complex",
        "positional.sinusoidal",
        body="""
            import numpy as np

            half = np.arange(0, hidden_dim, 2)
            wave = np.exp(
                1j * np.outer(np.arange(length), 1 / np.power(10000.0, half / hidden_dim))
            )
            out = np.empty((length, hidden_dim), np.float32)
            out[:, 0::2], out[:, 1::2] = wave.imag, wave.real
            return tf.convert_to_tensor(out)
        """,
    ),
    Variant(
        "folded",
        "normalization.layer_norm",
        body="""
            mean = keras.ops.mean(inputs, axis=-1, keepdims=True)
            var = keras.ops.var(inputs, axis=-1, keepdims=True)
            scale = self.gamma * keras.ops.rsqrt(var + self.epsilon)
            return inputs * scale + (self.beta - mean * scale)
        """,
    ),
    Variant(
        "steps",
        "feed_forward.gelu",
        body=(
            """
            y = 1.5957691216057308 * (x + 0.044715 * x**3)
            return x * tf.sigmoid(y)
            """,
            """
            h = self.intermediate_dense(inputs)
            h = gelu(h)
            h = self.output_dense(h)
            if training:
                h = self.output_dropout(h, training=True)
            return h
            """,
        ),
    ),
    Variant(
        "dropout_inside",
        "feed_forward.gelu",
        body=(
            None,
            """
            h = gelu(self.intermediate_dense(inputs))
            h = self.output_dropout(h, training=training)
            return self.output_dense(h)
            """,
        ),
    ),
]
