"""Checks of Part 8: DPO and its relatives."""

import numpy as np

from autograder.checks import check
from autograder.checks.losses_tools import floats, signed, value_and_gradients
from autograder.checks.tools import compiled, tensor


def _pairs(rng, batch, longer=0.0):
    """Summed log-probabilities of both responses, under the policy and under the reference.

    They are lower by `longer`.
    """
    shift = {"policy_chosen": signed(rng, 0.5, 3, batch), "policy_rejected": None}
    shift["policy_rejected"] = rng.permutation(signed(rng, 0.5, 3, batch))
    reference = {
        "ref_chosen": floats(rng, -14, -6, batch) - np.float32(longer),
        "ref_rejected": floats(rng, -20, -4, batch) - np.float32(longer),
    }
    policy = {
        "policy_chosen": reference["ref_chosen"] + shift["policy_chosen"],
        "policy_rejected": reference["ref_rejected"] + shift["policy_rejected"],
    }
    return policy | reference


def _at_the_reference(rng, batch):
    """Pairs of a policy that still equals the reference."""
    pairs = _pairs(rng, batch)
    return pairs | {
        "policy_chosen": pairs["ref_chosen"].copy(),
        "policy_rejected": pairs["ref_rejected"].copy(),
    }


def _averages(rng, batch):
    """Average log-probabilities of both responses, all of them below 0."""
    chosen = floats(rng, -2.5, -0.8, batch)
    return {"chosen": chosen, "rejected": chosen + signed(rng, 0.1, 0.18, batch) * 3}


def _loss(assignment, name, arrays, *options, **keywords):
    loss = getattr(assignment.alignment.preference_losses, name)
    return value_and_gradients(lambda *inputs: loss(*inputs, *options, **keywords), **arrays)


def _with_compiled(assignment, name, arrays, *options):
    """The loss, alone and within a tf.function as in training, and its gradients."""
    loss = getattr(assignment.alignment.preference_losses, name)
    in_training = compiled(loss, *options)(*map(tensor, arrays.values()))
    return _loss(assignment, name, arrays, *options) | {"loss, compiled": in_training}


@check("preference.dpo")
def pairs(assignment, rng):
    """The loss and its gradients; none flows into the reference."""
    return _with_compiled(assignment, "dpo_loss", _pairs(rng, 5), 0.4)


@check("preference.dpo")
def strong_beta(assignment, rng):
    """Another beta: it scales the margin inside the sigmoid."""
    return _loss(assignment, "dpo_loss", _pairs(rng, 3), 1.7)


@check("preference.dpo", tolerance="loose")
def long_responses(assignment, rng):
    """Responses of a hundred tokens, whose probabilities are 0 in single precision."""
    pairs = _pairs(rng, 4, longer=140)
    for name in ("policy_chosen", "policy_rejected"):  # both become less probable in long runs
        pairs[name] -= np.float32(60)
    return _loss(assignment, "dpo_loss", pairs, 0.5)


@check("preference.dpo", tolerance="loose")
def large_margins(assignment, rng):
    """Margins far from 0: the pair that is most wrong teaches most."""
    pairs = _at_the_reference(rng, 4)
    margins = np.array([-40, -22, 28, -14]) * rng.uniform(0.95, 1.05, 4)
    pairs["policy_chosen"] += (0.2 * margins).astype(np.float32)
    pairs["policy_rejected"] -= (0.3 * margins).astype(np.float32)
    return _loss(assignment, "dpo_loss", pairs, 2.0)


@check("preference.dpo")
def at_the_reference(assignment, rng):
    """While policy and reference are equal the loss is ln 2, and the chosen is to be raised."""
    pairs = _at_the_reference(rng, 4)
    loss = assignment.alignment.preference_losses.dpo_loss
    start = loss(*(tensor(array) for array in pairs.values()), 0.3)
    # At 0 itself a right loss may have another derivative, such as that of an absolute value.
    pairs["policy_chosen"] += np.float32(1e-3)
    return _loss(assignment, "dpo_loss", pairs, 0.3) | {"loss": start}


@check("preference.family")
def ipo(assignment, rng):
    """IPO: value and gradients, and the start, where policy and reference are equal."""
    start = _loss(assignment, "ipo_loss", _at_the_reference(rng, 3), 0.7)
    found = _with_compiled(assignment, "ipo_loss", _pairs(rng, 5), 0.3)
    return found | {"loss at the start": start["loss"]}


@check("preference.family")
def kto(assignment, rng):
    """KTO: value and gradients with two weights, a reference point, and none into that one."""
    kl = {"kl": np.float32(rng.uniform(0.5, 1))}
    loss = assignment.alignment.preference_losses.kto_loss
    return value_and_gradients(
        lambda *inputs: loss(*inputs[:4], 0.6, 1.4, 0.7, inputs[4]), **_pairs(rng, 5), **kl
    )


@check("preference.family")
def kto_reference_point(assignment, rng):
    """KTO: without kl, and with a negative one, gains and losses are measured from 0."""
    pairs = _pairs(rng, 4)
    negative = _loss(assignment, "kto_loss", pairs, 0.5, 0.8, 1.3, kl=-0.9)
    default = _with_compiled(assignment, "kto_loss", pairs, 0.5, 0.8, 1.3)
    return default | {"loss with a negative kl": negative["loss"]}


@check("preference.family", tolerance="loose")
def long_texts(assignment, rng):
    """IPO, KTO, R-DPO: responses whose probabilities are 0 in single precision."""
    pairs = _pairs(rng, 4, longer=140)
    lengths = tensor(np.array([96, 104, 99, 101], np.int32)), tensor(np.full(4, 100, np.int32))
    losses = {
        "ipo_loss": (0.4,),
        "kto_loss": (0.5, 0.8, 1.3),
        "r_dpo_loss": (*lengths, 0.5, 0.2),
    }
    arrays = {}
    for name, options in losses.items():
        found = _loss(assignment, name, pairs, *options)
        arrays |= {f"{name}: {key}": array for key, array in found.items()}
    return arrays


@check("preference.family", tolerance="loose")
def large_margins_of_relatives(assignment, rng):
    """Margins, lengths, targets and reference points far from 0, and improbable responses."""
    pairs = _pairs(rng, 3)
    lengths = [np.array(lengths, np.int32) for lengths in ((30, 400, 120), (300, 20, 100))]
    averages = {
        "chosen": np.array([-7.5, -0.2, -9], np.float32) * floats(rng, 0.98, 1.02, 3),
        "rejected": np.array([-8.6, -5.2, -4.7], np.float32) * floats(rng, 0.98, 1.02, 3),
    }
    losses = {
        "ipo_loss": (pairs, 0.05),
        "kto_loss": (pairs, 0.5, 0.8, 1.3, tensor(np.float32(8))),
        "r_dpo_loss": (pairs, *map(tensor, lengths), 0.5, 0.1),
        "simpo_loss": (averages, 10.0, 0.5),
        "orpo_loss": (averages, 0.7),
    }
    arrays = {}
    for name, (inputs, *options) in losses.items():
        found = _loss(assignment, name, inputs, *options)
        arrays |= {f"{name}: {key}": array for key, array in found.items()}
    return arrays


@check("preference.family")
def orpo(assignment, rng):
    """ORPO: value and gradients."""
    return _with_compiled(assignment, "orpo_loss", _averages(rng, 5), 0.6)


@check("preference.family", tolerance="loose")
def orpo_near_one(assignment, rng):
    """ORPO: probabilities close to 1, of the chosen and of the rejected response."""
    # Not so close that 1 - p in single precision would lose its digits: expm1 is advice only.
    chosen = np.array([-3e-4, -0.4, -3e-3], np.float32) * floats(rng, 1, 2, 3)
    rejected = np.array([-0.5, -1e-3, -3e-4], np.float32) * floats(rng, 1, 2, 3)
    found = _loss(assignment, "orpo_loss", {"chosen": chosen, "rejected": rejected}, 0.8)
    # The gradients are about 1e3 here; times the log-probabilities they are about 1.
    scaled = {
        f"gradient of {name}, scaled": found[f"gradient of {name}"] * array
        for name, array in (("chosen", chosen), ("rejected", rejected))
    }
    return {"loss": found["loss"]} | scaled


@check("preference.family")
def r_dpo(assignment, rng):
    """R-DPO: value and gradients, with chosen responses that are longer and shorter."""
    chosen_lengths = np.array([9, 4, 12, 7, 5], np.int32)
    rejected_lengths = chosen_lengths - np.array([3, -4, 5, -1, 2], np.int32)
    options = (tensor(chosen_lengths), tensor(rejected_lengths), 0.5, 0.2)
    return _with_compiled(assignment, "r_dpo_loss", _pairs(rng, 5), *options)


@check("preference.family")
def r_dpo_at_the_reference(assignment, rng):
    """R-DPO: with policy and reference equal, nothing but the lengths counts."""
    lengths = np.array([6, 3, 8], np.int32), np.array([2, 7, 7], np.int32)
    options = (*(tensor(length) for length in lengths), 0.4, 0.3)
    return _loss(assignment, "r_dpo_loss", _at_the_reference(rng, 3), *options)


@check("preference.family")
def simpo(assignment, rng):
    """SimPO: value and gradients, for two margins."""
    averages = _averages(rng, 5)
    other = _loss(assignment, "simpo_loss", averages, 2.0, 0.0)
    found = _with_compiled(assignment, "simpo_loss", averages, 2.5, 0.8)
    return found | {"loss, no gamma": other["loss"]}
