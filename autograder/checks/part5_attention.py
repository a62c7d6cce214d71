"""Checks of Part 5: scaled dot-product attention."""

import numpy as np

from autograder.checks import check
from autograder.checks.tools import compiled, gradients, normal, tensor


@check("attention.scaled_dot_product")
def unmasked(assignment, rng):
    """Without a mask, over two leading axes; the values are wider than the keys."""
    # Not two rows: they would be taken apart like a pair if the output were returned alone.
    query, key = normal(rng, 3, 2, 4, 6), normal(rng, 3, 2, 5, 6)
    value = normal(rng, 3, 2, 5, 7)
    output, weights = assignment.layers.attention.scaled_dot_product_attention(
        tensor(query), tensor(key), tensor(value)
    )
    return {"weights": weights, "output": output}


@check("attention.scaled_dot_product")
def masked(assignment, rng):
    """A boolean mask that broadcasts over the heads."""
    query, key = normal(rng, 3, 2, 4, 8), normal(rng, 3, 2, 5, 8)
    value = normal(rng, 3, 2, 5, 8)
    mask = rng.random((3, 1, 4, 5)) < 0.6
    mask[..., 0] = True  # no empty row here
    arrays = [tensor(array) for array in (query, key, value, mask)]
    attend = assignment.layers.attention.scaled_dot_product_attention
    output, weights = attend(*arrays)
    in_training, _ = compiled(attend)(*arrays)
    return {"weights": weights, "output": output, "output, compiled": in_training}


@check("attention.scaled_dot_product")
def empty_rows(assignment, rng):
    """A query that may attend nowhere gives finite numbers and gradients, and other rows theirs."""
    query, key, value = normal(rng, 3, 4, 5), normal(rng, 3, 6, 5), normal(rng, 3, 6, 2)
    mask = rng.random((3, 4, 6)) < 0.7
    mask[..., 0] = True
    mask[1, 2] = False
    output, weights = assignment.layers.attention.scaled_dot_product_attention(
        tensor(query), tensor(key), tensor(value), tensor(mask)
    )

    def other_rows(*inputs):
        import tensorflow as tf

        attention = assignment.layers.attention.scaled_dot_product_attention
        return tf.reduce_sum(attention(*inputs, tensor(mask))[0][:, :2])

    found = gradients(other_rows, query, key, value)
    output, weights = np.array(output), np.array(weights)
    # Which finite numbers stand in an empty row is free: uniform weights and zeros are both right.
    finite = np.isfinite(output[1, 2]).all() and np.isfinite(weights[1, 2]).all()
    output[1, 2] = weights[1, 2] = 0
    return {
        "the empty row is finite": np.bool_(finite),
        "its gradients are finite": np.bool_(
            all(np.isfinite(gradient).all() for gradient in found)
        ),
        "weights": weights,
        "output": output,
    }


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


@check("attention.scaled_dot_product")
def no_leading_axes(assignment, rng):
    """Two matrices alone, and three leading axes."""
    attention = assignment.layers.attention.scaled_dot_product_attention
    few, few_weights = attention(
        tensor(normal(rng, 3, 5)), tensor(normal(rng, 6, 5)), tensor(normal(rng, 6, 2))
    )
    one, one_weights = attention(
        tensor(normal(rng, 1, 5)), tensor(normal(rng, 3, 5)), tensor(normal(rng, 3, 2))
    )
    many, many_weights = attention(
        tensor(normal(rng, 2, 1, 3, 4, 7)),
        tensor(normal(rng, 2, 1, 3, 5, 7)),
        tensor(normal(rng, 2, 1, 3, 5, 6)),
    )
    return {
        "weights of matrices": few_weights,
        "output of matrices": few,
        "weights of one query": one_weights,
        "output of one query": one,
        "weights": many_weights,
        "output": many,
    }


@check("attention.scaled_dot_product")
def square_mask(assignment, rng):
    """As many queries as keys, heads and rows: the mask has its queries first, its keys last."""
    query, key, value = (normal(rng, 4, 4, 4, 6) for _ in range(3))
    mask = np.tril(np.ones((4, 4), bool))
    mask[3, 1] = False
    output, weights = assignment.layers.attention.scaled_dot_product_attention(
        tensor(query), tensor(key), tensor(value), tensor(mask)
    )
    return {"weights": weights, "output": output}


@check("attention.scaled_dot_product")
def padded_keys(assignment, rng):
    """A mask (B, 1, 1, K) hides keys, however high their scores."""
    query, key, value = normal(rng, 3, 2, 4, 8), normal(rng, 3, 2, 6, 8), normal(rng, 3, 2, 6, 5)
    mask = (np.arange(6) < np.array([[4], [6], [1]]))[:, None, None, :]
    mask[1, ..., :2] = False  # padding in front
    hidden = ~mask[:, 0, 0]
    key, value = key.copy(), value.copy()
    key.transpose(0, 2, 1, 3)[hidden] *= 1000
    value.transpose(0, 2, 1, 3)[hidden] *= 1000
    output, weights = assignment.layers.attention.scaled_dot_product_attention(
        tensor(query), tensor(key), tensor(value), mask=tensor(mask)
    )
    return {"weights": weights, "output": output}


@check("attention.scaled_dot_product")
def large_scores(assignment, rng):
    """Scores in the hundreds: the softmax does not overflow."""
    query, key = normal(rng, 2, 3, 16, scale=20.0), normal(rng, 2, 5, 16, scale=20.0)
    output, weights = assignment.layers.attention.scaled_dot_product_attention(
        tensor(query), tensor(key), tensor(normal(rng, 2, 5, 4))
    )
    # NaN equals nothing, so that a recorded mistake would not be recognised by it.
    return {"weights": np.nan_to_num(weights, nan=99), "output": np.nan_to_num(output, nan=99)}
