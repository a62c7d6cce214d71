"""Checks of Part 7: advantages, and the losses of actor and critic."""

import numpy as np

from autograder.checks import check
from autograder.checks.losses_tools import floats, ratios, rows, signed, value_and_gradients
from autograder.checks.tools import compiled, tensor


def _advantages(assignment, rng, lengths, time, gamma, lam, starts=0):
    mask = rows(lengths, time, starts)
    rewards = signed(rng, 0.5, 2, len(lengths), time)
    values = floats(rng, -2, 2, len(lengths), time)
    rewards[~mask] = 0.0
    values[~mask] = 50.0  # the critic says something on padding too
    advantages, returns = assignment.alignment.policy_gradient.generalized_advantage_estimation(
        tensor(rewards), tensor(values), tensor(mask), gamma, lam
    )
    return {"advantages": advantages, "returns": returns}


@check("rlhf.gae")
def unequal_lengths(assignment, rng):
    """Responses of unequal lengths; values on padding count for nothing."""
    found = _advantages(assignment, rng, (4, 6, 1), 6, gamma=0.9, lam=0.7)
    alone = _advantages(assignment, rng, (1,), 1, gamma=0.9, lam=0.7)
    return found | {f"{name} of one token": array for name, array in alone.items()}


@check("rlhf.gae")
def one_step(assignment, rng):
    """With lambda 0, or with gamma 0, an advantage is the error of one step."""
    found = _advantages(assignment, rng, (3, 5), 5, gamma=0.8, lam=0.0)
    without_future = _advantages(assignment, rng, (4, 2), 5, gamma=0.0, lam=0.9)
    return found | {f"{name}, gamma 0": array for name, array in without_future.items()}


@check("rlhf.gae")
def undiscounted(assignment, rng):
    """With gamma 1 and lambda 1 a return is the sum of all later rewards."""
    return _advantages(assignment, rng, (5, 2, 4), 7, gamma=1.0, lam=1.0)


@check("rlhf.gae")
def as_many_rows_as_tokens(assignment, rng):
    """As many rows as tokens, so that an exchanged axis does not show in a shape."""
    return _advantages(assignment, rng, (3, 4, 2, 4), 4, gamma=0.95, lam=0.5)


@check("rlhf.gae")
def responses_that_begin_late(assignment, rng):
    """Behind prompts of unequal lengths responses begin late; what stands before counts not."""
    return _advantages(assignment, rng, (3, 2, 4, 1), 6, gamma=0.9, lam=0.6, starts=(2, 4, 0, 3))


@check("rlhf.gae")
def long_responses(assignment, rng):
    """Responses of 150 tokens: in single precision the discount from one end to the other is 0."""
    return _advantages(assignment, rng, (150, 97), 150, gamma=1.0, lam=0.5)


@check("rlhf.gae")
def rewards_on_padding(assignment, rng):
    """A reward behind the last valid token is not part of the response."""
    mask = rows((3, 5, 2), 6)
    rewards, values = signed(rng, 0.5, 2, 3, 6), signed(rng, 0.5, 2, 3, 6)
    rewards[~mask] = 40.0
    advantages, returns = assignment.alignment.policy_gradient.generalized_advantage_estimation(
        tensor(rewards), tensor(values), tensor(mask), 0.9, 0.8
    )
    return {"advantages": advantages, "returns": returns}


def _policy(rng, lengths, time, starts=0):
    """Every kind of ratio with advantages of either sign; wild, finite numbers off the mask."""
    mask = rows(lengths, time, starts)
    count = int(mask.sum())
    old = floats(rng, -3, -0.5, *mask.shape)
    log_probs, advantages = old + np.float32(3), np.full(mask.shape, 7, np.float32)
    signs = np.where(np.arange(count) // 6 % 2 == 0, 1, -1)
    order = rng.permutation(count)
    log_probs[mask] = (old[mask] + np.log(ratios(rng, count))[order]).astype(np.float32)
    advantages[mask] = (signs * rng.uniform(1, 3, count))[order]
    return {"log_probs": log_probs, "old_log_probs": old, "advantages": advantages}, mask


def _policy_loss(assignment, arrays, mask, epsilon):
    loss = assignment.alignment.policy_gradient.ppo_policy_loss
    return value_and_gradients(lambda *inputs: loss(*inputs, tensor(mask), epsilon), **arrays)


@check("rlhf.ppo")
def policy(assignment, rng):
    """The clipped objective, on all sides of the clip; nothing but the policy learns."""
    arrays, mask = _policy(rng, (5, 3, 4), 6)
    loss = assignment.alignment.policy_gradient.ppo_policy_loss
    in_training = compiled(loss, 0.2)(*map(tensor, (*arrays.values(), mask)))
    return _policy_loss(assignment, arrays, mask, 0.2) | {"loss, compiled": in_training}


@check("rlhf.ppo")
def policy_square(assignment, rng):
    """As many rows as tokens, another epsilon, and responses that begin later."""
    arrays, mask = _policy(rng, (4, 2, 3, 1), 4, starts=(0, 1, 0, 3))
    return _policy_loss(assignment, arrays, mask, 0.1)


@check("rlhf.ppo")
def policy_at_the_start(assignment, rng):
    """Before the first update the ratio is 1: the loss is minus the mean advantage."""
    arrays, mask = _policy(rng, (2, 4), 5)
    arrays["old_log_probs"] = arrays["log_probs"].copy()
    return _policy_loss(assignment, arrays, mask, 0.2)


@check("rlhf.ppo")
def policy_far_off(assignment, rng):
    """Improbable tokens, ratios of 0.06 and 15, either sign; one advantage is 0, and counts."""
    old, mask = floats(rng, -16, -13, 2, 4), rows((3, 2), 4)
    log_probs, advantages = old + np.float32(3), np.full(mask.shape, 7, np.float32)
    log_probs[mask] = old[mask] + np.log(np.array([0.06, 15, 0.06, 15, 1.1], np.float32))
    advantages[mask] = np.array([1, 8, -1, -2, 0]) * rng.uniform(1, 1.3, 5)
    arrays = {"log_probs": log_probs, "old_log_probs": old, "advantages": advantages}
    return _policy_loss(assignment, arrays, mask, 0.2)


def _values(rng, lengths, time):
    """Values inside and outside the clip, and returns on all sides of both."""
    mask = rows(lengths, time)
    count = int(mask.sum())
    old = floats(rng, -2, 2, *mask.shape)
    values, returns = old + np.float32(9), old - np.float32(30)
    index = rng.permutation(np.arange(count))
    moved = np.resize([-0.8, -0.08, 0.09, 0.7], count) * rng.uniform(0.9, 1.1, count)
    aims = np.resize(np.repeat([-1.5, -0.4, 0.45, 1.6], 4), count) * rng.uniform(0.9, 1.1, count)
    values[mask] = old[mask] + moved[index]
    returns[mask] = old[mask] + aims[index]
    return {"values": values, "old_values": old, "returns": returns}, mask


def _value_loss(assignment, arrays, mask, epsilon):
    loss = assignment.alignment.policy_gradient.ppo_value_loss
    return value_and_gradients(lambda *inputs: loss(*inputs, tensor(mask), epsilon), **arrays)


@check("rlhf.ppo")
def value(assignment, rng):
    """The worse of two squared errors; nothing but the critic learns."""
    arrays, mask = _values(rng, (5, 3, 6, 2), 7)
    loss = assignment.alignment.policy_gradient.ppo_value_loss
    in_training = compiled(loss, 0.25)(*map(tensor, (*arrays.values(), mask)))
    return _value_loss(assignment, arrays, mask, 0.25) | {"loss, compiled": in_training}


@check("rlhf.ppo")
def value_square(assignment, rng):
    """As many rows as tokens, and another epsilon."""
    arrays, mask = _values(rng, (3, 4, 4, 2), 4)
    return _value_loss(assignment, arrays, mask, 0.5)


@check("rlhf.ppo")
def value_far_off(assignment, rng):
    """Returns that are 15 and more away: no error is cut."""
    old, mask = floats(rng, -2, 2, 2, 3), rows((3, 2), 3)
    arrays = {
        "values": old + signed(rng, 0.4, 0.6, 2, 3),
        "old_values": old,
        "returns": old + signed(rng, 15, 20, 3, 2).T,
    }
    return _value_loss(assignment, arrays, mask, 0.2)


@check("rlhf.ppo")
def value_at_the_start(assignment, rng):
    """Before the first update nothing is clipped: half the mean squared error."""
    arrays, mask = _values(rng, (2, 4, 3), 5)
    arrays["old_values"] = arrays["values"].copy()
    return _value_loss(assignment, arrays, mask, 0.2)
