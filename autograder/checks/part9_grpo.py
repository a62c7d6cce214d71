"""Checks of Part 9: the estimates of the divergence, and the loss of GRPO."""

import inspect

import numpy as np

from autograder.checks import check
from autograder.checks.losses_tools import (
    floats,
    ratios,
    rows,
    signed,
    value_and_gradients,
    weighted_sum,
)
from autograder.checks.tools import compiled, tensor


def _estimates(rng, batch, time):
    """Log-probabilities that differ by 0.5 to 2, to either side."""
    log_probs = floats(rng, -3, -0.5, batch, time)
    return {"log_probs": log_probs, "ref_log_probs": log_probs - signed(rng, 0.5, 2, batch, time)}


def _estimate(assignment, rng, *kind, **keywords):
    arrays = _estimates(rng, 2, 5)
    weights = tensor(floats(rng, 0.5, 2, 2, 5))
    kl_estimate = assignment.alignment.group_relative.kl_estimate

    def weighted(log_probs, ref_log_probs):
        estimate = kl_estimate(log_probs, ref_log_probs, *kind, **keywords)
        return weighted_sum(weights, estimate)

    found = value_and_gradients(weighted, **arrays)
    inputs = [tensor(array) for array in arrays.values()]
    found["estimate"] = kl_estimate(*inputs, *kind, **keywords)
    found["estimate, compiled"] = compiled(kl_estimate, *kind, **keywords)(*inputs)
    return {name: found[name] for name in sorted(found) if name != "loss"}


@check("grpo.kl")
def k1(assignment, rng):
    """k1, the log-ratio, and its gradients: none into the reference."""
    return _estimate(assignment, rng, "k1")


@check("grpo.kl")
def k2(assignment, rng):
    """k2, half the squared log-ratio, and its gradients."""
    return _estimate(assignment, rng, kind="k2")


@check("grpo.kl")
def k3(assignment, rng):
    """k3, which is what one gets without asking, and its gradients."""
    return _estimate(assignment, rng)


@check("grpo.kl", tolerance="loose")
def far_and_equal(assignment, rng):
    """Log-probabilities that are 26 apart, to either side, and equal ones."""
    log_probs = np.array([[-30, -1, -2, -3]], np.float32) * floats(rng, 0.95, 1, 1, 4)
    ref_log_probs = log_probs + np.array([[26, -26, 0, 0.1]], np.float32)
    kl_estimate = assignment.alignment.group_relative.kl_estimate
    inputs = tensor(log_probs), tensor(ref_log_probs)
    return {kind: kl_estimate(*inputs, kind) for kind in ("k1", "k2", "k3")}


@check("grpo.kl")
def expectation(assignment, rng):
    """The expectation of each estimator over a vocabulary of five, beside the divergence."""
    logits = signed(rng, 0.3, 1.5, 2, 5)
    log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    policy, reference = log_probs.astype(np.float32)
    kl_estimate = assignment.alignment.group_relative.kl_estimate
    inputs = tensor(policy[None]), tensor(reference[None])
    weighted = [np.exp(policy) * np.asarray(kl_estimate(*inputs, k))[0] for k in ("k1", "k2", "k3")]
    return {"expectations of k1, k2, k3": np.sum(weighted, axis=-1)}


def _responses(rng, lengths, time, starts=0):
    """Ratios on all sides of the clip in rows of either sign; wild, finite numbers off the mask."""
    mask = rows(lengths, time, starts)
    old = floats(rng, -3, -0.5, *mask.shape)
    log_probs, ref = old + np.float32(3), old - np.float32(2)
    for row, length in enumerate(lengths):
        kinds = rng.permutation(np.log(ratios(rng, max(length, 6))))[:length]
        log_probs[row, mask[row]] = old[row, mask[row]] + kinds
    apart = signed(rng, 0.5, 1.2, *mask.shape)
    ref[mask] = (log_probs - apart)[mask]
    advantages = signed(rng, 1, 3, len(lengths))
    return {
        "log_probs": log_probs,
        "old_log_probs": old,
        "ref_log_probs": ref,
        "advantages": advantages,
    }, mask


def _grpo(assignment, arrays, mask, epsilon, beta, **keywords):
    loss = assignment.alignment.group_relative.grpo_loss
    return value_and_gradients(
        lambda *inputs: loss(*inputs, tensor(mask), epsilon, beta, **keywords), **arrays
    )


def _each_aggregation(assignment, arrays, mask, epsilon, beta):
    found = {}
    for aggregation in ("sequence", "token", "constant"):
        result = _grpo(assignment, arrays, mask, epsilon, beta, aggregation=aggregation)
        names = ("loss", "gradient of log_probs")
        found |= {f"{name}, {aggregation}": result[name] for name in names}
    return found


@check("grpo.loss", needs=["grpo.kl"])
def sequence(assignment, rng):
    """The mean over responses of each one's mean, which is the default; compiled too."""
    arrays, mask = _responses(rng, (6, 2, 4, 5), 7)
    loss = assignment.alignment.group_relative.grpo_loss
    in_training = compiled(loss, 0.2, 0.3)(*map(tensor, (*arrays.values(), mask)))
    return _grpo(assignment, arrays, mask, 0.2, 0.3) | {"loss, compiled": in_training}


@check("grpo.loss", needs=["grpo.kl"])
def token(assignment, rng):
    """The mean over all tokens."""
    arrays, mask = _responses(rng, (6, 3, 1, 5), 7)
    return _grpo(assignment, arrays, mask, 0.2, 0.4, aggregation="token")


@check("grpo.loss", needs=["grpo.kl"])
def constant(assignment, rng):
    """The sum over tokens, divided by the batch and the time, padding included."""
    arrays, mask = _responses(rng, (4, 6, 2, 3), 7)
    return _grpo(assignment, arrays, mask, 0.2, 0.2, aggregation="constant")


@check("grpo.loss", needs=["grpo.kl"])
def square(assignment, rng):
    """As many responses as tokens: one advantage is that of a row, not of a column."""
    arrays, mask = _responses(rng, (3, 4, 1, 2), 4)
    return _each_aggregation(assignment, arrays, mask, 0.1, 0.5)


@check("grpo.loss", needs=["grpo.kl"])
def responses_that_begin_late(assignment, rng):
    """Behind prompts of unequal lengths responses begin late; one has an advantage of 0."""
    arrays, mask = _responses(rng, (3, 5, 2, 4), 7, starts=(4, 1, 0, 2))
    arrays["advantages"][2] = 0.0
    return _each_aggregation(assignment, arrays, mask, 0.2, 0.4)


@check("grpo.loss", needs=["grpo.kl"], tolerance="loose")
def one_response(assignment, rng):
    """A batch of one, far from the reference."""
    arrays, mask = _responses(rng, (6,), 6)
    arrays["ref_log_probs"] = arrays["log_probs"] + signed(rng, 2.5, 3.2, 1, 6)
    return _each_aggregation(assignment, arrays, mask, 0.2, 0.3)


@check("grpo.loss", needs=["grpo.kl"])
def without_kl(assignment, rng):
    """With beta 0 nothing but the clipped objective is left."""
    arrays, mask = _responses(rng, (6, 3, 5), 6)
    return _grpo(assignment, arrays, mask, 0.3, 0.0)


@check("grpo.loss", needs=["grpo.kl"])
def another_upper_bound(assignment, rng):
    """With epsilon_high the ratio may rise further than it may fall."""
    known = inspect.signature(assignment.alignment.group_relative.grpo_loss).parameters
    arrays, mask = _responses(rng, (6, 4, 5), 6)
    plain = _grpo(assignment, arrays, mask, 0.1, 0.2)
    if "epsilon_high" not in known:  # an option beyond the course's contract
        return {"loss": plain["loss"]}
    higher = _grpo(assignment, arrays, mask, 0.1, 0.2, epsilon_high=0.6)
    of_tokens = _grpo(assignment, arrays, mask, 0.1, 0.2, aggregation="token", epsilon_high=0.6)
    found = {"loss": plain["loss"], "loss, token, higher": of_tokens["loss"]}
    return found | {f"{k}, higher": v for k, v in higher.items()}


@check("grpo.loss", needs=["grpo.kl"])
def far_off(assignment, rng):
    """Improbable tokens, ratios of 0.06 and 15, advantages of either sign, large ones too."""
    arrays, mask = _responses(rng, (2, 2, 2, 2), 3)
    moved = np.log(np.array([[0.06, 15]], np.float32))
    arrays["log_probs"][mask] = (arrays["old_log_probs"][:, :2] + moved).reshape(-1)
    for name in ("log_probs", "old_log_probs", "ref_log_probs"):
        arrays[name] -= np.float32(12)
    arrays["advantages"] = np.array([1, -2, 8, -1], np.float32) * floats(rng, 1, 1.3, 4)
    return _grpo(assignment, arrays, mask, 0.2, 0.0)


@check("grpo.loss", needs=["grpo.kl"])
def at_the_start(assignment, rng):
    """While all three policies are equal: minus the advantages, and no divergence."""
    arrays, mask = _responses(rng, (2, 4, 3), 5)
    for name in ("old_log_probs", "ref_log_probs"):
        arrays[name] = arrays["log_probs"].copy()
    return _grpo(assignment, arrays, mask, 0.2, 0.7)
