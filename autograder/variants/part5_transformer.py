"""Variants of Part 5: the transformer."""

from autograder.variants import Variant

VARIANTS = [
    Variant(
        "band_part",
        "masking.causal",
        body="""
            key_length = key_length or query_length
            ones = tf.ones((key_length, key_length), tf.bool)
            return tf.linalg.band_part(ones, -1, 0)[key_length - query_length :]
        """,
    ),
    Variant(
        "cumulative",
        "masking.causal",
        body="""
            key_length = query_length if key_length is None else key_length
            ones = tf.ones((query_length, key_length))
            return tf.cast(tf.linalg.band_part(ones, -1, key_length - query_length), tf.bool)
        """,
    ),
    Variant(
        "large_number",
        "attention.scaled_dot_product",
        edits=[("scores.dtype.min / 2", "-1e9")],
    ),
    Variant(
        "einsum",
        "attention.scaled_dot_product",
        body="""
            width = tf.cast(tf.shape(key)[-1], tf.float32)
            scores = tf.einsum("...qd,...kd->...qk", query, key) / tf.sqrt(width)
            if mask is not None:
                scores = tf.where(mask, scores, -1e9)
            exponentials = tf.exp(scores - tf.reduce_max(scores, axis=-1, keepdims=True))
            weights = exponentials / tf.reduce_sum(exponentials, axis=-1, keepdims=True)
            return tf.einsum("...qk,...kv->...qv", weights, value), weights
        """,
    ),
    Variant(
        "zero_where_empty",
        "attention.scaled_dot_product",
        body="""
            scores = tf.matmul(query, tf.linalg.matrix_transpose(key))
            scores = scores / tf.math.sqrt(float(query.shape[-1]))
            if mask is not None:
                scores = tf.where(mask, scores, -float("inf"))
            scores = tf.math.subtract(
                scores, tf.maximum(tf.reduce_max(scores, axis=-1, keepdims=True), -1e30)
            )
            total = tf.reduce_sum(tf.exp(scores), axis=-1, keepdims=True)
            weights = tf.math.divide_no_nan(tf.exp(scores), total)
            return weights @ value, weights
        """,
    ),
]
