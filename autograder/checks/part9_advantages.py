"""Checks of Part 9: the advantages of a group's responses."""

import numpy as np

from autograder.checks import check
from autograder.checks.losses_tools import floats, signed
from autograder.checks.tools import tensor


def _advantages(assignment, rewards, *options, **keywords):
    group_advantages = assignment.alignment.group_relative.group_advantages
    return group_advantages(tensor(rewards), *options, **keywords)


@check("grpo.advantages")
def groups(assignment, rng):
    """Groups of different means and spreads, with and without the division."""
    rewards = floats(rng, -1, 1, 3, 4) * [[1], [3], [0.4]] + [[2], [-5], [0.5]]
    rewards = rewards.reshape(-1).astype(np.float32)
    return {
        "normalised": _advantages(assignment, rewards, 4),
        "centred": _advantages(assignment, rewards, 4, normalize_by_std=False),
        "one group": _advantages(assignment, rewards[:4], 4),
    }


@check("grpo.advantages", tolerance="loose")
def unusual_groups(assignment, rng):
    """Groups of one response; one right answer among 32; rewards that hardly differ."""
    one_right = np.zeros(64, np.float32)
    one_right[[rng.integers(32), 32 + rng.integers(32)]] = 1.0
    close = np.float32(0.5) + floats(rng, 0.01, 0.02, 4) * np.array([1, -1, 2, -2], np.float32)
    return {
        "of one": _advantages(assignment, floats(rng, 0.5, 2, 3), 1),
        "one right": _advantages(assignment, one_right, 32),
        "close": _advantages(assignment, close, 4),
        "closer": _advantages(assignment, (close - np.float32(0.5)) / 8, 4),
    }


@check("grpo.advantages")
def pairs(assignment, rng):
    """Groups of two, which tell the population's deviation from the sample's."""
    rewards = np.cumsum(signed(rng, 1, 2, 6)).astype(np.float32)
    return {"normalised": _advantages(assignment, rewards, 2, 0.2)}


@check("grpo.advantages")
def as_many_groups_as_responses(assignment, rng):
    """As many groups as responses in each, so that an exchanged axis does not show in a shape."""
    rewards = (signed(rng, 0.5, 2, 3, 3) + np.array([[0], [4], [9]])).reshape(-1)
    rewards = rewards.astype(np.float32)
    return {
        "normalised": _advantages(assignment, rewards, 3, 0.1),
        "centred": _advantages(assignment, rewards, 3, normalize_by_std=False),
    }


@check("grpo.advantages")
def large_epsilon(assignment, rng):
    """Epsilon is added to the standard deviation, of whatever size it is, and to nothing else."""
    rewards = signed(rng, 0.5, 2, 8)
    return {
        "normalised": _advantages(assignment, rewards, 4, epsilon=0.5),
        "larger than the deviation": _advantages(assignment, rewards, 4, epsilon=3.0),
        "centred": _advantages(assignment, rewards, 4, epsilon=0.5, normalize_by_std=False),
    }


@check("grpo.advantages")
def equal_rewards(assignment, rng):
    """A group of equal rewards has advantages 0, and leaves the other groups alone."""
    rewards = np.concatenate([np.ones(4), rng.permutation([0, 1, 1, 0]), np.zeros(4)])
    # The mean of seven tenths is not 0.1 in single precision: their variance may round below 0.
    tenths = np.asarray(_advantages(assignment, np.full(14, 0.1, np.float32), 7))
    return {
        "normalised": _advantages(assignment, rewards.astype(np.float32), 4),
        "of tenths, about 0": np.abs(tenths) < 0.01,
    }
