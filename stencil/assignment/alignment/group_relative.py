"""Group relative policy optimisation (Shao et al. 2024): PPO whose baseline is the group's mean.

Shapes: B batch of responses, T time of the response, G responses per prompt.
"""

import tensorflow as tf

from assignment.alignment.arrays import as_floats, masked_mean, on_mask


def group_advantages(
    rewards, group_size: int, epsilon: float = 1e-4, normalize_by_std: bool = True
) -> tf.Tensor:
    """Compare each response with the others to the same prompt: A = (r − mean) / (std + ε).

    Mean and standard deviation are those of its own group. The deviation is the population's (it
    divides by G); some libraries divide by G − 1.

    Args:
        rewards: `(P·G,)`, the G responses to one prompt next to each other.
        group_size: G.
        epsilon: ε; a group of equal rewards has advantages 0.
        normalize_by_std: False leaves out the division (Dr. GRPO, Liu et al. 2025).

    Returns:
        `(P·G,)`, in the order of the rewards.
    """
    (rewards,) = as_floats(rewards)
    raise NotImplementedError("grpo.advantages: compare each reward with its group")


def kl_estimate(log_probs, ref_log_probs, kind: str = "k3") -> tf.Tensor:
    """Estimate KL(π ‖ π_ref) at each token that π has written (Schulman 2020).

        k1 = log π − log π_ref                      unbiased, of either sign
        k2 = ½ (log π − log π_ref)²                 biased, never negative
        k3 = π_ref/π − log(π_ref/π) − 1             unbiased, never negative

    No gradient flows into the reference.

    Args:
        log_probs: `(B, T)`, of the policy.
        ref_log_probs: `(B, T)`, of the reference model.
        kind: "k1", "k2" or "k3".

    Returns:
        `(B, T)`.

    Raises:
        ValueError: The kind is another one.
    """
    if kind not in ("k1", "k2", "k3"):
        raise ValueError(f"kind must be 'k1', 'k2' or 'k3'. Received: kind={kind!r}")
    log_probs, ref_log_probs = as_floats(log_probs, ref_log_probs)
    raise NotImplementedError("grpo.kl: estimate the divergence of each token")


def grpo_loss(
    log_probs,
    old_log_probs,
    ref_log_probs,
    advantages,
    mask,
    epsilon,
    beta,
    aggregation: str = "sequence",
    epsilon_high=None,
) -> tf.Tensor:
    """PPO's clipped surrogate with one advantage per response, and the KL penalty in the loss.

        ℓ_t = −min(ρ_t A, clip(ρ_t, 1 − ε, 1 + ε) A) + β k3_t,   ρ_t = π(y_t) / π_old(y_t)

    The tokens' ℓ_t become one number by the aggregation:

        "sequence":  the mean over responses of each response's mean (GRPO)
        "token":     the mean over all tokens (DAPO, Yu et al. 2025)
        "constant":  the sum over all tokens, divided by B · T (Dr. GRPO, Liu et al. 2025)

    No gradient flows into π_old, π_ref and A.

    Args:
        log_probs: `(B, T)`, of the policy in training.
        old_log_probs: `(B, T)`, of the policy that wrote the responses.
        ref_log_probs: `(B, T)`, of the frozen reference model.
        advantages: `(B,)`, see `group_advantages`.
        mask: `(B, T)`, True on the tokens of the response.
        epsilon: ε.
        beta: β.
        aggregation: "sequence", "token" or "constant".
        epsilon_high: ε of the upper bound, if it is another one (DAPO's clip-higher).

    Returns:
        A scalar.

    Raises:
        ValueError: The aggregation is another one.
    """
    if aggregation not in ("sequence", "token", "constant"):
        raise ValueError(
            "aggregation must be 'sequence', 'token' or 'constant'. "
            f"Received: aggregation={aggregation!r}"
        )
    mask, log_probs, old_log_probs, ref_log_probs = on_mask(
        mask, log_probs, old_log_probs, ref_log_probs
    )
    advantages = tf.cast(advantages, log_probs.dtype)
    epsilon_high = epsilon if epsilon_high is None else epsilon_high
    raise NotImplementedError("grpo.loss: clip the ratio, add the KL term, and aggregate")
