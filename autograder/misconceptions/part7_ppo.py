"""Misconceptions of Part 7: the losses of actor and critic."""

from autograder.misconceptions import Misconception

_OBJECTIVE = "tf.minimum(ratio * advantages, clipped_ratio * advantages)"
_ERRORS = "tf.maximum(tf.square(values - returns), tf.square(clipped_values - returns))"

MISCONCEPTIONS = [
    Misconception(
        "maximum",
        "rlhf.ppo",
        edits=[(_OBJECTIVE, _OBJECTIVE.replace("minimum", "maximum"))],
        hint=(
            "The larger of the two objectives is taken. The bound is pessimistic: of clipped and "
            "unclipped it takes the smaller one."
        ),
    ),
    Misconception(
        "clipped_only",
        "rlhf.ppo",
        edits=[(_OBJECTIVE, "clipped_ratio * advantages")],
        hint=(
            "Only the clipped objective is left, so a policy that went the wrong way gets no "
            "gradient to come back. What is the minimum for?"
        ),
    ),
    Misconception(
        "not_clipped",
        "rlhf.ppo",
        edits=[(_OBJECTIVE, "ratio * advantages")],
        hint="The ratio is not clipped: one large ratio may carry the policy anywhere.",
    ),
    Misconception(
        "objective_clipped",
        "rlhf.ppo",
        edits=[
            (
                _OBJECTIVE,
                "tf.minimum(ratio * advantages, "
                "tf.clip_by_value(ratio * advantages, 1 - epsilon, 1 + epsilon))",
            )
        ],
        hint="The product of ratio and advantage is clipped. Only the ratio is to be bounded.",
    ),
    Misconception(
        "policy_sign",
        "rlhf.ppo",
        edits=[("return -masked_mean(objective, mask)", "return masked_mean(objective, mask)")],
        hint="The objective is to be *raised*, and a loss is lowered: a minus is missing.",
    ),
    Misconception(
        "difference_for_ratio",
        "rlhf.ppo",
        edits=[
            (
                "ratio = tf.exp(log_probs - tf.stop_gradient(old_log_probs))",
                "ratio = log_probs - tf.stop_gradient(old_log_probs)",
            )
        ],
        hint="The difference of logarithms is not yet the ratio: at equal policies it should be 1.",
    ),
    Misconception(
        "quotient_of_logarithms",
        "rlhf.ppo",
        edits=[
            (
                "ratio = tf.exp(log_probs - tf.stop_gradient(old_log_probs))",
                "ratio = log_probs / tf.stop_gradient(old_log_probs)",
            )
        ],
        hint=(
            "This is a quotient of logarithms. The ratio of probabilities is the exponential of "
            "their logarithms' difference."
        ),
    ),
    Misconception(
        "ratio_inverted",
        "rlhf.ppo",
        edits=[
            (
                "ratio = tf.exp(log_probs - tf.stop_gradient(old_log_probs))",
                "ratio = tf.exp(tf.stop_gradient(old_log_probs) - log_probs)",
            )
        ],
        hint="The ratio is upside down: the policy in training stands on top.",
    ),
    Misconception(
        "gradient_into_old",
        "rlhf.ppo",
        edits=[
            (
                "tf.exp(log_probs - tf.stop_gradient(old_log_probs))",
                "tf.exp(log_probs - old_log_probs)",
            )
        ],
        hint="A gradient flows into the old log-probabilities, which are constants of the rollout.",
    ),
    Misconception(
        "gradient_into_advantages",
        "rlhf.ppo",
        edits=[("advantages = tf.stop_gradient(advantages)", "pass")],
        hint=(
            "A gradient flows into the advantages: the policy's loss would move the critic. They "
            "are constants here."
        ),
    ),
    Misconception(
        "ratio_stopped",
        "rlhf.ppo",
        edits=[
            (
                "ratio = tf.exp(log_probs - tf.stop_gradient(old_log_probs))",
                "ratio = tf.exp(tf.stop_gradient(log_probs - old_log_probs))",
            )
        ],
        hint="No gradient reaches the policy in training: too much is stopped.",
    ),
    Misconception(
        "policy_padding",
        "rlhf.ppo",
        edits=[("return -masked_mean(objective, mask)", "return -tf.reduce_mean(objective)")],
        hint="The policy's loss is a mean over padding as well; only valid tokens count.",
    ),
    Misconception(
        "policy_sum",
        "rlhf.ppo",
        edits=[
            (
                "return -masked_mean(objective, mask)",
                "return -tf.reduce_sum(tf.where(mask, objective, 0.0))",
            )
        ],
        hint="The policy's loss is a sum over tokens. It is the mean over the valid ones.",
    ),
    Misconception(
        "policy_rows",
        "rlhf.ppo",
        edits=[
            (
                "return -masked_mean(objective, mask)",
                "return -tf.reduce_mean(masked_mean(objective, mask, axis=-1))",
            )
        ],
        hint=(
            "The policy's loss averages each response first, so that tokens of short ones weigh "
            "more. Here every valid token weighs the same."
        ),
    ),
    Misconception(
        "one_sided_clip",
        "rlhf.ppo",
        edits=[
            (
                "clipped_ratio = tf.clip_by_value(ratio, 1 - epsilon, 1 + epsilon)",
                "clipped_ratio = tf.minimum(ratio, 1 + epsilon)",
            )
        ],
        hint="The ratio has no lower bound, which counts where the advantage is negative.",
    ),
    Misconception(
        "value_minimum",
        "rlhf.ppo",
        edits=[(_ERRORS, _ERRORS.replace("tf.maximum", "tf.minimum"))],
        hint="The critic's loss takes the better of the two errors. It takes the worse.",
    ),
    Misconception(
        "value_not_clipped",
        "rlhf.ppo",
        edits=[(_ERRORS, "tf.square(values - returns)")],
        hint=(
            "The clip of the value has no effect. The clipped value stays near the *old value*, "
            "and not near the return."
        ),
    ),
    Misconception(
        "value_clipped_only",
        "rlhf.ppo",
        edits=[(_ERRORS, "tf.square(clipped_values - returns)")],
        hint="Only the clipped value's error is left. The worse of two errors is taken.",
    ),
    Misconception(
        "value_clipped_absolutely",
        "rlhf.ppo",
        edits=[
            (
                "old_values + tf.clip_by_value(values - old_values, -epsilon, epsilon)",
                "tf.clip_by_value(values, 1 - epsilon, 1 + epsilon)",
            )
        ],
        hint="The value itself is clipped around 1, as a ratio is. Its distance to the old one is.",
    ),
    Misconception(
        "value_without_half",
        "rlhf.ppo",
        edits=[("return 0.5 * masked_mean(errors, mask)", "return masked_mean(errors, mask)")],
        hint="The critic's loss is twice too large: the formula has a factor in front.",
    ),
    Misconception(
        "value_padding",
        "rlhf.ppo",
        edits=[("return 0.5 * masked_mean(errors, mask)", "return 0.5 * tf.reduce_mean(errors)")],
        hint="The critic's loss is a mean over padding as well; only valid tokens count.",
    ),
    Misconception(
        "gradient_into_returns",
        "rlhf.ppo",
        edits=[
            (
                "tf.stop_gradient(old_values), tf.stop_gradient(returns)",
                "tf.stop_gradient(old_values), returns",
            )
        ],
        hint="A gradient flows into the returns, which are the critic's fixed target.",
    ),
    Misconception(
        "gradient_into_old_values",
        "rlhf.ppo",
        edits=[
            (
                "tf.stop_gradient(old_values), tf.stop_gradient(returns)",
                "old_values, tf.stop_gradient(returns)",
            )
        ],
        hint="A gradient flows into the old values, which are constants of the rollout.",
    ),
]
