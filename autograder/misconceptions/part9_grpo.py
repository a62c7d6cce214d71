"""Misconceptions of Part 9: the GRPO loss."""

from autograder.misconceptions import Misconception

_SURROGATE = "tf.minimum(ratio * advantages, clipped_ratio * advantages)"
_RATIO = "ratio = tf.exp(log_probs - tf.stop_gradient(old_log_probs))"
_BY_ROW = "tf.stop_gradient(advantages)[:, tf.newaxis]"

MISCONCEPTIONS = [
    Misconception(
        "kl_subtracted",
        "grpo.loss",
        edits=[("losses += beta *", "losses -= beta *")],
        hint="Drifting from the reference lowers the loss. The divergence is a penalty.",
    ),
    Misconception(
        "lengths_for_a_mask",
        "grpo.loss",
        edits=[
            (
                "advantages = tf.stop_gradient(advantages)[:, tf.newaxis]",
                "mask = tf.sequence_mask(tf.reduce_sum(tf.cast(mask, tf.int32), 1), "
                "tf.shape(mask)[1])\n    advantages = tf.stop_gradient(advantages)[:, tf.newaxis]",
            )
        ],
        hint=(
            "As many tokens as the response has are taken, from the first column on. Behind a "
            "prompt it begins later: the mask says where."
        ),
    ),
    Misconception(
        "no_kl",
        "grpo.loss",
        edits=[('losses += beta * kl_estimate(log_probs, ref_log_probs, "k3")', "pass")],
        hint="The KL term is missing.",
    ),
    Misconception(
        "k1_in_the_loss",
        "grpo.loss",
        edits=[('"k3"', '"k1"')],
        hint="The penalty is k1, whose gradient is 0 on average. The loss takes k3.",
    ),
    Misconception(
        "k2_in_the_loss",
        "grpo.loss",
        edits=[('"k3"', '"k2"')],
        hint="The penalty is k2. The loss takes k3.",
    ),
    Misconception(
        "kl_to_the_old_policy",
        "grpo.loss",
        edits=[("kl_estimate(log_probs, ref_log_probs,", "kl_estimate(log_probs, old_log_probs,")],
        hint="The divergence is from the old policy. It is from the frozen reference.",
    ),
    Misconception(
        "ratio_to_the_reference",
        "grpo.loss",
        edits=[(_RATIO, _RATIO.replace("old_log_probs", "ref_log_probs"))],
        hint=(
            "The ratio is taken to the reference, as a *slide* prints it, and the slide is wrong: "
            "it belongs to the policy that wrote the responses, π_old."
        ),
    ),
    Misconception(
        "maximum",
        "grpo.loss",
        edits=[(_SURROGATE, _SURROGATE.replace("minimum", "maximum"))],
        hint="The larger of the two objectives is taken. The bound is pessimistic.",
    ),
    Misconception(
        "difference_for_ratio",
        "grpo.loss",
        edits=[
            (
                "tf.exp(log_probs - tf.stop_gradient(old_log_probs))",
                "log_probs - tf.stop_gradient(old_log_probs)",
            )
        ],
        hint="The ratio is of probabilities. This is its logarithm, the difference of two logs.",
    ),
    Misconception(
        "not_clipped",
        "grpo.loss",
        edits=[(_SURROGATE, "(ratio * advantages)")],
        hint="The ratio is not clipped.",
    ),
    Misconception(
        "clipped_only",
        "grpo.loss",
        edits=[(_SURROGATE, "(clipped_ratio * advantages)")],
        hint=(
            "Only the clipped objective is left, so a policy that went the wrong way gets no "
            "gradient to come back. What is the minimum for?"
        ),
    ),
    Misconception(
        "surrogate_sign",
        "grpo.loss",
        edits=[(f"losses = -{_SURROGATE}", f"losses = {_SURROGATE}")],
        hint="The objective is to be *raised*, and a loss is lowered: a minus is missing.",
    ),
    Misconception(
        "ratio_of_sequences",
        "grpo.loss",
        edits=[
            (
                _RATIO,
                "log_ratio = tf.where(mask, log_probs - tf.stop_gradient(old_log_probs), 0.0)\n"
                "    ratio = tf.exp(tf.reduce_sum(log_ratio, axis=-1, keepdims=True))"
                " * tf.ones_like(log_ratio)",
            )
        ],
        hint=(
            "There is one ratio for the whole response. Each token has its own: change one token's "
            "log-probability, and one ratio should change."
        ),
    ),
    Misconception(
        "advantage_not_broadcast",
        "grpo.loss",
        edits=[(_BY_ROW, "tf.stop_gradient(advantages)")],
        hint=(
            "The advantages (B,) meet ratios (B, T) without an axis for time: they are laid along "
            "time, or do not fit. There is one for each response."
        ),
    ),
    Misconception(
        "token_mean_for_sequence",
        "grpo.loss",
        edits=[
            ("tf.reduce_mean(masked_mean(losses, mask, axis=-1))", "masked_mean(losses, mask)"),
        ],
        hint='"sequence": every token weighs the same. Each response is averaged by itself first.',
    ),
    Misconception(
        "padding_averaged",
        "grpo.loss",
        edits=[
            (
                "tf.reduce_mean(masked_mean(losses, mask, axis=-1))",
                "tf.reduce_mean(tf.where(mask, losses, 0.0))",
            )
        ],
        hint='"sequence": the mean runs over padding as well. Divide by each response\'s length.',
    ),
    Misconception(
        "sequence_mean_for_token",
        "grpo.loss",
        edits=[
            (
                "return masked_mean(losses, mask)\n",
                "return tf.reduce_mean(masked_mean(losses, mask, axis=-1))\n",
            )
        ],
        hint='"token": tokens of short responses weigh more. Here all tokens weigh the same.',
    ),
    Misconception(
        "constant_by_tokens",
        "grpo.loss",
        edits=[
            (
                "tf.cast(tf.size(losses), losses.dtype)",
                "tf.reduce_sum(tf.cast(mask, losses.dtype))",
            )
        ],
        hint='"constant": the divisor depends on the responses. It is B times T, padding included.',
    ),
    Misconception(
        "constant_by_batch",
        "grpo.loss",
        edits=[
            (
                "tf.cast(tf.size(losses), losses.dtype)",
                "tf.cast(tf.shape(losses)[0], losses.dtype)",
            )
        ],
        hint='"constant": the sum is divided by B alone. The divisor is B times T.',
    ),
    Misconception(
        "constant_with_padding",
        "grpo.loss",
        edits=[("tf.reduce_sum(tf.where(mask, losses, 0.0)) /", "tf.reduce_sum(losses) /")],
        hint='"constant": padding adds to the sum. It only counts in the divisor.',
    ),
    Misconception(
        "gradient_into_old",
        "grpo.loss",
        edits=[("log_probs - tf.stop_gradient(old_log_probs)", "log_probs - old_log_probs")],
        hint="A gradient flows into the old log-probabilities, which are constants of the rollout.",
    ),
    Misconception(
        "gradient_into_advantages",
        "grpo.loss",
        edits=[(_BY_ROW, "advantages[:, tf.newaxis]")],
        hint="A gradient flows into the advantages, which are constants here.",
    ),
    Misconception(
        "kl_over_beta",
        "grpo.loss",
        edits=[("losses += beta * kl_estimate", "losses += kl_estimate")],
        hint="The KL term does not depend on beta.",
    ),
    Misconception(
        "one_bound_for_both",
        "grpo.loss",
        edits=[("1 + epsilon_high", "1 + epsilon")],
        hint="epsilon_high has no effect: it bounds the ratio from above, epsilon from below.",
    ),
]
