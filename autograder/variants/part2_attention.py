"""Variants of Part 2: additive attention."""

from autograder.variants import Variant

VARIANTS = [
    Variant(
        "infinite_mask",
        "recurrent.bahdanau",
        body="""
            hidden = tf.tanh(tf.expand_dims(query @ w_query, -2) + keys @ w_key)
            scores = tf.squeeze(hidden @ v[:, None], -1)
            if mask is not None:
                scores = tf.where(mask, scores, -float("inf"))
            weights = tf.nn.softmax(scores)
            return tf.squeeze(weights[..., None, :] @ values, -2), weights
        """,
    ),
    Variant(
        "added_mask",
        "recurrent.bahdanau",
        body="""
            hidden = keras.ops.tanh(
                keras.ops.expand_dims(keras.ops.matmul(query, w_query), -2)
                + keras.ops.matmul(keys, w_key)
            )
            scores = keras.ops.sum(hidden * v, axis=-1)
            if mask is not None:
                scores = scores + (1.0 - keras.ops.cast(mask, "float32")) * -1e9
            exponentials = keras.ops.exp(scores - keras.ops.max(scores, axis=-1, keepdims=True))
            weights = exponentials / keras.ops.sum(exponentials, axis=-1, keepdims=True)
            return keras.ops.sum(keras.ops.expand_dims(weights, -1) * values, axis=-2), weights
        """,
    ),
    Variant(
        "matmul_and_einsum",
        "recurrent.bahdanau",
        body="""
            projected_query = tf.matmul(query[..., tf.newaxis, :], w_query)
            energies = tf.tanh(projected_query + tf.matmul(keys, w_key))
            scores = tf.einsum("...ka,a->...k", energies, v)
            if mask is not None:
                scores = tf.where(mask, scores, scores.dtype.min / 2)
            weights = tf.nn.softmax(scores, axis=-1)
            return tf.einsum("...k,...kd->...d", weights, values), weights
        """,
    ),
    Variant(
        "tensordot",
        "recurrent.bahdanau",
        body="""
            q = tf.expand_dims(tf.tensordot(query, w_query, 1), -2)
            e = tf.tensordot(tf.math.tanh(q + tf.tensordot(keys, w_key, 1)), v, 1)
            if mask is not None:
                e = e + (1.0 - tf.cast(mask, e.dtype)) * -1e9
            e = e - tf.reduce_max(e, axis=-1, keepdims=True)
            w = tf.exp(e) / tf.reduce_sum(tf.exp(e), axis=-1, keepdims=True)
            return tf.reduce_sum(w[..., None] * values, axis=-2), w
        """,
    ),
]
