"""Variants of Part 5: attention."""

from autograder.variants import Variant

VARIANTS = [
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
    Variant(
        "keras_ops",
        "attention.scaled_dot_product",
        body="""
            transposed = keras.ops.swapaxes(key, -1, -2)
            scores = keras.ops.matmul(query, transposed) / keras.ops.sqrt(1.0 * key.shape[-1])
            if mask is not None:
                scores = scores + (1.0 - keras.ops.cast(mask, "float32")) * -1e9
            weights = keras.ops.softmax(scores, axis=-1)
            return keras.ops.matmul(weights, value), weights
        """,
    ),
    Variant(
        "einsum_heads",
        "attention.multi_head",
        body=(
            """
            return tf.stack(tf.split(x, self.num_heads, axis=-1), axis=1)
            """,
            """
            return tf.concat(tf.unstack(x, axis=1), axis=-1)
            """,
            """
            source = inputs if context is None else context
            query = self._split_heads(self.query_dense(inputs))
            key = self._split_heads(self.key_dense(source))
            value = self._split_heads(self.value_dense(source))
            if self.rotary:
                first = cache_index or 0
                query, key = rotate(query, first), rotate(key, first)
            if cache is not None:
                keys, values = (tf.transpose(cache[:, i], [0, 2, 1, 3]) for i in (0, 1))
                end = cache_index + inputs.shape[1]
                key = tf.concat([keys[:, :, :cache_index], key, keys[:, :, end:]], axis=2)
                value = tf.concat([values[:, :, :cache_index], value, values[:, :, end:]], axis=2)
                cache = tf.transpose(tf.stack([key, value], axis=1), [0, 1, 3, 2, 4])
            scores = tf.einsum("bhqd,bhkd->bhqk", query, key) * query.shape[-1] ** -0.5
            if mask is not None:
                scores = tf.where(mask, scores, -1e9)
            weights = tf.nn.softmax(scores)
            if training and self.dropout:
                weights = tf.nn.dropout(weights, self.dropout)
            joined = self._merge_heads(tf.einsum("bhqk,bhkd->bhqd", weights, value))
            output = self.output_dense(joined)
            """,
        ),
    ),
    Variant(
        "loop_over_heads",
        "attention.multi_head",
        body=(
            """
            parts = []
            width = self.hidden_dim // self.num_heads
            for head in range(self.num_heads):
                parts.append(x[:, :, head * width : (head + 1) * width])
            return parts
            """,
            """
            return tf.concat(x, axis=-1)
            """,
            """
            source = context if context is not None else inputs
            queries = self._split_heads(self.query_dense(inputs))
            keys = self._split_heads(self.key_dense(source))
            values = self._split_heads(self.value_dense(source))
            if self.rotary:
                first = 0 if cache_index is None else cache_index
                queries = [rotate(x[:, None], first)[:, 0] for x in queries]
                keys = [rotate(x[:, None], first)[:, 0] for x in keys]
            if cache is not None:
                new = tf.stack([tf.stack(keys, 2), tf.stack(values, 2)], axis=1)
                length = tf.shape(new)[2]
                places = tf.range(cache_index, cache_index + length)[:, None]
                order = [2, 0, 1, 3, 4]
                updated = tf.tensor_scatter_nd_update(
                    tf.transpose(cache, order), places, tf.transpose(new, order)
                )
                cache = tf.transpose(updated, [1, 2, 0, 3, 4])
                keys = tf.unstack(cache[:, 0], axis=2)
                values = tf.unstack(cache[:, 1], axis=2)
            outputs, weights = [], []
            for head, (q, k, v) in enumerate(zip(queries, keys, values)):
                own = mask
                if mask is not None and len(mask.shape) == 4:
                    own = mask[:, head if mask.shape[1] > 1 else 0]
                _, w = scaled_dot_product_attention(q, k, v, own)
                w = self.weights_dropout(w, training=training)
                outputs.append(w @ v)
                weights.append(w)
            weights = tf.stack(weights, axis=1)
            output = self.output_dense(self._merge_heads(outputs))
            """,
        ),
    ),
    Variant(
        "masked_softmax",
        "attention.scaled_dot_product",
        body="""
            scores = tf.matmul(query, key, transpose_b=True) / tf.sqrt(float(int(query.shape[-1])))
            keep = (
                tf.ones_like(scores)
                if mask is None
                else tf.broadcast_to(tf.cast(mask, scores.dtype), tf.shape(scores))
            )
            scores = tf.where(keep > 0, scores, -1e9)
            shifted = tf.exp(scores - tf.reduce_max(scores, axis=-1, keepdims=True)) * keep
            weights = tf.math.divide_no_nan(shifted, tf.reduce_sum(shifted, axis=-1, keepdims=True))
            return tf.matmul(weights, value), weights
        """,
    ),
    Variant(
        "infinite_but_in_empty_rows",
        "attention.scaled_dot_product",
        body="""
            scores = tf.matmul(query, key, transpose_b=True) / tf.sqrt(
                tf.cast(query.shape[-1], tf.float32)
            )
            if mask is not None:
                any_key = tf.reduce_any(mask, axis=-1, keepdims=True)
                scores = tf.where(
                    tf.logical_or(mask, tf.logical_not(any_key)), scores, -float("inf")
                )
            weights = tf.nn.softmax(scores, axis=-1)
            return tf.matmul(weights, value), weights
        """,
    ),
    Variant(
        "split_and_stack",
        "attention.multi_head",
        body=(
            """
            return tf.stack(tf.split(x, self.num_heads, axis=-1), axis=1)
            """,
            """
            return tf.concat(tf.unstack(x, num=self.num_heads, axis=1), axis=-1)
            """,
            None,
        ),
    ),
    Variant(
        "whole_cache_read",
        "attention.multi_head",
        edits=[
            (
                "output, weights = attention_over_cache(query, cache, mask)",
                (
                    "key, value = tf.unstack(tf.transpose(cache, [1, 0, 3, 2, 4]))\n            "
                    "output, weights = scaled_dot_product_attention(query, key, value, mask)"
                ),
            )
        ],
    ),
    Variant(
        "concatenated_cache",
        "attention.multi_head",
        edits=[
            (
                "cache = keras.ops.slice_update(cache, (0, 0, cache_index, 0, 0), new)",
                (
                    "later = cache[:, :, cache_index + tf.shape(new)[2] :]\n"
                    "            cache = tf.concat([cache[:, :, :cache_index], new, later], axis=2)"
                ),
            )
        ],
    ),
]
