"""Checks of Part 5: the transformer."""

import numpy as np

from autograder.checks import check
from autograder.checks.tools import gradients, normal, tensor


@check("masking.causal")
def square(assignment, rng):
    """As many keys as queries."""
    length = int(rng.integers(5, 9))
    return {"mask": assignment.layers.masking.causal_mask(length)}


@check("masking.causal")
def last_queries(assignment, rng):
    """A few queries at the end of many keys, as in cached decoding."""
    queries = int(rng.integers(2, 4))
    keys = int(rng.integers(6, 9))
    causal_mask = assignment.layers.masking.causal_mask
    return {"some": causal_mask(queries, keys), "one": causal_mask(1, keys)}


@check("attention.scaled_dot_product")
def unmasked(assignment, rng):
    """Without a mask, over two leading axes; the values are wider than the keys."""
    query, key = normal(rng, 2, 3, 4, 6), normal(rng, 2, 3, 5, 6)
    value = normal(rng, 2, 3, 5, 7)
    output, weights = assignment.layers.attention.scaled_dot_product_attention(
        tensor(query), tensor(key), tensor(value)
    )
    return {"weights": weights, "output": output}


@check("attention.scaled_dot_product")
def masked(assignment, rng):
    """A boolean mask that broadcasts over the heads."""
    query, key = normal(rng, 2, 3, 4, 8), normal(rng, 2, 3, 5, 8)
    value = normal(rng, 2, 3, 5, 8)
    mask = rng.random((2, 1, 4, 5)) < 0.6
    mask[..., 0] = True  # no empty row here
    output, weights = assignment.layers.attention.scaled_dot_product_attention(
        tensor(query), tensor(key), tensor(value), tensor(mask)
    )
    return {"weights": weights, "output": output}


@check("attention.scaled_dot_product")
def empty_rows(assignment, rng):
    """A query that may attend nowhere gives finite numbers, and leaves other rows alone."""
    query, key, value = normal(rng, 3, 4, 5), normal(rng, 3, 6, 5), normal(rng, 3, 6, 2)
    mask = rng.random((3, 4, 6)) < 0.7
    mask[..., 0] = True
    mask[1, 2] = False
    output, weights = assignment.layers.attention.scaled_dot_product_attention(
        tensor(query), tensor(key), tensor(value), tensor(mask)
    )
    output, weights = np.array(output), np.array(weights)
    # Which finite numbers stand in an empty row is free: uniform weights and zeros are both right.
    finite = np.isfinite(output[1, 2]).all() and np.isfinite(weights[1, 2]).all()
    output[1, 2] = weights[1, 2] = 0
    return {"the empty row is finite": np.bool_(finite), "weights": weights, "output": output}


@check("attention.scaled_dot_product")
def gradient_of_the_query(assignment, rng):
    """The gradients flow through the weights to queries, keys and values."""
    query, key, value = normal(rng, 2, 3, 4), normal(rng, 2, 5, 4), normal(rng, 2, 5, 6)
    mask = tensor(np.tril(np.ones((3, 5), bool), k=2))
    direction = tensor(normal(rng, 2, 3, 6))

    def loss(*inputs):
        import tensorflow as tf

        attention = assignment.layers.attention.scaled_dot_product_attention
        return tf.reduce_sum(direction * attention(*inputs, mask)[0])

    names = ("query", "key", "value")
    found = gradients(loss, query, key, value)
    return {f"gradient of {name}": value for name, value in zip(names, found, strict=True)}
