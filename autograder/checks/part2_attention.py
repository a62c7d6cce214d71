"""Checks of Part 2: additive attention."""

import numpy as np

from autograder.checks import check
from autograder.checks.tools import compiled, gradients, normal, tensor


def _inputs(rng, batch=(3,), length=5, query=4, key=6, value=7, inner=2):
    """Query, keys, values, w_query, w_key and v."""
    return (
        normal(rng, *batch, query),
        normal(rng, *batch, length, key),
        normal(rng, *batch, length, value),
        normal(rng, query, inner),
        normal(rng, key, inner),
        normal(rng, inner, scale=2.0),
    )


def _attend(assignment, arrays, mask=None):
    inputs = [tensor(array) for array in arrays]
    if mask is not None:
        inputs.append(tensor(mask))
    context, weights = assignment.layers.recurrent.additive_attention(*inputs)
    return {"weights": weights, "context": context}


@check("recurrent.bahdanau")
def one_query_each(assignment, rng):
    """One query for each row of keys, without a mask; and one row alone, with one key."""
    arrays, alone = _inputs(rng), _attend(assignment, _inputs(rng, (1,), 1))
    return _attend(assignment, arrays) | {f"{name} of one key": a for name, a in alone.items()}


@check("recurrent.bahdanau")
def masked_keys(assignment, rng):
    """Rows of unequal lengths: keys off the mask get no weight, the others share it."""
    mask = np.arange(6) < np.array([[6], [2], [4]])
    mask[0, 1] = False
    arrays = _inputs(rng, length=6)
    attend = compiled(assignment.layers.recurrent.additive_attention)
    context, _ = attend(*map(tensor, (*arrays, mask)))
    return _attend(assignment, arrays, mask) | {"context, compiled": context}


@check("recurrent.bahdanau")
def as_many_keys_as_rows(assignment, rng):
    """All sizes are equal, so that an exchanged axis or argument still fits."""
    arrays = _inputs(rng, (4,), 4, 4, 4, 4, 4)
    mask = rng.random((4, 4)) < 0.6
    mask[:, 2] = True
    unmasked, masked = _attend(assignment, arrays), _attend(assignment, arrays, mask)
    return {f"{k}, no mask": v for k, v in unmasked.items()} | {
        f"{k}, mask": v for k, v in masked.items()
    }


@check("recurrent.bahdanau")
def large_scores(assignment, rng):
    """Scores in the hundreds: the softmax stays finite."""
    query, keys, values, w_query, w_key, v = _inputs(rng, (2,), 4, 3, 5, 6, 8)
    return _attend(assignment, (query, keys, values, w_query, w_key, v * 200))


@check("recurrent.bahdanau")
def hidden_keys_with_high_scores(assignment, rng):
    """A key off the mask gets no weight, even if its score is hundreds above the others."""
    query, keys, values, w_query, w_key, v = _inputs(rng, (3,), 5, 3, 4, 2, 6)
    arrays = (query, keys, values, w_query, w_key, v * 100)
    scores = np.tanh((query @ w_query)[:, None] + keys @ w_key) @ v
    mask = np.ones((3, 5), bool)
    mask[np.arange(3), scores.argmax(-1)] = False
    return _attend(assignment, arrays, mask)


@check("recurrent.bahdanau")
def queries_of_a_sequence(assignment, rng):
    """Many queries look at the same keys: a leading axis of length 1, and a causal mask."""
    batch, length = 2, 5
    query, _, _, w_query, w_key, v = _inputs(rng, (batch, length))
    keys, values = normal(rng, batch, 1, length, 6), normal(rng, batch, 1, length, 7)
    mask = np.tril(np.ones((length, length), bool))
    return _attend(assignment, (query, keys, values, w_query, w_key, v), mask)


@check("recurrent.bahdanau")
def gradients_of_attention(assignment, rng):
    """The gradients with respect to queries, keys, values and weights."""
    arrays = _inputs(rng, (2,), 4, 3, 5, 6, 7)
    mask = np.array([[True, True, False, True], [True, False, True, True]])
    direction = tensor(normal(rng, 2, 6))

    def loss(*inputs):
        import tensorflow as tf

        attention = assignment.layers.recurrent.additive_attention
        return tf.reduce_sum(direction * attention(*inputs, tensor(mask))[0])

    names = ("query", "keys", "values", "w_query", "w_key", "v")
    found = gradients(loss, *arrays)
    return {f"gradient of {name}": value for name, value in zip(names, found, strict=True)}
