"""Misconceptions of Part 6: the loss on responses."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "mask_ignored",
        "sft.loss",
        edits=[
            ("next_token_loss(logits, targets, response_mask)", "next_token_loss(logits, targets)"),
            ("tf.where(response_mask, losses, 0.0)", "losses"),
            (
                "lengths = tf.reduce_sum(tf.cast(response_mask, losses.dtype), axis=-1)",
                "lengths = tf.cast(tf.shape(losses)[-1], losses.dtype)",
            ),
        ],
        hint="The prompt's tokens are learned too: the mask changes nothing.",
    ),
    Misconception(
        "mask_inverted",
        "sft.loss",
        edits=[
            (
                "    if not per_sequence:",
                "    response_mask = tf.logical_not(response_mask)\n    if not per_sequence:",
            )
        ],
        hint="Everything but the response is learned: True marks what counts.",
    ),
    Misconception(
        "mask_shifted",
        "sft.loss",
        edits=[
            (
                "    if not per_sequence:",
                "    response_mask = tf.roll(response_mask, 1, axis=-1)\n    if not per_sequence:",
            )
        ],
        hint="The mask is shifted by one. It belongs to the targets already, so it stays as it is.",
    ),
    Misconception(
        "shifted_again",
        "sft.loss",
        edits=[
            (
                "    if not per_sequence:",
                "    logits, targets = logits[:, :-1], targets[:, 1:]\n"
                "    response_mask = response_mask[:, 1:]\n    if not per_sequence:",
            )
        ],
        hint="Targets are shifted once more. They hold the *next* token already.",
    ),
    Misconception(
        "divided_by_all",
        "sft.loss",
        body="""
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)
            return tf.reduce_mean(tf.where(response_mask, losses, 0.0))
        """,
        hint=(
            "The prompt and the padding add nothing to the sum, and still count in the mean: more "
            "padding makes the loss smaller. Divide by the response tokens."
        ),
    ),
    Misconception(
        "logits_masked",
        "sft.loss",
        body="""
            kept = tf.cast(response_mask, logits.dtype)
            logits *= kept[..., tf.newaxis]
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)
            if not per_sequence:
                return tf.reduce_sum(losses) / tf.reduce_sum(kept)
            return tf.reduce_mean(tf.reduce_sum(losses, -1) / tf.reduce_sum(kept, -1))
        """,
        hint=(
            "Logits of 0 are not without a loss: they cost ln V each. The mask selects losses, and "
            "leaves logits alone."
        ),
    ),
    Misconception(
        "always_per_token",
        "sft.loss",
        edits=[("if not per_sequence:", "if True:")],
        hint=(
            "`per_sequence=True` changes nothing: each response should be averaged by its own "
            "length first, and then all of them."
        ),
    ),
    Misconception(
        "always_per_sequence",
        "sft.loss",
        edits=[("if not per_sequence:", "if False:")],
        hint=(
            "Every response weighs the same, however long it is. That is `per_sequence=True`; "
            "otherwise every *token* weighs the same."
        ),
    ),
    Misconception(
        "length_of_the_batch",
        "sft.loss",
        edits=[
            (
                "tf.reduce_sum(tf.cast(response_mask, losses.dtype), axis=-1)",
                "tf.reduce_sum(tf.cast(response_mask, losses.dtype))",
            )
        ],
        hint="Each sequence is divided by the tokens of all of them; it has a length of its own.",
    ),
    Misconception(
        "sum_per_sequence",
        "sft.loss",
        edits=[("tf.reduce_mean(totals / tf.maximum(lengths, 1.0))", "tf.reduce_mean(totals)")],
        hint="Per sequence, each response's loss is a sum here: it is not divided by its length.",
    ),
    Misconception(
        "sequences_added",
        "sft.loss",
        edits=[("tf.reduce_mean(totals /", "tf.reduce_sum(totals /")],
        hint="Per sequence, the responses' means are added up: the loss grows with the batch.",
    ),
    Misconception(
        "mean_over_time_first",
        "sft.loss",
        edits=[
            (
                "tf.where(response_mask, losses, 0.0), axis=-1)",
                "tf.where(response_mask, losses, 0.0), axis=0)",
            ),
            (
                "tf.cast(response_mask, losses.dtype), axis=-1)",
                "tf.cast(response_mask, losses.dtype), axis=0)",
            ),
        ],
        hint="Per sequence, the mean is taken over the examples at each place. Rows are sequences.",
    ),
]
