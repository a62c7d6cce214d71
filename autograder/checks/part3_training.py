"""Checks of Part 3: training."""

import numpy as np

from autograder.checks import check
from autograder.checks.tools import gradients, normal, tensor


@check("training.loss")
def every_token(assignment, rng):
    """The mean over all tokens."""
    logits = normal(rng, 3, 5, 7, scale=2.0)
    targets = rng.integers(0, 7, (3, 5)).astype(np.int32)
    loss = assignment.training.losses.next_token_loss(tensor(logits), tensor(targets))
    return {"loss": loss}


@check("training.loss")
def masked_tokens(assignment, rng):
    """Tokens off the mask do not count, in the sum or in the mean."""
    logits = normal(rng, 2, 6, 5, scale=2.0)
    targets = rng.integers(0, 5, (2, 6)).astype(np.int32)
    mask = np.arange(6) < np.array([[6], [2]])  # rows of different lengths
    loss = assignment.training.losses.next_token_loss(tensor(logits), tensor(targets), tensor(mask))
    return {"loss": loss}


@check("training.loss")
def large_logits(assignment, rng):
    """Logits in the hundreds: the loss is computed from logits, in one stable operation."""
    logits = normal(rng, 2, 3, 4, scale=300.0)
    targets = rng.integers(0, 4, (2, 3)).astype(np.int32)
    loss = assignment.training.losses.next_token_loss(tensor(logits), tensor(targets))
    return {"loss": loss}


@check("training.loss")
def gradient(assignment, rng):
    """The gradient with respect to the logits."""
    logits = normal(rng, 2, 4, 3)
    targets = tensor(rng.integers(0, 3, (2, 4)).astype(np.int32))
    mask = tensor(np.array([[True, True, False, True], [False, True, True, False]]))
    loss = assignment.training.losses.next_token_loss
    (found,) = gradients(lambda value: loss(value, targets, mask), logits)
    return {"gradient": found}
