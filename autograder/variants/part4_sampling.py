"""Variants of Part 4: sampling."""

from autograder.variants import Variant

VARIANTS = [
    Variant(
        "sort",
        "sampling.top_k",
        body="""
            if k >= logits.shape[-1]:
                return logits
            threshold = tf.sort(logits, axis=-1, direction="DESCENDING")[:, k - 1]
            lowest = tf.fill(tf.shape(logits), -float("inf"))
            return tf.where(logits < threshold[:, None], lowest, logits)
        """,
    ),
    Variant(
        "added",
        "sampling.top_k",
        body="""
            k = min(k, logits.shape[-1])
            kth = tf.reduce_min(tf.nn.top_k(logits, k)[0], axis=-1, keepdims=True)
            keep = tf.cast(logits >= kth, logits.dtype)
            return logits + tf.math.log(keep)
        """,
    ),
]
