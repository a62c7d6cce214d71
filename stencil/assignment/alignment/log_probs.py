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
    raise NotImplementedError("rlhf.log_probs: compute log-probabilities and entropies from logits")


def entropy(logits) -> tf.Tensor:
    """H_t = −Σ_v π_t(v) log π_t(v), over the whole vocabulary: ln V if all is equally likely.

    Args:
        logits: `(B, T, V)`, unnormalised.

    Returns:
        `(B, T)`, in nats.
    """
    (logits,) = as_floats(logits)
    raise NotImplementedError("rlhf.log_probs: compute log-probabilities and entropies from logits")


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
    raise NotImplementedError("preference.sequence_log_prob: sum the response's log-probabilities")
