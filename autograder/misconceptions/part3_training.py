"""Misconceptions of Part 3: the loss."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "mean_over_all",
        "training.loss",
        edits=[
            (
                "count = tf.reduce_sum(tf.cast(mask, losses.dtype))",
                "count = tf.cast(tf.size(losses), losses.dtype)",
            )
        ],
        hint=(
            "The masked tokens add nothing to the sum, and still count in the mean. Divide by the "
            "number of tokens that count."
        ),
    ),
    Misconception(
        "mask_ignored",
        "training.loss",
        edits=[
            (
                "tf.reduce_sum(tf.cast(mask, losses.dtype))",
                "tf.cast(tf.size(losses), losses.dtype)",
            ),
            ("tf.where(mask, losses, 0.0)", "losses"),
        ],
        hint="The mask changes nothing: tokens where it is False should not count.",
    ),
    Misconception(
        "mask_inverted",
        "training.loss",
        edits=[
            ("tf.cast(mask, losses.dtype)", "1.0 - tf.cast(mask, losses.dtype)"),
            ("tf.where(mask, losses, 0.0)", "tf.where(mask, 0.0, losses)"),
        ],
        hint="True means that a token counts; here the others do.",
    ),
    Misconception(
        "mean_of_row_means",
        "training.loss",
        body="""
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)
            kept = tf.cast(mask, losses.dtype)
            rows = tf.reduce_sum(losses * kept, -1) / tf.maximum(tf.reduce_sum(kept, -1), 1.0)
            return tf.reduce_mean(rows)
        """,
        hint=(
            "This is the mean over rows of each row's mean, in which a token of a short row weighs "
            "more. Every token that counts should weigh the same."
        ),
    ),
    Misconception(
        "sum",
        "training.loss",
        edits=[(" / tf.maximum(count, 1.0)", "")],
        hint="This is the sum over tokens. The mean does not grow with the batch.",
    ),
    Misconception(
        "logits_as_probabilities",
        "training.loss",
        body="""
            probabilities = tf.nn.softmax(logits)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=targets, logits=probabilities
            )
            kept = tf.cast(mask, losses.dtype)
            return tf.reduce_sum(losses * kept) / tf.maximum(tf.reduce_sum(kept), 1.0)
        """,
        hint="Softmax is applied twice: does the loss function expect logits or probabilities?",
    ),
    Misconception(
        "log_of_softmax",
        "training.loss",
        body="""
            picked = tf.gather(tf.nn.softmax(logits), targets, batch_dims=targets.shape.rank)
            losses = -tf.math.log(picked + 1e-9)
            kept = tf.cast(mask, losses.dtype)
            return tf.reduce_sum(losses * kept) / tf.maximum(tf.reduce_sum(kept), 1.0)
        """,
        hint=(
            "For large logits the softmax rounds to 0, and its log is lost or cut off. Compute the "
            "cross-entropy from the logits in one operation."
        ),
    ),
    Misconception(
        "bits",
        "training.loss",
        edits=[("/ tf.maximum(count, 1.0)", "/ tf.maximum(count, 1.0) / tf.math.log(2.0)")],
        hint="The loss is measured in nats: natural logarithms.",
    ),
    Misconception(
        "shifted_again",
        "training.loss",
        body="""
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=targets[:, 1:], logits=logits[:, :-1]
            )
            kept = tf.cast(mask[:, 1:], losses.dtype)
            return tf.reduce_sum(losses * kept) / tf.maximum(tf.reduce_sum(kept), 1.0)
        """,
        hint=(
            "The targets are shifted once more: they stand one token later already, so that place "
            "t of the logits predicts place t of the targets."
        ),
    ),
]
