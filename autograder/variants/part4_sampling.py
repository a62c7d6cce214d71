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
    Variant(
        "numpy",
        "sampling.top_k",
        body="""
            import numpy as np

            array = np.asarray(logits)
            k = min(k, array.shape[-1])
            kth = np.partition(array, -k, axis=-1)[:, -k]
            return tf.constant(np.where(array < kth[:, None], np.float32(-np.inf), array))
        """,
    ),
    Variant(
        "keras_ops",
        "sampling.temperature",
        body=(
            """
            import keras

            return keras.ops.argmax(logits, axis=-1)
            """,
            """
            import keras

            if temperature == 0:
                columns = keras.ops.arange(logits.shape[-1])
                best = keras.ops.cast(greedy(logits), columns.dtype)
                return keras.ops.where(columns[None] == best[:, None], logits, -float("inf"))
            return keras.ops.multiply(logits, 1.0 / temperature)
            """,
        ),
    ),
    Variant(
        "loop_over_rows",
        "sampling.temperature",
        body=(
            """
            return tf.cast(tf.math.top_k(logits, k=1).indices[:, 0], tf.int64)
            """,
            """
            if temperature > 0:
                return tf.math.divide(logits, tf.cast(temperature, tf.float32))
            lowest = tf.fill(logits.shape, -float("inf"))
            rows = tf.range(logits.shape[0])
            places = tf.stack([rows, tf.cast(greedy(logits), tf.int32)], axis=1)
            return tf.tensor_scatter_nd_update(lowest, places, tf.zeros(logits.shape[0]))
            """,
        ),
    ),
    Variant(
        "threshold",
        "sampling.top_p",
        body="""
            probabilities = tf.nn.softmax(logits)
            descending = tf.sort(probabilities, axis=-1, direction="DESCENDING")
            reached = tf.cumsum(descending, axis=-1) - descending < p
            smallest = tf.reduce_min(tf.where(reached, descending, 2.0), axis=-1, keepdims=True)
            keep = (probabilities >= smallest) | (p == 1)
            return tf.where(keep, logits, -float("inf"))
        """,
    ),
    Variant(
        "scatter",
        "sampling.top_p",
        body="""
            if p >= 1:
                return tf.identity(logits)
            size = tf.shape(logits)[-1]
            values, order = tf.math.top_k(logits, k=size)
            total = tf.cumsum(tf.exp(tf.nn.log_softmax(values)), axis=-1)
            below = tf.cast(total < p, tf.int32)
            count = tf.reduce_sum(below, axis=-1, keepdims=True) + 1
            keep = tf.range(size)[tf.newaxis] < count
            kept = tf.where(keep, values, -float("inf"))
            rows = tf.range(tf.shape(logits)[0])[:, tf.newaxis] * tf.ones_like(order)
            return tf.scatter_nd(tf.stack([rows, order], -1), kept, tf.shape(logits))
        """,
    ),
    Variant(
        "numpy",
        "sampling.top_p",
        body="""
            import numpy as np

            result = np.array(logits)
            for row in result if p < 1 else []:
                weights = np.exp(row - row.max())
                weights /= weights.sum()
                total = 0.0
                for token in np.argsort(-row):
                    if total >= p:
                        row[token] = -np.inf
                    total += weights[token]
            return tf.constant(result)
        """,
    ),
    Variant(
        "counting",
        "sampling.top_k",
        body="""
            logits = tf.convert_to_tensor(logits)
            higher = tf.reduce_sum(tf.cast(logits[:, None, :] > logits[:, :, None], tf.int32), -1)
            return tf.where(higher < k, logits, -float("inf"))
        """,
    ),
    Variant(
        "pairwise",
        "sampling.top_p",
        body="""
            x = tf.convert_to_tensor(logits)
            if p == 1.0:
                return x
            q = tf.nn.softmax(x)
            above = tf.reduce_sum(tf.where(x[:, None, :] > x[:, :, None], q[:, None, :], 0.0), -1)
            return tf.where(above < p, x, -float("inf"))
        """,
    ),
    Variant(
        "smallest_probability",
        "sampling.top_p",
        body="""
            logits = tf.convert_to_tensor(logits)
            if p >= 1:
                return logits
            probabilities = tf.nn.softmax(logits)
            ordered = tf.sort(probabilities, direction="DESCENDING")
            needed = 1 + tf.reduce_sum(tf.cast(tf.cumsum(ordered, -1) < p, tf.int32), -1)
            needed = tf.minimum(needed, tf.shape(logits)[-1])
            threshold = tf.gather(ordered, needed - 1, batch_dims=1)[:, None]
            return tf.where(probabilities < threshold, -float("inf"), logits)
        """,
    ),
    Variant(
        "numpy",
        "sampling.temperature",
        body=(
            """
            import numpy as np

            return np.argmax(np.asarray(logits), axis=-1).astype(np.int32)
            """,
            """
            import numpy as np

            array = np.asarray(logits, np.float32)
            if temperature == 0:
                result = np.full_like(array, -np.inf)
                rows = np.arange(len(array))
                result[rows, array.argmax(-1)] = array[rows, array.argmax(-1)]
                return tf.constant(result)
            return tf.constant(array / np.float32(temperature))
            """,
        ),
    ),
]
