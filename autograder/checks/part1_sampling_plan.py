"""Checks of Part 1: which windows a step draws. Nothing depends on the numbers that are drawn."""

import builtins
import random

import numpy as np

from autograder.checks import check


def _starts(assignment, *arguments):
    return np.asarray(assignment.text.windows.window_starts(*arguments))


def _set_global_seeds(seed):
    import tensorflow as tf

    tf.random.set_seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - a submission may use the global generator
    random.seed(seed)


@check("text.sampling_plan", tolerance="exact")
def every_place(assignment, rng):
    """Every place where a window fits is drawn, and no other."""
    seed, few, many = (int(rng.integers(*bounds)) for bounds in ((1, 1000), (10, 16), (25, 36)))
    return {
        "places of few tokens": np.unique(_starts(assignment, seed, 3, 600, few, 7)),
        "places of many tokens": np.unique(_starts(assignment, seed, 8, 900, many, 2)),
        "one place": _starts(assignment, seed, 5, 6, 8, 7),
        "shape of one start": np.array(_starts(assignment, seed, 5, 1, 99, 7).shape),
        "two places": np.unique(_starts(assignment, seed, 5, 60, 9, 7)),
    }


@check("text.sampling_plan", tolerance="exact")
def evenly(assignment, rng):
    """All places are equally likely, within a batch and from step to step."""
    seed, places, draws = int(rng.integers(1, 1000)), int(rng.integers(5, 8)), 6000
    one_batch = _starts(assignment, seed, 1, draws, places + 9, 9)
    many = [_starts(assignment, seed, step, 200, places + 9, 9) for step in range(30)]
    many_batches = np.concatenate(many)
    # Five deviations of a binomial count: a right answer fails once in a million.
    margin = 5 * np.sqrt(draws / places * (1 - 1 / places))
    result = {"drawn": np.unique(one_batch)}
    for name, drawn in (("in one batch", one_batch), ("over 30 steps", many_batches)):
        counts = np.array([(drawn == place).sum() for place in range(places)])
        result[f"even {name}"] = np.abs(counts - draws / places) < margin
    return result


@check("text.sampling_plan", tolerance="exact")
def arguments_decide(assignment, rng):
    """The same arguments give the same starts, others give others, whatever ran in between."""
    seed, step = (int(n) for n in rng.integers(100, 1000, 2))
    rest = (40, 100_000, 64)
    first = _starts(assignment, seed, step, *rest)
    _set_global_seeds(3)
    asked = {
        "the same": (seed, step),
        "the next step": (seed, step + 1),
        "the same after it": (seed, step),
        "another seed": (seed + 1, step),
        "a neighbour of both": (seed + 1, step - 1),
        "exchanged": (step, seed),
        "the same at last": (seed, step),
    }
    drawn = [_starts(assignment, *pair, *rest) for pair in asked.values()]
    moved = (drawn[1].astype(np.int64) - first) % (100_000 - 64)

    def equal(*couples):
        starts = [[_starts(assignment, *pair, *rest) for pair in couple] for couple in couples]
        return np.array([np.array_equal(*couple) for couple in starts])

    return {
        "equal to the first": np.array([np.array_equal(first, other) for other in drawn]),
        "the next step is the first, shifted": np.bool_(np.unique(moved).size < 30),
        "0 is 1, as seed and as step": equal(((0, 5), (1, 5)), ((5, 0), (5, 1))),
        "another seed or step beside a 0": equal(((0, 5), (0, 6)), ((5, 0), (6, 0))),
        "in order": np.bool_((np.diff(first) >= 0).all()),
        "shape": np.array(first.shape),
    }


@check("text.sampling_plan", tolerance="exact")
def no_batch_comes_back(assignment, rng):
    """No step of any seed draws what another one drew, be it the next or one thousands later."""
    seed, step = (int(n) for n in rng.integers(100, 1000, 2))
    distances = [*(2**i for i in range(18)), *(10**i for i in range(1, 6))]
    asked = [(seed, step)]
    for d in distances:
        asked += [(seed, step + d), (seed + d, step), (seed + d, step - 1), (seed + 1, step + d)]
    asked += [(1, 2345), (12, 345), (123, 45), (1234, 5)]  # alike if written side by side
    drawn = {tuple(_starts(assignment, *pair, 4, 2 * 10**9, 32)) for pair in asked}
    small = np.unique(_starts(assignment, seed, step, 500, int(rng.integers(16, 24)), 8))
    return {
        "different batches": np.int64(len(drawn)),
        "pairs": np.int64(len(set(asked))),
        # By chance two of all these windows coincide once in 25,000 runs, and four hardly ever.
        "windows of their own": np.bool_(len(set().union(*drawn)) < 4 * len(drawn) - 3),
        "places": small,
    }


@check("text.sampling_plan", tolerance="exact")
def no_other_randomness(assignment, rng):
    """No global random state is read or moved."""
    import tensorflow as tf

    def global_draws(disturb):
        _set_global_seeds(11)
        if disturb:
            _starts(assignment, 5, 6, 7, 1000, 10)
        numpy_draw = np.random.rand()  # noqa: NPY002
        return np.array([float(tf.random.uniform([])), numpy_draw, random.random()])

    draws = []
    for global_seed in (1, 2):
        _set_global_seeds(global_seed)
        draws.append(_starts(assignment, 5, 6, 30, 50_000, 10))
    undisturbed = global_draws(False) == global_draws(True)
    return {
        "equal under another global seed": np.bool_(np.array_equal(*draws)),
        "global draws unmoved": undisturbed,
        "places": np.unique(_starts(assignment, 5, 7, 300, int(rng.integers(14, 20)), 10)),
    }


def _first_process(assignment, rng):
    np.save("first.npy", _starts(assignment, 21, 400, 16, 5000, 32))


@check("text.sampling_plan", tolerance="exact", before=(_first_process,))
def in_another_process(assignment, rng):
    """A new process draws the same: a run that is resumed sees the batches it would have seen."""
    for step in range(3):  # a generator that counts its calls would be elsewhere by now
        _starts(assignment, 21, step, 16, 5000, 32)
    first, same, plain_hash = np.load("first.npy"), [], builtins.hash
    # Python gives a text another hash in each process; these two are forks of one.
    builtins.hash = lambda value: plain_hash(value) ^ 0x5A5A * isinstance(value, str | bytes)
    try:
        for step in (400, 4):
            same.append(np.array_equal(first, _starts(assignment, 21, step, 16, 5000, 32)))
    finally:
        builtins.hash = plain_hash
    return {"the same at steps 400 and 4": np.array(same)}


@check("text.sampling_plan", tolerance="exact")
def large_corpus(assignment, rng):
    """A corpus of five billion tokens: every place can still be drawn."""
    num_tokens, length, draws = 5_000_000_000, 128, 12_000
    parts = int(rng.integers(12, 20))
    starts = _starts(assignment, int(rng.integers(1, 1000)), 2, draws, num_tokens, length)
    starts = starts.astype(np.int64)
    places = num_tokens - length
    return {
        "parts of it": np.unique(starts * parts // places),
        "in range": np.bool_((starts >= 0).all() and (starts < places).all()),
        # Single precision knows 2^24 fractions or fewer, so that places coincide: 4 and more.
        "hardly any drawn twice": np.bool_(draws - np.unique(starts).size < 2),
        "odd as often as even": np.bool_(abs((starts % 2).mean() - 0.5) < 2.5 / np.sqrt(draws)),
    }


@check("text.sampling_plan", needs=["text.windows"], tolerance="exact")
def starts_fit_the_windows(assignment, rng):
    """The windows at these starts lie inside the corpus."""
    tokens = np.arange(int(rng.integers(20, 27)), dtype=np.int32)
    starts = assignment.text.windows.window_starts(9, 4, 600, len(tokens), 5)
    inputs, targets = assignment.text.windows.next_token_windows(tokens, starts, 5)
    last = np.asarray(targets)[:, -1]
    return {"last targets": np.unique(last), "first inputs": np.unique(np.asarray(inputs)[:, 0])}
