"""Variants of Part 3: training."""

from autograder.variants import Variant

VARIANTS = [
    Variant(
        "log_softmax",
        "training.loss",
        body="""
            log_probs = tf.nn.log_softmax(logits)
            picked = tf.reduce_sum(log_probs * tf.one_hot(targets, tf.shape(logits)[-1]), axis=-1)
            kept = tf.cast(mask, picked.dtype)
            return -tf.reduce_sum(picked * kept) / tf.reduce_sum(kept)
        """,
    ),
    Variant(
        "boolean_mask",
        "training.loss",
        body="""
            entropy = tf.keras.losses.sparse_categorical_crossentropy
            losses = entropy(targets, logits, from_logits=True)
            return tf.reduce_mean(tf.boolean_mask(losses, mask))
        """,
    ),
    Variant(
        "log_sum_exp",
        "training.loss",
        body="""
            picked = tf.gather(logits, targets, batch_dims=targets.shape.rank)
            losses = tf.reduce_logsumexp(logits, axis=-1) - picked
            return tf.reduce_mean(losses[mask])
        """,
    ),
]
