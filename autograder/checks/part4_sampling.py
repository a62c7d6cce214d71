"""Checks of Part 4: from logits to a token."""

import numpy as np

from autograder.checks import check
from autograder.checks.tools import normal, tensor


def probabilities(logits) -> np.ndarray:
    """The softmax of each row, with -1 for what is not a number."""
    logits = np.asarray(logits, np.float64)
    with np.errstate(all="ignore"):
        exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
        result = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return np.nan_to_num(result, nan=-1.0).astype(np.float32)


def table(rng, *rows, shift=3.0) -> np.ndarray:
    """Logits of these distributions, each row in an order and with an offset of its own."""
    shuffled = np.array([rng.permutation(row) for row in rows])
    return (np.log(shuffled) + shift * rng.standard_normal((len(rows), 1))).astype(np.float32)


def centred(logits) -> np.ndarray:
    """Logits without the offset of each row, which no probability depends on."""
    logits = np.asarray(logits)
    return logits - logits.max(axis=-1, keepdims=True)


@check("sampling.temperature")
def greedy_choice(assignment, rng):
    """The most probable token of each row, wherever it stands."""
    logits = normal(rng, 4, 7, scale=2.0)
    logits[0, 0] = 9.0
    logits[1] = -20 - np.abs(logits[1])  # all negative
    logits[2, 6] = 50.0
    logits[3] = 200 + 10 * logits[3]  # their exponentials overflow
    greedy = assignment.generation.sampling.greedy
    return {"ids": greedy(tensor(logits)), "one row": greedy(tensor(logits[1:2]))}


@check("sampling.temperature")
def low_and_high(assignment, rng):
    """A temperature below 1, of 1, and above 1."""
    logits = normal(rng, 3, 5, scale=2.0)
    apply_temperature = assignment.generation.sampling.apply_temperature
    return {
        f"temperature {temperature}": centred(apply_temperature(tensor(logits), temperature))
        for temperature in (0.4, 1.0, 2.5, 0.002)
    } | {"one row": centred(apply_temperature(tensor(logits[:1]), 2))}


@check("sampling.temperature")
def zero(assignment, rng):
    """Temperature 0 puts all probability on the greedy token."""
    logits = normal(rng, 4, 6)
    logits[1] -= 30
    logits[2, 2:4] = -np.inf
    apply_temperature = assignment.generation.sampling.apply_temperature
    return {"probabilities": probabilities(apply_temperature(tensor(logits), 0))}


@check("sampling.temperature")
def zero_with_a_tie(assignment, rng):
    """At temperature 0 the first of equal largest logits wins, as in greedy."""
    logits = np.array([[1, 4, 4, 0, 4], [2, 2, -1, -3, 1], [0, -1, -1, 0, -2]], np.float32)
    logits += rng.integers(-3, 4, (3, 1)).astype(np.float32)
    sampling = assignment.generation.sampling
    return {
        "probabilities": probabilities(sampling.apply_temperature(tensor(logits), 0.0)),
        "greedy": sampling.greedy(tensor(logits)),
    }


@check("sampling.temperature")
def tokens_ruled_out(assignment, rng):
    """Tokens that a filter has ruled out stay so at any temperature."""
    logits = normal(rng, 2, 8)
    logits[0, [0, 3, 4]] = logits[1, [5, 7]] = -np.inf
    apply_temperature = assignment.generation.sampling.apply_temperature
    return {"logits": centred(apply_temperature(tensor(logits), 0.7))}


@check("sampling.top_k")
def three_of_eleven(assignment, rng):
    """The largest logits of each row stay in their places, the others become -inf."""
    logits = normal(rng, 4, 11, scale=3.0)
    return {"logits": assignment.generation.sampling.top_k_filter(tensor(logits), 3)}


@check("sampling.top_k")
def the_best_alone(assignment, rng):
    """k = 1 keeps one token in each row."""
    logits = normal(rng, 5, 7)
    top_k_filter = assignment.generation.sampling.top_k_filter
    one_row = top_k_filter(tensor(logits[:1]), 1)
    return {"logits": top_k_filter(tensor(logits), 1), "one row": one_row}


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
    top_k_filter = assignment.generation.sampling.top_k_filter
    best = np.array([[1, 4, 4, -2], [3, 0, 3, 3]], np.float32)[:, rng.permutation(4)]
    return {
        "logits": top_k_filter(tensor(logits), 3),
        "of the best": top_k_filter(tensor(best), 1),
    }


@check("sampling.top_k")
def almost_ties(assignment, rng):
    """Logits that are close are not equal: exactly k tokens are kept."""
    logits = np.array([rng.permutation(9), rng.permutation(9)]) * np.array([[1e-4], [1e-3]]) + 1
    return {"logits": assignment.generation.sampling.top_k_filter(tensor(logits.astype("f4")), 4)}


@check("sampling.top_k")
def ties_above_the_threshold(assignment, rng):
    """Equal logits count one each: k tokens are kept, not k different values."""
    logits = np.array([[7, 3, 7, 5, 1], [-2, -4, -3, -2, -9], [0, 0, 0, 0, -1]], np.float32)
    logits = logits[:, rng.permutation(5)]
    return {"logits": assignment.generation.sampling.top_k_filter(tensor(logits), 2)}


@check("sampling.top_k")
def far_apart(assignment, rng):
    """Logits so far apart that most probabilities are 0 in floating point."""
    row = np.array([900, 0, -200, -500, -501, -900])
    logits = np.array([rng.permutation(row) + rng.integers(-9, 9) for _ in range(3)], np.float32)
    return {"logits": assignment.generation.sampling.top_k_filter(tensor(logits), 4)}


@check("sampling.top_k")
def few_tokens_left(assignment, rng):
    """A row in which fewer than k tokens are possible keeps those."""
    logits = normal(rng, 3, 6, scale=2.0)
    logits[0, [0, 2, 3, 5]] = logits[1, [1, 4]] = -np.inf
    return {"logits": assignment.generation.sampling.top_k_filter(tensor(logits), 3)}


@check("sampling.top_p")
def nucleus(assignment, rng):
    """The tokens that together reach p stay in their places, whatever the row's order."""
    rows = (
        [0.42, 0.25, 0.15, 0.10, 0.05, 0.02, 0.01],  # 3 tokens reach 0.75
        [0.90, 0.04, 0.03, 0.01, 0.01, 0.005, 0.005],  # 1
        [0.17, 0.16, 0.15, 0.14, 0.135, 0.125, 0.12],  # 5: 0.755
        [0.50, 0.20, 0.11, 0.10, 0.05, 0.03, 0.01],  # 3
    )
    logits = table(rng, *rows)
    return {"logits": assignment.generation.sampling.top_p_filter(tensor(logits), 0.75)}


@check("sampling.top_p")
def a_long_nucleus(assignment, rng):
    """A large p and many tokens."""
    logits = normal(rng, 3, 40, scale=2.0)
    for row in logits:  # no cumulated probability close to p
        order = np.argsort(-row)
        total = np.cumsum(probabilities(row[order]))
        while np.abs(total - 0.9).min() < 2e-3:
            row += 0.05 * row
            total = np.cumsum(probabilities(row[order]))
    return {"logits": assignment.generation.sampling.top_p_filter(tensor(logits), 0.9)}


@check("sampling.top_p")
def never_empty(assignment, rng):
    """A tiny p keeps the most probable token."""
    logits = table(
        rng,
        [0.30, 0.25, 0.20, 0.15, 0.10],
        [0.96, 0.01, 0.01, 0.01, 0.01],
        [0.22, 0.20, 0.20, 0.19, 0.19],
    )
    top_p_filter = assignment.generation.sampling.top_p_filter
    return {
        "p = 1e-6": top_p_filter(tensor(logits), 1e-6),
        "p = 0.1": top_p_filter(tensor(logits), 0.1),
        "one row": top_p_filter(tensor(logits[:1]), 0.6),
        "many tokens": top_p_filter(tensor(normal(rng, 2, 50, scale=0.3)), 1e-4),
    }


@check("sampling.top_p")
def the_crossing_token(assignment, rng):
    """The token with which the sum passes p belongs to the nucleus."""
    logits = table(rng, [0.5, 0.3, 0.15, 0.05], [0.6, 0.3, 0.06, 0.04], [0.4, 0.35, 0.2, 0.05])
    improbable = table(rng, [0.6, 0.3, 0.0999, 0.0001], [0.9, 0.09, 0.0099, 0.0001])
    top_p_filter = assignment.generation.sampling.top_p_filter
    arrays = {f"p = {p}": top_p_filter(tensor(logits), p) for p in (0.55, 0.65, 0.92)}
    return arrays | {"p = 0.9995": top_p_filter(tensor(improbable), 0.9995)}


@check("sampling.top_p")
def everything(assignment, rng):
    """p = 1 changes nothing, not even at tokens whose probability is 0 in floating point."""
    logits = normal(rng, 2, 9)
    logits[:, 3] += 40
    logits[0, 5] -= 90
    top_p_filter = assignment.generation.sampling.top_p_filter
    return {
        "p = 1": top_p_filter(tensor(logits), 1.0),
        "p = 0.5": top_p_filter(tensor(logits), 0.5),  # so that the check says something
    }


@check("sampling.top_p")
def large_logits(assignment, rng):
    """Logits in the hundreds: only their differences count."""
    rows = ([0.45, 0.3, 0.15, 0.07, 0.03], [0.7, 0.2, 0.06, 0.03, 0.01])
    logits = table(rng, *rows) + np.array([[500], [-400]], np.float32)
    return {"logits": assignment.generation.sampling.top_p_filter(tensor(logits), 0.8)}


@check("sampling.top_p")
def after_another_filter(assignment, rng):
    """Tokens that are ruled out already stay so, and their probability is 0."""
    logits = table(rng, [0.4, 0.3, 0.15, 0.1, 0.04, 0.01], [0.3, 0.26, 0.2, 0.1, 0.08, 0.06])
    logits[0, np.argmax(logits[0])] = logits[1, np.argmin(logits[1])] = -np.inf
    # 0.5, 0.25, 0.17 … and 0.32, 0.28, 0.21, 0.11 …
    return {"logits": assignment.generation.sampling.top_p_filter(tensor(logits), 0.7)}
