"""The losses of the DPO family as one objective: from log-probabilities to a loss and metrics.

Shapes: B pairs. What belongs to a pair is a row of two, the chosen response and the rejected one,
or for KTO of three with a mismatched one (see `preference_pairs`).
"""

import tensorflow as tf

from assignment.alignment.preference_losses import (
    dpo_loss,
    ipo_loss,
    kto_loss,
    orpo_loss,
    r_dpo_loss,
    simpo_loss,
)
from assignment.config import DPOConfig
from assignment.config.dpo import WITHOUT_REFERENCE


def preference_objective(
    config: DPOConfig, log_probs, ref_log_probs, lengths
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
    """The loss that the configuration names, and what the papers plot of it.

    Args:
        config: The loss and its coefficients.
        log_probs: `(B, 2)` or `(B, 3)`, log π(y | x), sums over tokens.
        ref_log_probs: log π_ref(y | x), likewise.
        lengths: |y|, likewise.

    Returns:
        The loss, and the metrics: the log-ratios h_w and h_l; the margin that the loss compares (of
        log-ratios, per token where `config.average`, or of average log-probabilities where there is
        no reference) and how often it is positive; the log-probabilities, which may both fall while
        the margin grows.
    """
    lengths = tf.cast(lengths, log_probs.dtype)
    averages = tf.unstack(log_probs / lengths, axis=1)
    sums, reference = tf.unstack(log_probs, axis=1), tf.unstack(ref_log_probs, axis=1)
    lengths = tf.unstack(lengths, axis=1)
    log_ratios = [p - r for p, r in zip(sums, reference, strict=True)]

    policy = sums
    if config.average:
        policy = averages
        reference = [r / n for r, n in zip(reference, lengths, strict=True)]
    pairs = (*policy[:2], *reference[:2])
    compared = averages
    if config.loss not in WITHOUT_REFERENCE:
        compared = [p - r for p, r in zip(policy, reference, strict=True)]
    margins = compared[0] - compared[1]

    if config.loss == "dpo":
        loss = dpo_loss(*pairs, config.beta)
    elif config.loss == "ipo":
        loss = ipo_loss(*pairs, config.tau)
    elif config.loss == "kto":
        weights = config.desirable_weight, config.undesirable_weight
        kl = tf.reduce_mean(policy[2] - reference[2])
        loss = kto_loss(*pairs, config.beta, *weights, kl)
    elif config.loss == "orpo":
        loss = orpo_loss(*averages, config.beta)
    elif config.loss == "r-dpo":
        loss = r_dpo_loss(*pairs, *lengths, config.beta, config.alpha)
    else:
        loss = simpo_loss(*averages, config.beta, config.gamma)
    loss -= config.sft_weight * tf.reduce_mean(averages[0])

    measured = {
        "accuracy": tf.cast(margins > 0, tf.float32),
        "margin": margins,
        "chosen_log_ratio": log_ratios[0],
        "rejected_log_ratio": log_ratios[1],
        "chosen_log_prob": sums[0],
        "rejected_log_prob": sums[1],
    }
    return loss, {name: tf.reduce_mean(values) for name, values in measured.items()}
