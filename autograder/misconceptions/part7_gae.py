"""Misconceptions of Part 7: advantages."""

from autograder.misconceptions import Misconception

_RETURNS = "return advantages, advantages + values"
_TURNED = "advantages = tf.transpose(advantages)"

MISCONCEPTIONS = [
    Misconception(
        "gamma_for_gamma_lambda",
        "rlhf.gae",
        edits=[("gamma * lam * next_advantage", "gamma * next_advantage")],
        hint="Lambda has no effect: with lambda 0 an advantage should be the error of one step.",
    ),
    Misconception(
        "lambda_alone",
        "rlhf.gae",
        edits=[("gamma * lam * next_advantage", "lam * next_advantage")],
        hint="Later errors are discounted by lambda only. Each step back costs gamma as well.",
    ),
    Misconception(
        "gamma_missing_in_delta",
        "rlhf.gae",
        edits=[("rewards + gamma * next_values", "rewards + next_values")],
        hint="The value of the next token is not discounted in the error of one step.",
    ),
    Misconception(
        "lambda_in_delta",
        "rlhf.gae",
        edits=[("rewards + gamma * next_values", "rewards + gamma * lam * next_values")],
        hint="Lambda stands in the error of one step. It only weighs the *later* errors.",
    ),
    Misconception(
        "values_not_masked",
        "rlhf.gae",
        edits=[("values = values * valid\n    next_values", "next_values")],
        hint=(
            "The last valid token expects the value of the padding behind it, and padding has "
            "returns. The episode is over there: the next value is 0."
        ),
    ),
    Misconception(
        "deltas_alone",
        "rlhf.gae",
        edits=[("(delta + gamma * lam * next_advantage) * is_valid", "delta * is_valid")],
        hint="These are the deltas. An advantage also takes its share of the next token's.",
    ),
    Misconception(
        "value_after_the_end",
        "rlhf.gae",
        edits=[
            (
                "values = values * valid\n    next_values = tf.concat",
                "next_values = tf.concat",
            ),
            (_RETURNS, "return advantages, (advantages + values) * valid"),
        ],
        hint=(
            "The last valid token still expects the value of the padding behind it. The episode is "
            "over there: the next value is 0."
        ),
    ),
    Misconception(
        "prompt_included",
        "rlhf.gae",
        edits=[
            (
                "valid = tf.cast(mask, values.dtype)",
                "valid = tf.cast(tf.cumsum(tf.cast(mask, tf.int32), 1, reverse=True) > 0, "
                "values.dtype)",
            )
        ],
        hint=(
            "The mask is used behind the response only. What stands before it, the prompt, is no "
            "part of it either: advantages and returns are 0 there."
        ),
    ),
    Misconception(
        "runs_forward",
        "rlhf.gae",
        edits=[("reverse=True", "reverse=False")],
        hint=(
            "The sum runs from the first token to the last, over errors of the past. An advantage "
            "adds up what comes *later*."
        ),
    ),
    Misconception(
        "previous_value",
        "rlhf.gae",
        edits=[
            (
                "tf.concat([values[:, 1:], tf.zeros_like(values[:, :1])], axis=1)",
                "tf.concat([tf.zeros_like(values[:, :1]), values[:, :-1]], axis=1)",
            )
        ],
        hint="The error uses the value of the token before. V(t+1) is that of the next one.",
    ),
    Misconception(
        "value_not_subtracted",
        "rlhf.gae",
        edits=[("gamma * next_values - values) * valid", "gamma * next_values) * valid")],
        hint="The error is not compared with V(t): without it there is no baseline.",
    ),
    Misconception(
        "monte_carlo",
        "rlhf.gae",
        edits=[("rewards + gamma * next_values - values", "rewards - values")],
        hint="The value of the next token is missing from the error of one step.",
    ),
    Misconception(
        "whitened",
        "rlhf.gae",
        edits=[
            (
                _TURNED,
                f"{_TURNED}\n    count = tf.reduce_sum(valid)\n"
                "    mean = tf.reduce_sum(advantages) / count\n"
                "    spread = tf.reduce_sum(tf.square(advantages - mean) * valid) / count\n"
                "    returns = advantages + values\n"
                "    advantages = (advantages - mean) / (tf.sqrt(spread) + 1e-8) * valid",
            ),
            (_RETURNS, "return advantages, returns"),
        ],
        hint="The advantages are whitened. That is done later, outside this function.",
    ),
    Misconception(
        "returns_of_rewards",
        "rlhf.gae",
        edits=[(_RETURNS, "return advantages, advantages + rewards * valid")],
        hint="The returns are advantages plus rewards. The advantage was taken against the value.",
    ),
    Misconception(
        "returns_are_advantages",
        "rlhf.gae",
        edits=[(_RETURNS, "return advantages, advantages")],
        hint="The returns lack the values, which the advantages were measured against.",
    ),
    Misconception(
        "returns_off_the_mask",
        "rlhf.gae",
        edits=[
            ("values = values * valid", "every_value, values = values, values * valid"),
            (_RETURNS, "return advantages, advantages + every_value"),
        ],
        hint="The returns hold the critic's values on padding. Off the mask they are 0.",
    ),
    Misconception(
        "rewards_on_padding",
        "rlhf.gae",
        edits=[
            ("gamma * next_values - values) * valid", "gamma * next_values - values)"),
            ("gamma * lam * next_advantage) * is_valid", "gamma * lam * next_advantage)"),
            (_TURNED, f"{_TURNED} * valid"),
        ],
        hint=(
            "What stands on padding reaches back to the valid tokens: the errors there have to be "
            "0 before the sum, not after it."
        ),
    ),
]
