"""Misconceptions of Part 8: relatives of DPO. The fences: IPO, KTO, ORPO, R-DPO, SimPO."""

from autograder.misconceptions import Misconception


def _family(id: str, hint: str, **bodies: str) -> Misconception:
    """One loss replaced: `ipo=`, `kto=`, `orpo=`, `r_dpo=` or `simpo=` is the end of its fence."""
    names = ("ipo", "kto", "orpo", "r_dpo", "simpo")
    with_reference = ("ipo", "kto", "r_dpo")
    whole = {n: (_RATIOS if n in with_reference else "") + b for n, b in bodies.items()}
    return Misconception(
        id, "preference.family", body=tuple(whole.get(n) for n in names), hint=hint
    )


_RATIOS = """\
chosen = policy_chosen - tf.stop_gradient(ref_chosen)
rejected = policy_rejected - tf.stop_gradient(ref_rejected)
"""
_KTO = """\
z = tf.stop_gradient(tf.maximum(kl, 0.0))
desirable = desirable_weight * tf.sigmoid(-beta * (chosen - z))
undesirable = undesirable_weight * tf.sigmoid(-beta * (z - rejected))
return tf.reduce_mean(tf.concat([desirable, undesirable], axis=0))
"""
_ORPO = """\
def log_odds(log_prob):
    return log_prob - tf.math.log(-tf.math.expm1(log_prob))

preference = tf.math.log_sigmoid(log_odds(chosen) - log_odds(rejected))
return tf.reduce_mean(-chosen - beta * preference)
"""
_R_DPO = """\
longer = chosen_lengths - rejected_lengths
return -tf.reduce_mean(tf.math.log_sigmoid(beta * (chosen - rejected) + alpha * longer))
"""

MISCONCEPTIONS = [
    _family(
        "ipo_half_tau",
        "IPO: the margin's target is tau/2. It is 1/(2 tau): a small tau asks for a large one.",
        ipo="return tf.reduce_mean(tf.square(chosen - rejected - tau / 2))",
    ),
    _family(
        "ipo_one_over_tau",
        "IPO: the target of the margin is 1/tau, twice the formula's.",
        ipo="return tf.reduce_mean(tf.square(chosen - rejected - 1 / tau))",
    ),
    _family(
        "ipo_tau_scales",
        "IPO: tau multiplies the margin, as beta does in DPO. It only sets the target.",
        ipo="return tf.reduce_mean(tf.square(tau * (chosen - rejected) - 0.5))",
    ),
    _family(
        "ipo_target_added",
        "IPO: the target is added to the margin. The margin should *reach* it.",
        ipo="return tf.reduce_mean(tf.square(chosen - rejected + 1 / (2 * tau)))",
    ),
    _family(
        "ipo_log_sigmoid",
        "IPO: this is DPO's sigmoid with IPO's target. IPO takes the square of the distance.",
        ipo="return -tf.reduce_mean(tf.math.log_sigmoid(chosen - rejected - 1 / (2 * tau)))",
    ),
    _family(
        "ipo_half",
        "IPO: there is no factor ½ in front of the square.",
        ipo="return 0.5 * tf.reduce_mean(tf.square(chosen - rejected - 1 / (2 * tau)))",
    ),
    _family(
        "kto_as_printed",
        "KTO: the *slide* is wrong here, and you followed it: its term of the rejected "
        "response falls as that response gains. It should be 1 minus the sigmoid.",
        kto=_KTO.replace(
            "tf.reduce_mean(tf.concat([desirable, undesirable], axis=0))",
            "tf.reduce_mean(tf.concat([desirable, undesirable_weight"
            " * tf.sigmoid(beta * (z - rejected))], axis=0))",
        ),
    ),
    _family(
        "kto_sum_of_means",
        "KTO: two means over B are added. It is one mean over all 2B examples.",
        kto=_KTO.replace(
            "tf.reduce_mean(tf.concat([desirable, undesirable], axis=0))",
            "tf.reduce_mean(desirable) + tf.reduce_mean(undesirable)",
        ),
    ),
    _family(
        "kto_weights_exchanged",
        "KTO: the weights of desirable and undesirable responses are exchanged.",
        kto=_KTO.replace("= desirable_weight", "= WEIGHT")
        .replace("= undesirable_weight", "= desirable_weight")
        .replace("WEIGHT", "undesirable_weight"),
    ),
    _family(
        "kto_kl_differentiable",
        "KTO: a gradient flows into the reference point z, which is a constant here.",
        kto=_KTO.replace("tf.stop_gradient(tf.maximum(kl, 0.0))", "tf.maximum(kl, 0.0)"),
    ),
    _family(
        "kto_negative_point",
        "KTO: a negative estimate of the divergence is used as it is. A divergence is never "
        "negative: z = max(0, kl).",
        kto=_KTO.replace("tf.maximum(kl, 0.0)", "kl"),
    ),
    _family(
        "kto_without_point",
        "KTO: the reference point z plays no part.",
        kto=_KTO.replace("tf.maximum(kl, 0.0)", "0.0 * kl"),
    ),
    _family(
        "kto_point_not_scaled",
        "KTO: z is subtracted from beta times h. It is in nats, so beta multiplies h - z.",
        kto=_KTO.replace("-beta * (chosen - z)", "z - beta * chosen").replace(
            "-beta * (z - rejected)", "beta * rejected - z"
        ),
    ),
    _family(
        "kto_log_sigmoid",
        "KTO: the sigmoids have logarithms. KTO's value levels off: it takes plain sigmoids.",
        kto=_KTO.replace("tf.sigmoid(-beta", "-tf.math.log_sigmoid(beta"),
    ),
    _family(
        "kto_not_subtracted",
        "KTO: both terms are sigmoids where the formula has 1 minus one: preferences are undone.",
        kto=_KTO.replace("tf.sigmoid(-beta", "tf.sigmoid(beta"),
    ),
    _family(
        "orpo_ratio_of_probabilities",
        "ORPO: this compares probabilities. It compares odds, p/(1 - p).",
        orpo=_ORPO.replace(
            "return log_prob - tf.math.log(-tf.math.expm1(log_prob))", "return log_prob"
        ),
    ),
    _family(
        "orpo_odds_not_logarithms",
        "ORPO: the sigmoid is taken of a difference of odds. It is one of *log*-odds.",
        orpo=_ORPO.replace(
            "return log_prob - tf.math.log(-tf.math.expm1(log_prob))",
            "return tf.exp(log_prob) / -tf.math.expm1(log_prob)",
        ),
    ),
    _family(
        "orpo_without_likelihood",
        "ORPO: the likelihood of the chosen response is missing; it has no other fine-tuning.",
        orpo=_ORPO.replace("-chosen - beta * preference", "-beta * preference"),
    ),
    _family(
        "orpo_sign",
        "ORPO: the preference is added with the wrong sign, so that the rejected response gains.",
        orpo=_ORPO.replace("-chosen - beta * preference", "-chosen + beta * preference"),
    ),
    _family(
        "orpo_beta_missing",
        "ORPO: beta has no effect. It weighs the preference against the likelihood.",
        orpo=_ORPO.replace("beta * preference", "preference"),
    ),
    _family(
        "orpo_without_sigmoid",
        "ORPO: the difference of log-odds enters the loss as it is, without log sigmoid.",
        orpo=_ORPO.replace(
            "tf.math.log_sigmoid(log_odds(chosen) - log_odds(rejected))",
            "log_odds(chosen) - log_odds(rejected)",
        ),
    ),
    _family(
        "orpo_beta_inside",
        "ORPO: beta stands inside the sigmoid. It weighs the preference against the likelihood.",
        orpo=_ORPO.replace("log_sigmoid(log_odds", "log_sigmoid(beta * (log_odds")
        .replace("log_odds(rejected))", "log_odds(rejected)))")
        .replace("beta * preference", "preference"),
    ),
    _family(
        "orpo_both_likelihoods",
        "ORPO: the rejected response's likelihood is raised too. Only the chosen one's is.",
        orpo=_ORPO.replace("-chosen - beta", "-chosen - rejected - beta"),
    ),
    _family(
        "orpo_floor",
        "ORPO: a floor under 1 - p changes the odds of every response with p near 1. If it is to "
        "guard a logarithm against 0, keep it far below what 1 - p can be.",
        orpo=_ORPO.replace("-tf.math.expm1(log_prob)", "tf.maximum(1.0 - tf.exp(log_prob), 0.01)"),
    ),
    _family(
        "r_dpo_as_printed",
        "R-DPO: the *slide* is wrong here, and you followed it: with a minus the loss rewards "
        "length. The longer chosen response has its part of the margin for free, so it is added.",
        r_dpo=_R_DPO.replace("+ alpha", "- alpha"),
    ),
    _family(
        "r_dpo_beta_times_alpha",
        "R-DPO: beta multiplies the lengths as well. Alpha alone weighs them.",
        r_dpo=_R_DPO.replace(
            "beta * (chosen - rejected) + alpha * longer",
            "beta * (chosen - rejected + alpha * longer)",
        ),
    ),
    _family(
        "r_dpo_without_lengths",
        "R-DPO: the lengths play no part: this is DPO.",
        r_dpo=_R_DPO.replace(" + alpha * longer", ""),
    ),
    _family(
        "r_dpo_absolute_lengths",
        "R-DPO: the difference of lengths has lost its sign.",
        r_dpo=_R_DPO.replace("alpha * longer", "alpha * tf.abs(longer)"),
    ),
    _family(
        "r_dpo_averaged",
        "R-DPO: the log-ratios are divided by the lengths. They are sums: alpha weighs lengths.",
        r_dpo=_R_DPO.replace(
            "(chosen - rejected)", "(chosen / chosen_lengths - rejected / rejected_lengths)"
        ),
    ),
    _family(
        "simpo_beta_missing",
        "SimPO: beta has no effect. It multiplies the difference of the two.",
        simpo="return -tf.reduce_mean(tf.math.log_sigmoid(chosen - rejected - gamma))",
    ),
    _family(
        "simpo_gamma_times_beta",
        "SimPO: gamma is multiplied by beta. It stands outside, as a margin of its own.",
        simpo="return -tf.reduce_mean(tf.math.log_sigmoid(beta * (chosen - rejected - gamma)))",
    ),
    _family(
        "simpo_gamma_added",
        "SimPO: gamma is added. The chosen response should win by *more* than gamma.",
        simpo="return -tf.reduce_mean(tf.math.log_sigmoid(beta * (chosen - rejected) + gamma))",
    ),
    _family(
        "simpo_without_gamma",
        "SimPO: the margin gamma plays no part.",
        simpo="return -tf.reduce_mean(tf.math.log_sigmoid(beta * (chosen - rejected)))",
    ),
    _family(
        "simpo_gamma_outside",
        "SimPO: gamma is subtracted from the loss and changes no gradient. It belongs inside.",
        simpo="return -tf.reduce_mean(tf.math.log_sigmoid(beta * (chosen - rejected))) - gamma",
    ),
    _family(
        "gradient_into_reference",
        "A gradient flows into the reference, which is frozen (look at IPO, KTO and R-DPO).",
        ipo="ref = ref_chosen - ref_rejected\n"
        "return tf.reduce_mean(tf.square(policy_chosen - policy_rejected - ref - 1 / (2 * tau)))",
        kto="chosen, rejected = policy_chosen - ref_chosen, policy_rejected - ref_rejected\n"
        + _KTO,
        r_dpo="chosen, rejected = policy_chosen - ref_chosen, policy_rejected - ref_rejected\n"
        + _R_DPO,
    ),
]
