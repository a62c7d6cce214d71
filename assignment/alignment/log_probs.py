"""How probable a model finds the tokens of a text, and how uncertain it is at each of them.

Shapes: B batch, T time, V vocabulary. `logits[:, t]` predicts `targets[:, t]`: the targets are
shifted already.
"""

import tensorflow as tf

from assignment.alignment.arrays import as_floats


def token_log_probs(logits, targets) -> tf.Tensor:
    """log π(y_t | x, y_<t) = logits_t[y_t] − log Σ_v exp(logits_t[v]), for each target.

    Args:
        logits: `(B, T, V)`, unnormalised.
        targets: `(B, T)` integers in [0, V).

    Returns:
        `(B, T)`, in nats.
    """
    (logits,) = as_floats(logits)
    targets = tf.cast(targets, tf.int32)
    # BEGIN SOLUTION rlhf.log_probs
    return -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)
    # END SOLUTION


def entropy(logits) -> tf.Tensor:
    """H_t = −Σ_v π_t(v) log π_t(v), over the whole vocabulary: ln V if all is equally likely.

    Args:
        logits: `(B, T, V)`, unnormalised.

    Returns:
        `(B, T)`, in nats.
    """
    (logits,) = as_floats(logits)
    # BEGIN SOLUTION rlhf.log_probs
    log_probs = tf.nn.log_softmax(logits)
    return -tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=-1)
    # END SOLUTION


def sequence_log_probs(logits, targets, mask, average: bool = False) -> tf.Tensor:
    """log π(y | x) = Σ_{t ∈ y} log π(y_t | x, y_<t), over the tokens y of each response.

    Args:
        logits: `(B, T, V)`, unnormalised.
        targets: `(B, T)` integers in [0, V).
        mask: `(B, T)`, True where the target belongs to the response.
        average: Divide by the number of response tokens |y|. The sum is the probability of the
            response; the average does not depend on its length.

    Returns:
        `(B,)`, in nats; 0 for a row without response tokens.
    """
    mask = tf.cast(mask, tf.bool)
    # BEGIN SOLUTION preference.sequence_log_prob
    log_probs = token_log_probs(logits, targets)
    totals = tf.reduce_sum(tf.where(mask, log_probs, 0.0), axis=-1)
    if not average:
        return totals
    lengths = tf.reduce_sum(tf.cast(mask, totals.dtype), axis=-1)
    return totals / tf.maximum(lengths, 1.0)
    # END SOLUTION
