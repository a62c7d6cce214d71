"""Checks of Part 4: the decoding loop, on models whose greedy text is known."""

import inspect

import numpy as np

from autograder.checks import check
from autograder.checks.tools import tensor
from autograder.checks.toy_models import Cache, LastToken, Order, Position, Uniform


def best(logits, seed):
    """The greedy sampler."""
    import tensorflow as tf

    return tf.math.top_k(logits, k=1).indices[:, 0]


def prompts(rng, vocabulary_size, lengths, padding=0) -> tuple:
    """Random prompts of these lengths, padded on the right to the longest."""
    ids = rng.integers(1, vocabulary_size, (len(lengths), max(lengths))).astype(np.int32)
    for row, length in enumerate(lengths):
        ids[row, length:] = padding
    return tensor(ids), tensor(np.array(lengths, np.int32))


@check("decoding.generate")
def equal_prompts(assignment, rng):
    """Prompts of one length: new tokens only, each one following from the token before."""
    generate = assignment.generation.decoding.generate
    ids, lengths = prompts(rng, 11, [3, 3, 3, 3])
    text, counts = generate(LastToken(11), ids, lengths, 6, best, 1)
    alone, count = generate(LastToken(11), ids[:1], lengths[:1], 5, best, 1)
    return {"ids": text, "lengths": counts, "ids of one row": alone, "length of one row": count}


@check("decoding.generate")
def one_new_token(assignment, rng):
    """One new token behind prompts of one token, and behind longer ones."""
    generate = assignment.generation.decoding.generate
    short, longer = prompts(rng, 11, [1, 1]), prompts(rng, 11, [4, 2, 5])
    first, first_count = generate(Order(11), *short, 1, best, 0)
    second, second_count = generate(Order(11), *longer, 1, best, 0)
    return {
        "ids": first,
        "lengths": first_count,
        "ids behind longer prompts": second,
        "lengths behind longer prompts": second_count,
    }


@check("decoding.generate")
def ragged_prompts(assignment, rng):
    """Prompts of different lengths: the state reads each row's own tokens, once and in order."""
    ids, lengths = prompts(rng, 13, [2, 5, 1, 4])
    text, counts = assignment.generation.decoding.generate(Order(13), ids, lengths, 7, best, 1)
    return {"ids": text, "lengths": counts}


@check("decoding.generate")
def padding_is_never_read(assignment, rng):
    """What stands behind a prompt does not matter, and a pad id within it does."""
    ids, lengths = prompts(rng, 13, [4, 2, 6], padding=9)
    ids = np.array(ids)
    ids[0, 3] = ids[2, 2] = 0  # within the prompts: ordinary tokens
    text, _ = assignment.generation.decoding.generate(Order(13), tensor(ids), lengths, 5, best, 1)
    return {"ids": text}


@check("decoding.generate")
def positions(assignment, rng):
    """The model is told the position of each token in its own row."""
    ids, lengths = prompts(rng, 17, [3, 1, 6, 4])
    text, _ = assignment.generation.decoding.generate(Position(17), ids, lengths, 5, best, 1)
    return {"ids": text}


@check("decoding.generate")
def cache(assignment, rng):
    """A state that holds every token at its position, as a KV cache does."""
    ids, lengths = prompts(rng, 19, [5, 2, 3])
    text, _ = assignment.generation.decoding.generate(Cache(19), ids, lengths, 8, best, 1)
    return {"ids": text}


@check("decoding.generate")
def stops(assignment, rng):
    """Each row stops for itself; the stop token is included and counted, then comes padding."""
    stop = int(rng.integers(1, 11))
    ids, lengths = prompts(rng, 11, [2, 4, 1, 3, 2])
    ids = np.array(ids)
    # So many steps of 3 lead from the prompt's last token to the stop; the last two rows never end.
    for row, steps in enumerate((4, 1, 7, 9, 10)):
        ids[row, lengths[row] - 1] = (stop - 3 * steps) % 11
    text, counts = assignment.generation.decoding.generate(
        LastToken(11), tensor(ids), lengths, 7, best, 1, stop
    )
    return {"ids": text, "lengths": counts}


@check("decoding.generate")
def stop_in_the_prompt(assignment, rng):
    """A stop token within a prompt ends nothing; only a new one does."""
    stop = int(rng.integers(1, 11))
    ids, lengths = prompts(rng, 11, [3, 4, 2])
    ids = np.array(ids)
    ids[0, 0] = ids[1, 2] = ids[2, 1] = stop
    ids[0, 2] = (stop - 9) % 11
    ids[1, 3] = (stop - 15) % 11
    text, counts = assignment.generation.decoding.generate(
        LastToken(11), tensor(ids), lengths, 6, best, 1, stop_id=stop
    )
    return {"ids": text, "lengths": counts}


@check("decoding.generate")
def every_token_counts(assignment, rng):
    """A new token with the number of the pad id counts like any other, and may be the stop."""
    ids, lengths = prompts(rng, 7, [2, 1, 3])  # x + 3 modulo 7 meets 0 within 7 steps
    generate = assignment.generation.decoding.generate
    text, counts = generate(LastToken(7), ids, lengths, 8, best, 1)
    stopped, stops = generate(LastToken(7), ids, lengths, 8, best, 1, stop_id=0)
    return {
        "ids": text,
        "lengths": counts,
        "ids with 0 as the stop": stopped,
        "lengths with 0 as the stop": stops,
    }


@check("decoding.generate")
def the_sampler_decides(assignment, rng):
    """The sampler is given the model's logits (B, V) and a seed (2,), and its choice is taken."""
    import tensorflow as tf

    def sampler(logits, seed):
        tf.ensure_shape(tf.convert_to_tensor(seed), [2])
        logits = tf.ensure_shape(logits, [None, 13])
        # Halfway between two logits: the other one is chosen when anything is done to them.
        return tf.argmin(tf.abs(logits + 1.751), axis=-1, output_type=tf.int32)

    ids, lengths = prompts(rng, 13, [3, 1, 4, 2])
    text, counts = assignment.generation.decoding.generate(Order(13), ids, lengths, 6, sampler, 3)
    return {"ids": text, "lengths": counts}


@check("decoding.generate")
def seeds(assignment, rng):
    """The same seed gives the same text, another seed another, and each step a draw of its own."""
    import tensorflow as tf

    def sampler(logits, seed):
        return tf.random.stateless_categorical(logits, 1, seed, dtype=tf.int32)[:, 0]

    generate = assignment.generation.decoding.generate
    seed = int(rng.integers(1, 1000))
    ids, lengths = prompts(rng, 64, [2, 3])
    texts = []
    for used in (seed, seed, seed + 1):
        tf.random.set_seed(len(texts))  # global randomness must not matter
        texts.append(np.asarray(generate(Uniform(64), ids, lengths, 14, sampler, used)[0]))
    for pair in ((seed, 1), (seed, 2), (seed + 1, 1)):
        text, _ = generate(Uniform(64), ids, lengths, 14, sampler, pair)
        texts.append(np.asarray(text))
    plain, _ = generate(LastToken(64), ids, lengths, 3, best, seed)
    return {
        "greedy text": plain,
        "the same seed gives the same text": np.bool_((texts[0] == texts[1]).all()),
        "another seed gives another text": np.bool_((texts[0] != texts[2]).any()),
        "the second number of a pair counts": np.bool_((texts[3] != texts[4]).any()),
        "the first number of a pair counts": np.bool_((texts[3] != texts[5]).any()),
        "each step draws anew": np.array([len(set(row.tolist())) > 5 for row in texts[0]]),
        "neighbours differ": (texts[0][:, 1:] == texts[0][:, :-1]).sum(axis=1) < 4,
        "ids are of the vocabulary": np.bool_((texts[0] >= 0).all() and (texts[0] < 64).all()),
    }


@check("decoding.generate")
def no_token_twice(assignment, rng):
    """The state carries what was read: the text so far is not read again for each new token."""
    ids, lengths = prompts(rng, 11, [4, 6, 3])
    model = Order(11)
    text, _ = assignment.generation.decoding.generate(model, ids, lengths, 12, best, 1)
    # One reading of 6 + 12 positions in three rows, and as much again to spare.
    return {"ids": text, "reads little": np.bool_(model.tokens_read <= 2 * 3 * (6 + 12))}


@check("decoding.generate")
def further_arguments(assignment, rng):
    """Another pad id, and prompts whose first tokens are read at once."""
    generate = assignment.generation.decoding.generate
    known = inspect.signature(generate).parameters
    ids, lengths = prompts(rng, 11, [3, 5, 4])
    ids = np.array(ids)
    ids[np.arange(3), np.array(lengths) - 1] = [(5 - 3 * steps) % 11 for steps in (2, 9, 4)]

    padding = {"pad_id": 12} if "pad_id" in known else {}
    text, counts = generate(LastToken(11), tensor(ids), lengths, 6, best, 1, 5, **padding)
    text, counts = np.asarray(text), np.asarray(counts)
    behind = np.arange(6) >= counts[:, None]
    pad = padding.get("pad_id", 0)
    shared = {"shared_length": 3} if "shared_length" in known else {}
    together, _ = generate(Order(11), tensor(ids), lengths, 6, best, 1, **shared)
    placed, _ = generate(Cache(11), tensor(ids), lengths, 6, best, 1, **shared)
    return {
        "new tokens": np.where(behind, -1, text),
        "lengths": counts,
        "padding": np.bool_((text[behind] == pad).all()),
        "ids with shared tokens": together,
        "ids with shared tokens in a cache": placed,
    }
