"""Variants of Part 5: masks."""

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
        "expand_and_reduce",
        "masking.padding",
        body=(
            """
            present = tf.math.logical_not(tf.equal(token_ids, pad_id))
            return tf.expand_dims(tf.expand_dims(present, 1), 1)
            """,
            """
            import functools

            given = [tf.convert_to_tensor(mask) for mask in masks if mask is not None]
            return functools.reduce(tf.logical_and, given) if given else None
            """,
        ),
    ),
    Variant(
        "product",
        "masking.padding",
        body=(
            """
            kept = tf.where(token_ids == pad_id, False, True)
            return tf.reshape(kept, [kept.shape[0], 1, 1, kept.shape[1]])
            """,
            """
            result = None
            for mask in masks:
                if mask is None:
                    continue
                factor = tf.cast(mask, tf.int32)
                result = factor if result is None else result * factor
            return result if result is None else result > 0
            """,
        ),
    ),
    Variant(
        "sequence_mask",
        "masking.causal",
        body="""
            total = query_length if key_length is None else key_length
            return tf.sequence_mask(tf.range(query_length) + 1 + total - query_length, total)
        """,
    ),
    Variant(
        "numpy",
        "masking.causal",
        body="""
            import numpy as np

            queries = int(query_length)
            keys = queries if key_length is None else int(key_length)
            return tf.constant(np.tril(np.ones((queries, keys), bool), k=keys - queries))
        """,
    ),
]
