"""Misconceptions of Part 8: the log-probability of a response, and DPO."""

from autograder.misconceptions import Misconception

_MARGIN = "beta * (chosen - rejected)"

MISCONCEPTIONS = [
    Misconception(
        "always_average",
        "preference.sequence_log_prob",
        edits=[("if not average:", "if False:")],
        hint="This is the mean over tokens, as a *slide* on DPO prints it, and the slide is wrong: "
        "unless `average` is given, the log-probability of a response is a sum.",
    ),
    Misconception(
        "never_average",
        "preference.sequence_log_prob",
        edits=[("if not average:", "if True:")],
        hint="`average=True` changes nothing: divide by the number of response tokens.",
    ),
    Misconception(
        "average_inverted",
        "preference.sequence_log_prob",
        edits=[("if not average:", "if average:")],
        hint="Sum and mean are exchanged.",
    ),
    Misconception(
        "prompt_included",
        "preference.sequence_log_prob",
        edits=[("tf.where(mask, log_probs, 0.0)", "log_probs")],
        hint="Prompt and padding are added up too. Only the response's tokens count.",
    ),
    Misconception(
        "mask_inverted",
        "preference.sequence_log_prob",
        edits=[("tf.where(mask, log_probs, 0.0)", "tf.where(mask, 0.0, log_probs)")],
        hint="Everything but the response is added up: True marks the response.",
    ),
    Misconception(
        "average_over_the_row",
        "preference.sequence_log_prob",
        edits=[
            (
                "lengths = tf.reduce_sum(tf.cast(mask, totals.dtype), axis=-1)",
                "lengths = tf.cast(tf.shape(mask)[1], totals.dtype)",
            )
        ],
        hint="The mean divides by the row's length. Divide by the number of response tokens.",
    ),
    Misconception(
        "length_of_the_batch",
        "preference.sequence_log_prob",
        edits=[
            (
                "lengths = tf.reduce_sum(tf.cast(mask, totals.dtype), axis=-1)",
                "lengths = tf.reduce_sum(tf.cast(mask, totals.dtype))",
            )
        ],
        hint="Each response is divided by the tokens of all of them, instead of its own.",
    ),
    Misconception(
        "average_over_the_batch",
        "preference.sequence_log_prob",
        edits=[
            (
                "lengths = tf.reduce_sum(tf.cast(mask, totals.dtype), axis=-1)",
                "lengths = tf.reduce_mean(tf.reduce_sum(tf.cast(mask, totals.dtype), axis=-1))",
            )
        ],
        hint="Every row is divided by the same number. Each response has a length of its own.",
    ),
    Misconception(
        "over_the_batch",
        "preference.sequence_log_prob",
        edits=[
            ("tf.where(mask, log_probs, 0.0), axis=-1)", "tf.where(mask, log_probs, 0.0), axis=0)"),
            ("tf.cast(mask, totals.dtype), axis=-1)", "tf.cast(mask, totals.dtype), axis=0)"),
        ],
        hint="The sum runs over the examples at each place. One number per response is wanted.",
    ),
    Misconception(
        "shifted_again",
        "preference.sequence_log_prob",
        edits=[
            (
                "log_probs = token_log_probs(logits, targets)",
                "log_probs = token_log_probs(logits[:, :-1], targets[:, 1:])\n"
                "    mask = mask[:, 1:]",
            )
        ],
        hint="Targets are shifted once more. They hold the *next* token already.",
    ),
    Misconception(
        "loss_for_log_prob",
        "preference.sequence_log_prob",
        edits=[
            (
                "log_probs = token_log_probs(logits, targets)",
                "log_probs = -token_log_probs(logits, targets)",
            )
        ],
        hint="These are losses: the log-probability of a response is never positive.",
    ),
    Misconception(
        "no_reference",
        "preference.dpo",
        edits=[
            ("policy_chosen - tf.stop_gradient(ref_chosen)", "policy_chosen"),
            ("policy_rejected - tf.stop_gradient(ref_rejected)", "policy_rejected"),
        ],
        hint="The reference plays no part. Both responses are judged by their *log-ratio* to it.",
    ),
    Misconception(
        "reference_minus_policy",
        "preference.dpo",
        edits=[(_MARGIN, "beta * (rejected - chosen)")],
        hint=(
            "The loss falls when the rejected response gains: chosen and rejected, or policy and "
            "reference, are exchanged."
        ),
    ),
    Misconception(
        "reference_pair_swapped",
        "preference.dpo",
        edits=[
            ("tf.stop_gradient(ref_chosen)", "tf.stop_gradient(ref_rejected) "),
            (
                "policy_rejected - tf.stop_gradient(ref_rejected)\n",
                "policy_rejected - tf.stop_gradient(ref_chosen)\n",
            ),
        ],
        hint=(
            "The reference enters with the wrong sign, or exchanged: each log-ratio is policy "
            "minus reference of the *same* response, so that equal models have a loss of ln 2."
        ),
    ),
    Misconception(
        "beta_outside",
        "preference.dpo",
        edits=[
            (
                f"-tf.reduce_mean(tf.math.log_sigmoid({_MARGIN}))",
                "-beta * tf.reduce_mean(tf.math.log_sigmoid(chosen - rejected))",
            )
        ],
        hint="Beta scales the loss. It stands inside the sigmoid, where it scales the margin.",
    ),
    Misconception(
        "divided_by_beta",
        "preference.dpo",
        edits=[(_MARGIN, "(chosen - rejected) / beta")],
        hint="The margin is divided by beta, and the formula multiplies.",
    ),
    Misconception(
        "beta_missing",
        "preference.dpo",
        edits=[(_MARGIN, "chosen - rejected")],
        hint="The loss does not depend on beta.",
    ),
    Misconception(
        "gradient_into_reference",
        "preference.dpo",
        edits=[
            ("tf.stop_gradient(ref_chosen)", "ref_chosen"),
            ("tf.stop_gradient(ref_rejected)", "ref_rejected"),
        ],
        hint="The loss is right and a gradient flows into the reference, which is frozen.",
    ),
    Misconception(
        "gradient_into_reference_of_chosen",
        "preference.dpo",
        edits=[("tf.stop_gradient(ref_chosen)", "ref_chosen")],
        hint=(
            "The loss is right and a gradient flows into the reference's log-probability of the "
            "chosen response. The whole reference is frozen."
        ),
    ),
    Misconception(
        "gradient_into_reference_of_rejected",
        "preference.dpo",
        edits=[("tf.stop_gradient(ref_rejected)", "ref_rejected")],
        hint=(
            "The loss is right and a gradient flows into the reference's log-probability of the "
            "rejected response. The whole reference is frozen."
        ),
    ),
    Misconception(
        "sum",
        "preference.dpo",
        edits=[("-tf.reduce_mean", "-tf.reduce_sum")],
        hint="The pairs' losses are added up. The mean does not grow with the batch.",
    ),
    Misconception(
        "sign",
        "preference.dpo",
        edits=[("return -tf.reduce_mean", "return tf.reduce_mean")],
        hint="The minus is missing: training would make the chosen response less likely.",
    ),
    Misconception(
        "no_logarithm",
        "preference.dpo",
        edits=[("tf.math.log_sigmoid", "tf.sigmoid")],
        hint="The logarithm of the sigmoid is missing.",
    ),
    Misconception(
        "mean_inside",
        "preference.dpo",
        edits=[
            (
                f"-tf.reduce_mean(tf.math.log_sigmoid({_MARGIN}))",
                f"-tf.math.log_sigmoid(tf.reduce_mean({_MARGIN}))",
            )
        ],
        hint="The margins are averaged before the sigmoid. Each pair has a loss of its own.",
    ),
    Misconception(
        "each_by_itself",
        "preference.dpo",
        edits=[
            (
                f"-tf.reduce_mean(tf.math.log_sigmoid({_MARGIN}))",
                "-tf.reduce_mean(tf.math.log_sigmoid(beta * chosen)"
                " + tf.math.log_sigmoid(-beta * rejected))",
            )
        ],
        hint=(
            "Each response has a sigmoid of its own. DPO compares the two: one sigmoid of the "
            "difference of their log-ratios."
        ),
    ),
    Misconception(
        "only_the_chosen",
        "preference.dpo",
        edits=[(_MARGIN, "beta * chosen")],
        hint="The rejected response plays no part.",
    ),
]
