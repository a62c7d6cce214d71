"""Checks of Part 8: the log-probability of a whole response."""

import numpy as np

from autograder.checks import check
from autograder.checks.losses_tools import floats, rows, value_and_gradients, weighted_sum
from autograder.checks.tools import compiled, normal, tensor


def _sequence_log_probs(assignment, rng, lengths, starts, time, vocabulary, average):

    batch = len(lengths)
    logits = normal(rng, batch, time, vocabulary, scale=2.0)
    targets = rng.integers(0, vocabulary, (batch, time)).astype(np.int32)
    mask = rows(lengths, time, starts)
    weights = tensor(floats(rng, 0.5, 2, batch))
    sequence_log_probs = assignment.alignment.log_probs.sequence_log_probs

    def of(logits):
        return sequence_log_probs(logits, tensor(targets), tensor(mask), average)

    found = value_and_gradients(lambda x: weighted_sum(weights, of(x)), logits=logits)
    in_training = compiled(sequence_log_probs, average)(*map(tensor, (logits, targets, mask)))
    return {
        "log-probabilities": of(tensor(logits)),
        "log-probabilities, compiled": in_training,
        "gradient of logits": found["gradient of logits"],
    }


@check("preference.sequence_log_prob", needs=["rlhf.log_probs"])
def summed(assignment, rng):
    """The sum over response tokens, and its gradient: none reaches the prompt."""
    found = _sequence_log_probs(assignment, rng, (3, 5, 1), (2, 1, 3), 6, 7, False)
    alone = _sequence_log_probs(assignment, rng, (1,), (0,), 1, 4, False)
    return found | {"of one token": alone["log-probabilities"]}


@check("preference.sequence_log_prob", needs=["rlhf.log_probs"])
def averaged(assignment, rng):
    """The mean over each row's own response tokens."""
    return _sequence_log_probs(assignment, rng, (4, 2, 1), (1, 0, 2), 5, 6, True)


@check("preference.sequence_log_prob", needs=["rlhf.log_probs"])
def square(assignment, rng):
    """As many rows as tokens as words, so that an exchanged axis does not show in a shape."""
    lengths, starts = (3, 1, 2, 2), (0, 2, 1, 0)
    arrays = {}
    for name, average in (("sum", False), ("mean", True)):
        found = _sequence_log_probs(assignment, rng, lengths, starts, 4, 4, average)
        arrays |= {f"{key}, {name}": array for key, array in found.items()}
    return arrays


@check("preference.sequence_log_prob", needs=["rlhf.log_probs"])
def sum_by_default(assignment, rng):
    """Without `average`, the sum; padding counts for nothing, and an empty response is 0."""
    logits = normal(rng, 3, 6, 5, scale=2.0)
    targets, mask = rng.integers(0, 5, (3, 6)).astype(np.int32), rows((4, 2, 0), 6)
    logits[~mask] *= 100
    sequence_log_probs = assignment.alignment.log_probs.sequence_log_probs
    inputs = tensor(logits), tensor(targets), tensor(mask)
    return {"log-probabilities": sequence_log_probs(*inputs)}


@check("preference.sequence_log_prob", needs=["rlhf.log_probs"], tolerance="loose")
def certain_and_improbable(assignment, rng):
    """Tokens that are certain, and tokens whose probability is 0 in single precision."""
    logits = normal(rng, 3, 5, 6, scale=2.0) + np.float32(100)
    targets = rng.integers(0, 6, (3, 5)).astype(np.int32)
    for row, logit in ((0, -20), (1, 200)):
        np.put_along_axis(logits[row], targets[row, :, None], logit, axis=-1)
    inputs = tensor(logits), tensor(targets), tensor(rows((3, 4, 2), 5, (1, 0, 2)))
    sequence_log_probs = assignment.alignment.log_probs.sequence_log_probs
    return {"sum": sequence_log_probs(*inputs), "mean": sequence_log_probs(*inputs, average=True)}
