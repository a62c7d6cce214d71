"""Misconceptions of Part 7: rewards with a KL penalty."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "score_at_the_end_of_the_row",
        "rlhf.token_rewards",
        body="""
            is_last = tf.range(tf.shape(mask)[1]) == tf.shape(mask)[1] - 1
            penalty = tf.where(mask, -beta * (log_probs - ref_log_probs), 0.0)
            return penalty + tf.where(is_last, score[:, tf.newaxis], 0.0)
        """,
        hint=(
            "The score stands in the last column, on padding. It belongs to the last *valid* token "
            "of each response; a slide that says t = T means that one, and is imprecise."
        ),
    ),
    Misconception(
        "score_lost_on_padding",
        "rlhf.token_rewards",
        edits=[
            (
                "is_last = count_from_end == 1",
                "is_last = tf.range(tf.shape(mask)[1]) == tf.shape(mask)[1] - 1",
            )
        ],
        hint=(
            "Only responses that fill the row get their score. Shorter ones end earlier: find each "
            "row's last valid token."
        ),
    ),
    Misconception(
        "score_after_the_end",
        "rlhf.token_rewards",
        body="""
            lengths = tf.reduce_sum(tf.cast(mask, tf.int32), axis=-1)
            penalty = tf.where(mask, -beta * (log_probs - ref_log_probs), 0.0)
            return penalty + tf.one_hot(lengths, tf.shape(mask)[1]) * score[:, tf.newaxis]
        """,
        hint=(
            "The score lands one place behind the last valid token. Places are counted from 0: "
            "where does a response of length n end?"
        ),
    ),
    Misconception(
        "score_everywhere",
        "rlhf.token_rewards",
        edits=[("tf.where(is_last, score[:, tf.newaxis], 0.0)", "score[:, tf.newaxis]")],
        hint="Every token gets the score, so that long responses are paid more. One token gets it.",
    ),
    Misconception(
        "score_shared",
        "rlhf.token_rewards",
        edits=[
            (
                "tf.where(is_last, score[:, tf.newaxis], 0.0)",
                "(score / tf.reduce_sum(tf.cast(mask, score.dtype), -1))[:, tf.newaxis]",
            )
        ],
        hint="The score is spread over the tokens. All of it stands on the last valid one.",
    ),
    Misconception(
        "kl_rewarded",
        "rlhf.token_rewards",
        edits=[("penalty = -beta *", "penalty = beta *")],
        hint="Drifting away from the reference is rewarded. The penalty lowers the reward.",
    ),
    Misconception(
        "beta_missing",
        "rlhf.token_rewards",
        edits=[("penalty = -beta * (log_probs", "penalty = -1.0 * (log_probs")],
        hint="The penalty does not depend on beta.",
    ),
    Misconception(
        "no_penalty",
        "rlhf.token_rewards",
        edits=[
            (
                "penalty + tf.where(is_last, score[:, tf.newaxis], 0.0)",
                "tf.where(is_last, score[:, tf.newaxis], 0.0)",
            )
        ],
        hint="Only the score is paid. Each token should also pay for leaving the reference.",
    ),
    Misconception(
        "no_penalty_at_the_end",
        "rlhf.token_rewards",
        edits=[
            (
                "rewards = penalty + tf.where(is_last, score[:, tf.newaxis], 0.0)",
                "rewards = tf.where(is_last, score[:, tf.newaxis], penalty)",
            )
        ],
        hint="The last token gets its score *instead* of its penalty. It gets both.",
    ),
    Misconception(
        "off_the_mask",
        "rlhf.token_rewards",
        edits=[("return tf.where(mask, rewards, 0.0)", "return rewards")],
        hint="Padding has a penalty too. Off the mask the reward is 0.",
    ),
    Misconception(
        "k3_as_penalty",
        "rlhf.token_rewards",
        edits=[
            (
                "(log_probs - ref_log_probs)",
                "(tf.exp(ref_log_probs - log_probs) - (ref_log_probs - log_probs) - 1)",
            )
        ],
        hint="The penalty is the estimator k3. In the reward it is the plain log-ratio, k1.",
    ),
    Misconception(
        "score_at_the_count",
        "rlhf.token_rewards",
        edits=[
            (
                "is_last = count_from_end == 1",
                "is_last = tf.range(tf.shape(mask)[1]) == count_from_end[:, :1] - 1",
            )
        ],
        hint=(
            "The score stands at the place that the number of valid tokens gives. Behind a prompt "
            "the response begins later, and its last token is not there."
        ),
    ),
    Misconception(
        "ratio_as_penalty",
        "rlhf.token_rewards",
        edits=[("(log_probs - ref_log_probs)", "tf.exp(log_probs - ref_log_probs)")],
        hint="The penalty is a ratio of probabilities. It should be the ratio's logarithm.",
    ),
    Misconception(
        "summed_penalty_at_the_end",
        "rlhf.token_rewards",
        edits=[
            (
                "rewards = penalty + tf.where(is_last, score[:, tf.newaxis], 0.0)",
                "total = tf.reduce_sum(tf.where(mask, penalty, 0.0), -1)\n"
                "    rewards = tf.where(is_last, (score + total)[:, tf.newaxis], 0.0)",
            )
        ],
        hint=(
            "The whole penalty stands on the last token. The total is right, but each token should "
            "pay for its own drift."
        ),
    ),
]
