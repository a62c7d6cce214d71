"""Checks of Part 4: sampling."""

import numpy as np

from autograder.checks import check
from autograder.checks.tools import normal, tensor


@check("sampling.top_k")
def three_of_eleven(assignment, rng):
    """The largest logits of each row stay in their places, the others become -inf."""
    logits = normal(rng, 4, 11, scale=3.0)
    return {"logits": assignment.generation.sampling.top_k_filter(tensor(logits), 3)}


@check("sampling.top_k")
def the_best_alone(assignment, rng):
    """k = 1 keeps one token in each row."""
    logits = normal(rng, 5, 7)
    return {"logits": assignment.generation.sampling.top_k_filter(tensor(logits), 1)}


@check("sampling.top_k")
def more_than_the_vocabulary(assignment, rng):
    """k at or above the size of the vocabulary changes nothing."""
    top_k_filter = assignment.generation.sampling.top_k_filter
    logits = normal(rng, 2, 5)
    return {
        "k = V": top_k_filter(tensor(logits), 5),
        "k = V + 3": top_k_filter(tensor(logits), 8),
        "k = V - 1": top_k_filter(tensor(logits), 4),  # so that the check says something
    }


@check("sampling.top_k")
def ties(assignment, rng):
    """Tokens that tie with the k-th are all kept."""
    logits = np.array([[2, 5, 2, 1, 4, 2], [0, 0, 1, -1, 3, -2]], np.float32)
    logits += rng.integers(-3, 4, (2, 1)).astype(np.float32)
    return {"logits": assignment.generation.sampling.top_k_filter(tensor(logits), 3)}
