"""Learning from preferences without a reward model: DPO and its family.

Every argument is `(B,)`: log-probabilities of whole responses, chosen (w) and rejected (l), under
the policy and under the frozen reference. They are sums over tokens, `sequence_log_probs(…)`; ORPO
and SimPO take averages, `sequence_log_probs(…, average=True)`. Below

    h = log π(y|x) − log π_ref(y|x)

is the log-ratio of a response. No gradient flows into the reference.
"""

import tensorflow as tf

from assignment.alignment.arrays import as_floats


def dpo_loss(policy_chosen, policy_rejected, ref_chosen, ref_rejected, beta) -> tf.Tensor:
    """Direct preference optimisation (Rafailov et al. 2023): −mean log σ(β (h_w − h_l)).

    Returns:
        A scalar; ln 2 while policy and reference are equal.
    """
    policy_chosen, policy_rejected, ref_chosen, ref_rejected = as_floats(
        policy_chosen, policy_rejected, ref_chosen, ref_rejected
    )
    raise NotImplementedError("preference.dpo: compare the log-ratios of the two responses")


def ipo_loss(policy_chosen, policy_rejected, ref_chosen, ref_rejected, tau) -> tf.Tensor:
    """Identity preference optimisation (Azar et al. 2023): mean (h_w − h_l − 1/(2τ))².

    The margin has a target instead of growing for ever, as it may under DPO.
    """
    policy_chosen, policy_rejected, ref_chosen, ref_rejected = as_floats(
        policy_chosen, policy_rejected, ref_chosen, ref_rejected
    )
    raise NotImplementedError("preference.family: write the loss of the handout's table")


def kto_loss(
    policy_chosen,
    policy_rejected,
    ref_chosen,
    ref_rejected,
    beta,
    desirable_weight,
    undesirable_weight,
    kl=0.0,
) -> tf.Tensor:
    """Kahneman-Tversky optimisation (Ethayarajh et al. 2024): each response is judged by itself.

        chosen:    λ_D (1 − σ(β (h_w − z)))
        rejected:  λ_U (1 − σ(β (z − h_l))),        z = max(0, kl), without gradient

    and the mean of these 2B numbers.

    Args:
        policy_chosen: `(B,)`.
        policy_rejected: `(B,)`.
        ref_chosen: `(B,)`.
        ref_rejected: `(B,)`.
        beta: β.
        desirable_weight: λ_D.
        undesirable_weight: λ_U.
        kl: A scalar, an estimate of KL(π ‖ π_ref) in nats: the point that gains and losses are
            measured from.
    """
    policy_chosen, policy_rejected, ref_chosen, ref_rejected, kl = as_floats(
        policy_chosen, policy_rejected, ref_chosen, ref_rejected, kl
    )
    raise NotImplementedError("preference.family: write the loss of the handout's table")


def orpo_loss(chosen, rejected, beta) -> tf.Tensor:
    """Odds ratio preference optimisation (Hong et al. 2024), fine-tuning and preference in one.

        mean(−log p_w − β log σ(logodds_w − logodds_l)),   logodds = log p − log(1 − p)

    p is the geometric mean of the token probabilities: log p is the *average* log-probability. For
    p near 1 use log(1 − p) = log(−expm1(log p)), which does not cancel.

    Args:
        chosen: `(B,)`, average log-probabilities under the policy.
        rejected: `(B,)`, the same.
        beta: β, the weight of the preference (λ in the paper).
    """
    chosen, rejected = as_floats(chosen, rejected)
    raise NotImplementedError("preference.family: write the loss of the handout's table")


def r_dpo_loss(
    policy_chosen,
    policy_rejected,
    ref_chosen,
    ref_rejected,
    chosen_lengths,
    rejected_lengths,
    beta,
    alpha,
) -> tf.Tensor:
    """Length-regularised DPO (Park et al. 2024).

        −mean log σ(β (h_w − h_l) + α (|y_w| − |y_l|))

    A longer chosen response has that part of the margin for free, so less is learned from it: the
    regularised reward is r − α|y|.

    Args:
        policy_chosen: `(B,)`.
        policy_rejected: `(B,)`.
        ref_chosen: `(B,)`.
        ref_rejected: `(B,)`.
        chosen_lengths: `(B,)`, |y_w|, in tokens.
        rejected_lengths: `(B,)`, |y_l|.
        beta: β.
        alpha: α.
    """
    policy_chosen, policy_rejected, ref_chosen, ref_rejected = as_floats(
        policy_chosen, policy_rejected, ref_chosen, ref_rejected
    )
    chosen_lengths = tf.cast(chosen_lengths, policy_chosen.dtype)
    rejected_lengths = tf.cast(rejected_lengths, policy_chosen.dtype)
    raise NotImplementedError("preference.family: write the loss of the handout's table")


def simpo_loss(chosen, rejected, beta, gamma) -> tf.Tensor:
    """Simple preference optimisation (Meng et al. 2024): −mean log σ(β (c − r) − γ).

    c and r are average log-probabilities under the policy; there is no reference.

    Args:
        chosen: `(B,)`, c.
        rejected: `(B,)`, r.
        beta: β.
        gamma: γ, the margin that the chosen response should win by.
    """
    chosen, rejected = as_floats(chosen, rejected)
    raise NotImplementedError("preference.family: write the loss of the handout's table")
