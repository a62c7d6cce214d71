"""From one rollout to several updates: minibatches, and what is logged of the ratio π/π_old.

Shapes: B responses, T time.
"""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from assignment.alignment.arrays import masked_mean, on_mask


def minibatches(
    seed: int, step: int, num_rows: int, epochs: int, per_epoch: int
) -> Iterator[np.ndarray]:
    """The rows of each update of a step: every epoch goes through all of them, shuffled anew.

    Args:
        seed: Of the run.
        step: Of the run; the rows are a pure function of the arguments.
        num_rows: B.
        epochs: How often the rollout is gone through.
        per_epoch: How many updates an epoch has; divides B.
    """
    for epoch in range(epochs):
        order = np.random.default_rng([seed, step, epoch]).permutation(num_rows)
        yield from np.split(order, per_epoch)


def take_rows(arrays, rows):
    """These rows of every array, `(B, …)`, of a rollout or of any nest of tuples and dicts."""
    return tf.nest.map_structure(lambda array: tf.gather(array, rows), arrays)


def describe_ratio(
    log_probs, old_log_probs, mask, epsilon, epsilon_high=None
) -> dict[str, tf.Tensor]:
    """How far an update finds the policy from the one that wrote the responses.

    Returns:
        `clip_fraction`, the share of tokens whose ratio is outside the bounds (their gradient is
        gone where the advantage pushes outwards), and `policy_moved`, k3 of KL(π_old ‖ π).
    """
    mask, log_probs, old_log_probs = on_mask(mask, log_probs, old_log_probs)
    log_ratio = log_probs - old_log_probs
    ratio = tf.exp(log_ratio)
    upper = 1 + (epsilon if epsilon_high is None else epsilon_high)
    outside = tf.cast((ratio < 1 - epsilon) | (ratio > upper), ratio.dtype)
    return {
        "clip_fraction": masked_mean(outside, mask),
        "policy_moved": masked_mean(ratio - 1 - log_ratio, mask),
    }


def token_weights(mask, aggregation: str) -> tf.Tensor:
    """How much each token's loss counts, `(B, T)`, under the aggregations of `grpo_loss`."""
    counts = tf.cast(mask, tf.float32)
    if aggregation == "sequence":
        lengths = tf.maximum(tf.reduce_sum(counts, axis=1, keepdims=True), 1.0)
        return counts / lengths / tf.cast(tf.shape(counts)[0], tf.float32)
    if aggregation == "token":
        return counts / tf.maximum(tf.reduce_sum(counts), 1.0)
    return counts / tf.cast(tf.size(counts), tf.float32)


def whiten(values, mask) -> tf.Tensor:
    """Mean 0 and variance 1 over the valid tokens of a whole rollout; 0 off the mask.

    The sign of an advantage then says whether a token was better than the average one, and its size
    no longer depends on the scale of the rewards.
    """
    mask, values = on_mask(mask, values)
    centred = values - masked_mean(values, mask)
    deviation = tf.sqrt(masked_mean(tf.square(centred), mask))
    return tf.where(mask, centred / (deviation + 1e-8), 0.0)


def explained_variance(values, returns, mask) -> tf.Tensor:
    """1 − Var(R − V) / Var(R) over the valid tokens: 1 for a perfect critic, 0 for a constant."""
    mask, values, returns = on_mask(mask, values, returns)

    def variance(x):
        return masked_mean(tf.square(x - masked_mean(x, mask)), mask)

    return 1.0 - variance(returns - values) / tf.maximum(variance(returns), 1e-8)
