"""Checks of Part 7: log-probabilities, the reward model's loss, rewards with a KL penalty."""

import numpy as np

from autograder.checks import check
from autograder.checks.losses_tools import (
    floats,
    rows,
    signed,
    value_and_gradients,
    weighted_sum,
)
from autograder.checks.tools import compiled, normal, tensor


@check("rlhf.log_probs")
def log_probabilities(assignment, rng):
    """The log-probability of each target, and its gradient."""

    logits = normal(rng, 2, 3, 7, scale=2.0)
    targets = tensor(rng.integers(0, 7, (2, 3)).astype(np.int32))
    weights = tensor(normal(rng, 2, 3))
    token_log_probs = assignment.alignment.log_probs.token_log_probs

    def weighted(logits):
        return weighted_sum(weights, token_log_probs(logits, targets))

    found = value_and_gradients(weighted, logits=logits)
    return {
        "log-probabilities": token_log_probs(tensor(logits), targets),
        "log-probabilities, compiled": compiled(token_log_probs)(tensor(logits), targets),
        "of one token": token_log_probs(tensor(logits[:1, :1]), targets[:1, :1]),
        "gradient of logits": found["gradient of logits"],
    }


@check("rlhf.log_probs")
def entropies(assignment, rng):
    """The entropy over the whole vocabulary, and its gradient."""

    logits = normal(rng, 2, 3, 6, scale=2.0)
    logits[1, 2] = 0.0  # all is equally likely: ln 6
    weights = tensor(normal(rng, 2, 3))
    entropy = assignment.alignment.log_probs.entropy
    found = value_and_gradients(lambda x: weighted_sum(weights, entropy(x)), logits=logits)
    return {
        "entropy": entropy(tensor(logits)),
        "entropy, compiled": compiled(entropy)(tensor(logits)),
        "of one token": entropy(tensor(logits[:1, :1])),
        "gradient of logits": found["gradient of logits"],
    }


@check("rlhf.log_probs")
def square(assignment, rng):
    """As many examples as tokens as words in the vocabulary."""
    logits = tensor(normal(rng, 4, 4, 4, scale=2.0))
    targets = tensor(rng.integers(0, 4, (4, 4)).astype(np.int32))
    log_probs = assignment.alignment.log_probs
    return {
        "log-probabilities": log_probs.token_log_probs(logits, targets),
        "entropy": log_probs.entropy(logits),
    }


@check("rlhf.log_probs", tolerance="loose")
def large_logits(assignment, rng):
    """Only differences between the logits of a token count; one target is very improbable."""
    offsets = np.array([[100, -150, 60], [-80, 120, 0]], np.float32)
    logits = normal(rng, 2, 3, 5, scale=3.0) + offsets[..., None]
    targets = rng.integers(0, 5, (2, 3)).astype(np.int32)
    logits[1, 0, targets[1, 0]] -= 130
    sure = normal(rng, 1, 2, 300)
    sure[..., 7] = 14.0
    log_probs = assignment.alignment.log_probs
    weights = np.ones((2, 3), np.float32)
    found = value_and_gradients(
        lambda x: weighted_sum(weights, log_probs.entropy(x)), logits=logits
    )
    return {
        "log-probabilities": log_probs.token_log_probs(tensor(logits), tensor(targets)),
        "entropy": log_probs.entropy(tensor(logits)),
        "gradient of the entropy": found["gradient of logits"],
        "entropy where one of 300 is nearly sure": log_probs.entropy(tensor(sure)),
    }


@check("rlhf.bradley_terry")
def loss_of_pairs(assignment, rng):
    """The mean over pairs, and its gradients."""
    chosen = signed(rng, 0.5, 3, 5)
    rejected = rng.permutation(signed(rng, 0.5, 3, 5))
    loss = assignment.alignment.rewards.bradley_terry_loss
    in_training = compiled(loss)(tensor(chosen), tensor(rejected))
    found = value_and_gradients(loss, chosen=chosen, rejected=rejected)
    return found | {"loss, compiled": in_training}


@check("rlhf.bradley_terry")
def equal_rewards(assignment, rng):
    """Equal rewards, however large: ln 2, and a gradient that parts them."""
    rewards = signed(rng, 1, 4, 3)
    loss = assignment.alignment.rewards.bradley_terry_loss
    # At 0 itself a right loss may have another derivative, such as that of an absolute value.
    nearby = value_and_gradients(loss, chosen=rewards, rejected=rewards + np.float32(1e-3))
    return nearby | {"loss": loss(tensor(rewards), tensor(rewards))}


@check("rlhf.bradley_terry")
def large_differences(assignment, rng):
    """Differences of about 200, of either sign, keep a finite loss and a gradient."""
    chosen = floats(rng, 90, 110, 4) * np.array([1, -1, -1, 1], np.float32)
    loss = assignment.alignment.rewards.bradley_terry_loss
    return value_and_gradients(loss, chosen=chosen, rejected=-chosen)


@check("rlhf.bradley_terry", tolerance="exact")
def pairs_of_a_ranking(assignment, rng):
    """Every pair once, the better one first, for rankings of 7, 2 and 1."""
    ranking_to_pairs = assignment.alignment.rewards.ranking_to_pairs
    arrays = {}
    for count in (7, 2, 1):
        ranking = [int(index) for index in rng.permutation(9)[:count]]
        pairs = sorted((int(winner), int(loser)) for winner, loser in ranking_to_pairs(ranking))
        # The order of the pairs is free.
        arrays[f"pairs of {count}, sorted"] = np.array(pairs, np.int32).reshape(-1, 2)
    return arrays


def _responses(rng, lengths, time, starts=0):
    """Scores, log-probabilities of policy and reference, and a mask; large numbers on padding."""
    shape = (len(lengths), time)
    mask = rows(lengths, time, starts)
    log_probs = floats(rng, -3, -0.1, *shape)
    ref_log_probs = log_probs - signed(rng, 0.5, 2, *shape)
    log_probs[~mask], ref_log_probs[~mask] = 500.0, -300.0
    return signed(rng, 1, 3, len(lengths)), log_probs, ref_log_probs, mask


def _shaped(assignment, arrays, beta):
    inputs = [tensor(array) for array in arrays]
    return assignment.alignment.rewards.kl_shaped_rewards(*inputs, beta)


@check("rlhf.token_rewards")
def unequal_lengths(assignment, rng):
    """The score stands on each row's last valid token; off the mask all is 0."""
    arrays = _responses(rng, (2, 5, 1), 5)
    score, *of_tokens = arrays
    one_token = (score[2:], *(array[2:, :1] for array in of_tokens))
    return {
        "rewards": _shaped(assignment, arrays, 0.3),
        "of one token": _shaped(assignment, one_token, 0.3),
    }


@check("rlhf.token_rewards")
def as_many_rows_as_tokens(assignment, rng):
    """As many rows as tokens, so that an exchanged axis does not show in a shape."""
    arrays = _responses(rng, (3, 4, 1, 2), 4)
    return {"rewards": _shaped(assignment, arrays, 0.7)}


@check("rlhf.token_rewards")
def only_the_score(assignment, rng):
    """Without a penalty, and with a policy that equals its reference."""
    score, log_probs, ref_log_probs, mask = _responses(rng, (3, 1), 4)
    return {
        "beta 0": _shaped(assignment, (score, log_probs, ref_log_probs, mask), 0.0),
        "the reference": _shaped(assignment, (score, log_probs, log_probs, mask), 0.5),
    }


@check("rlhf.token_rewards")
def large_numbers(assignment, rng):
    """Scores of 25 and more, and policies far from their reference: nothing is clipped."""
    score = np.array([25, -30], np.float32) * floats(rng, 1, 1.2, 2)
    ref_log_probs = np.array([[-12, -1, -13], [-1, -14, -2]], np.float32)
    log_probs = np.array([[-1, -9, -1], [-12, -2, -11]], np.float32) * floats(rng, 0.9, 1, 2, 3)
    mask = np.ones((2, 3), bool)
    return {"rewards": _shaped(assignment, (score, log_probs, ref_log_probs, mask), 0.5)}


@check("rlhf.token_rewards")
def more_padding(assignment, rng):
    """Padding behind all responses adds zeros, and moves nothing."""
    arrays = _responses(rng, (4, 2, 3), 7)
    return {"rewards": _shaped(assignment, arrays, 0.4)}


@check("rlhf.token_rewards")
def responses_that_begin_late(assignment, rng):
    """Behind prompts of unequal lengths responses begin late; one row has none, and stays 0."""
    arrays = _responses(rng, (2, 3, 1, 0), 6, starts=(3, 1, 5, 0))
    return {"rewards": _shaped(assignment, arrays, 0.4)}
