"""Variants of Part 2: recurrent baselines."""

from autograder.variants import Variant

VARIANTS = [
    Variant(
        "one_matmul",
        "recurrent.rnn_cell",
        body=(
            """
            inputs = tf.concat([x, h], axis=-1)
            weights = tf.concat([kernel, recurrent_kernel], axis=0)
            return tf.tanh(tf.matmul(inputs, weights) + bias)
            """,
            None,
        ),
    ),
    Variant(
        "einsum",
        "recurrent.rnn_cell",
        body=(
            """
            total = tf.einsum("bd,du->bu", x, kernel) + tf.einsum("bv,vu->bu", h, recurrent_kernel)
            return 2.0 * tf.sigmoid(2.0 * (total + bias)) - 1.0
            """,
            None,
        ),
    ),
]
