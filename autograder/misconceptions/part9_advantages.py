"""Misconceptions of Part 9: advantages within a group, and estimators of the divergence."""

from autograder.misconceptions import Misconception

_MEAN = "tf.reduce_mean(groups, axis=1, keepdims=True)"
_STD = "tf.math.reduce_std(groups, axis=1, keepdims=True)"
_K3 = "tf.math.expm1(-log_ratio) + log_ratio"

MISCONCEPTIONS = [
    Misconception(
        "whole_batch",
        "grpo.advantages",
        edits=[
            (_MEAN, "tf.reduce_mean(groups)"),
            (_STD, "tf.math.reduce_std(groups)"),
        ],
        hint=(
            "Mean and deviation are those of the whole batch. A response competes with the others "
            "to the *same* prompt: raise one group's rewards, and nothing should change."
        ),
    ),
    Misconception(
        "deviation_of_the_batch",
        "grpo.advantages",
        edits=[(_STD, "tf.math.reduce_std(groups)")],
        hint="The deviation is that of the whole batch. Each group is divided by its own.",
    ),
    Misconception(
        "mean_of_the_batch",
        "grpo.advantages",
        edits=[(_MEAN, "tf.reduce_mean(groups)")],
        hint="The mean is that of the whole batch. Each response is compared with its own group.",
    ),
    Misconception(
        "groups_as_columns",
        "grpo.advantages",
        edits=[("[-1, group_size]", "[group_size, -1]")],
        hint=(
            "The responses to one prompt stand next to each other, so that `[-1, group_size]` "
            "makes a row of each group; `[group_size, -1]` mixes them."
        ),
    ),
    Misconception(
        "strided_groups",
        "grpo.advantages",
        edits=[
            (
                "tf.reshape(rewards, [-1, group_size])",
                "tf.transpose(tf.reshape(rewards, [group_size, -1]))",
            ),
            (
                "return tf.reshape(advantages, [-1])",
                "return tf.reshape(tf.transpose(advantages), [-1])",
            ),
        ],
        hint=(
            "Every P-th response is taken for a group. The responses to one prompt stand next to "
            "each other."
        ),
    ),
    Misconception(
        "over_the_groups",
        "grpo.advantages",
        edits=[
            (_MEAN, _MEAN.replace("axis=1", "axis=0")),
            (_STD, _STD.replace("axis=1", "axis=0")),
        ],
        hint="Responses to different prompts are compared: the mean runs over the wrong axis.",
    ),
    Misconception(
        "sample_deviation",
        "grpo.advantages",
        edits=[
            (
                f"advantages /= {_STD} + epsilon",
                "std = tf.sqrt(tf.reduce_sum(tf.square(advantages), 1, keepdims=True) "
                "/ (group_size - 1))\n        advantages /= std + epsilon",
            )
        ],
        hint=(
            "The deviation divides by G - 1, as TRL's does. This course takes the population's, "
            "which divides by G: try a group of two."
        ),
    ),
    Misconception(
        "no_epsilon",
        "grpo.advantages",
        edits=[(f"{_STD} + epsilon", _STD)],
        hint="Epsilon is not added to the deviation, so that equal rewards give 0/0.",
    ),
    Misconception(
        "epsilon_in_the_root",
        "grpo.advantages",
        edits=[
            (
                f"{_STD} + epsilon",
                "tf.sqrt(tf.math.reduce_variance(groups, axis=1, keepdims=True) + epsilon)",
            )
        ],
        hint="Epsilon stands inside the root. It is added to the deviation.",
    ),
    Misconception(
        "variance",
        "grpo.advantages",
        edits=[(_STD, _STD.replace("reduce_std", "reduce_variance"))],
        hint="The rewards are divided by their variance: they keep a unit. Divide by its root.",
    ),
    Misconception(
        "no_baseline",
        "grpo.advantages",
        edits=[(f"groups - {_MEAN}", "groups")],
        hint="The group's mean is not subtracted: the advantages of a group add up to 0.",
    ),
    Misconception(
        "always_divided",
        "grpo.advantages",
        edits=[("if normalize_by_std:", "if True:")],
        hint="`normalize_by_std=False` changes nothing: then the deviation is left out.",
    ),
    Misconception(
        "never_divided",
        "grpo.advantages",
        edits=[("if normalize_by_std:", "if False:")],
        hint="The advantages are not divided by the deviation (Dr. GRPO). By default they are.",
    ),
    Misconception(
        "leave_one_out",
        "grpo.advantages",
        edits=[
            (
                f"groups - {_MEAN}",
                "groups - (tf.reduce_sum(groups, 1, keepdims=True) - groups) / (group_size - 1)",
            )
        ],
        hint="The mean leaves out the response itself (RLOO). GRPO's includes it.",
    ),
    Misconception(
        "k3_as_printed",
        "grpo.kl",
        edits=[(_K3, "tf.math.expm1(log_ratio) - log_ratio")],
        hint=(
            "k3: the *slide* is wrong here, and you followed it: its ratio π/π_ref is upside down. "
            "Under samples of π, only π_ref/π has the divergence as its expectation."
        ),
    ),
    Misconception(
        "k3_sign_of_the_log",
        "grpo.kl",
        edits=[(_K3, "tf.math.expm1(-log_ratio) - log_ratio")],
        hint="k3: the logarithm has the wrong sign, so the estimate may be negative.",
    ),
    Misconception(
        "k3_without_one",
        "grpo.kl",
        edits=[(_K3, "tf.exp(-log_ratio) + log_ratio")],
        hint="k3: at equal policies it should be 0. What is missing?",
    ),
    Misconception(
        "k3_without_log",
        "grpo.kl",
        edits=[(_K3, "tf.math.expm1(-log_ratio)")],
        hint="k3: the logarithm of the ratio is missing: this has expectation 0, and either sign.",
    ),
    Misconception(
        "k1_reversed",
        "grpo.kl",
        edits=[
            (
                'if kind == "k1":\n        return log_ratio',
                'if kind == "k1":\n        return -log_ratio',
            )
        ],
        hint="k1: the sign is inverted. Its expectation under π should be the divergence.",
    ),
    Misconception(
        "all_reversed",
        "grpo.kl",
        edits=[
            (
                "log_probs - tf.stop_gradient(ref_log_probs)",
                "tf.stop_gradient(ref_log_probs) - log_probs",
            )
        ],
        hint="Policy and reference are exchanged in the log-ratio of every kind.",
    ),
    Misconception(
        "k1_absolute",
        "grpo.kl",
        edits=[
            (
                'if kind == "k1":\n        return log_ratio',
                'if kind == "k1":\n        return tf.abs(log_ratio)',
            )
        ],
        hint="k1: one sample of the log-ratio may be negative; its absolute value is biased.",
    ),
    Misconception(
        "k2_without_half",
        "grpo.kl",
        edits=[("return 0.5 * tf.square(log_ratio)", "return tf.square(log_ratio)")],
        hint="k2: for small differences it should equal k3; it is twice as large.",
    ),
    Misconception(
        "k2_of_ratio",
        "grpo.kl",
        edits=[("0.5 * tf.square(log_ratio)", "0.5 * tf.square(tf.math.expm1(log_ratio))")],
        hint="k2: the *logarithm* of the ratio is squared, not the ratio's distance to 1.",
    ),
    Misconception(
        "weighted_by_probability",
        "grpo.kl",
        edits=[
            (
                'if kind == "k1":\n        return log_ratio',
                'if kind == "k1":\n        return tf.exp(log_probs) * log_ratio',
            )
        ],
        hint=(
            "k1: the log-ratio is weighed by its probability. The tokens are *samples* of π, so "
            "their frequency does that already."
        ),
    ),
    Misconception(
        "gradient_into_reference",
        "grpo.kl",
        edits=[("tf.stop_gradient(ref_log_probs)", "ref_log_probs")],
        hint="A gradient flows into the reference, which is frozen.",
    ),
    Misconception(
        "gradient_stopped",
        "grpo.kl",
        edits=[
            (
                "log_ratio = log_probs - tf.stop_gradient(ref_log_probs)",
                "log_ratio = tf.stop_gradient(log_probs - ref_log_probs)",
            )
        ],
        hint="No gradient reaches the policy: too much is stopped.",
    ),
]
