"""Proximal policy optimisation: advantages, the clipped policy loss, the clipped value loss.

Shapes: B batch, T time of the response. Masks are True on the tokens of the response, which stand
together in each row.
"""

import tensorflow as tf

from assignment.alignment.arrays import as_floats, masked_mean, on_mask


def generalized_advantage_estimation(
    rewards, values, mask, gamma, lam
) -> tuple[tf.Tensor, tf.Tensor]:
    """How much better than expected each token was (Schulman et al. 2016).

        δ_t = r_t + γ V_{t+1} − V_t,   A_t = δ_t + γλ A_{t+1},   R_t = A_t + V_t

    After the last valid token V and A are 0: the episode is over. λ = 0 trusts the values (low
    variance, biased), λ = 1 the rewards (unbiased, high variance). Nothing is whitened here.

    Args:
        rewards: `(B, T)`.
        values: `(B, T)`, V_t, the critic's estimate before token t is written.
        mask: `(B, T)`.
        gamma: γ.
        lam: λ.

    Returns:
        The advantages A and the returns R, `(B, T)`, 0 off the mask.
    """
    rewards, values = as_floats(rewards, values)
    mask = tf.cast(mask, tf.bool)
    # TODO the δ of all tokens at once; then A from the last token to the first (tf.scan).
    raise NotImplementedError("rlhf.gae: sum the discounted errors from the last token back")


def ppo_policy_loss(log_probs, old_log_probs, advantages, mask, epsilon) -> tf.Tensor:
    """The clipped surrogate objective (Schulman et al. 2017), as a loss to minimise.

        L = −mean min(ρ_t A_t, clip(ρ_t, 1 − ε, 1 + ε) A_t),   ρ_t = π(y_t) / π_old(y_t)

    over the valid tokens. Once the policy has gone further than ε in the direction that A_t asks
    for, the gradient is 0; going back is never blocked. No gradient flows into π_old and A.

    Args:
        log_probs: `(B, T)`, of the policy in training.
        old_log_probs: `(B, T)`, of the policy that wrote the responses.
        advantages: `(B, T)`.
        mask: `(B, T)`.
        epsilon: ε.

    Returns:
        A scalar.
    """
    mask, log_probs, old_log_probs, advantages = on_mask(mask, log_probs, old_log_probs, advantages)
    raise NotImplementedError("rlhf.ppo: clip the ratio and the value, and average over tokens")


def ppo_value_loss(values, old_values, returns, mask, epsilon) -> tf.Tensor:
    """The squared error of the critic, clipped like the policy.

        L = ½ mean max((V_t − R_t)², (V_clip_t − R_t)²),   V_clip = V_old + clip(V − V_old, −ε, ε)

    over the valid tokens. No gradient flows into V_old and R.

    Args:
        values: `(B, T)`, of the critic in training.
        old_values: `(B, T)`, of the critic when the responses were written.
        returns: `(B, T)`, see `generalized_advantage_estimation`.
        mask: `(B, T)`.
        epsilon: ε.

    Returns:
        A scalar.
    """
    mask, values, old_values, returns = on_mask(mask, values, old_values, returns)
    raise NotImplementedError("rlhf.ppo: clip the ratio and the value, and average over tokens")
