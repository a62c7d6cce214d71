"""Checks of Part 5: multi-head attention."""

import inspect

import numpy as np

from autograder.checks import check
from autograder.checks.layer_tools import fill_attention
from autograder.checks.tools import causal, normal, tensor

NEEDS = ("attention.scaled_dot_product",)


def attention(assignment, rng, hidden_dim, num_heads, dropout=0.0, **arguments):
    """A layer with weights of the check's own."""
    layer = assignment.layers.attention.MultiHeadAttention(
        hidden_dim, num_heads, dropout, **arguments
    )
    layer(tensor(normal(rng, 1, 2, hidden_dim)))  # builds it
    fill_attention(rng, layer)
    return layer


@check("attention.multi_head", needs=NEEDS)
def self_attention(assignment, rng):
    """Without a context a sequence attends to itself, be it a single token of a single row."""
    layer = attention(assignment, rng, 12, 3)
    inputs = normal(rng, 2, 5, 12)
    return {"output": layer(tensor(inputs)), "one token": layer(tensor(inputs[:1, :1]))}


@check("attention.multi_head", needs=NEEDS)
def masked_with_weights(assignment, rng):
    """A mask for each row, and the weights of every head."""
    layer = attention(assignment, rng, 8, 2)
    mask = causal(6, 6) & (np.arange(6) < np.array([[6], [4], [3]]))[:, None, None, :]
    output, weights = layer(tensor(normal(rng, 3, 6, 8)), mask=tensor(mask), return_weights=True)
    return {"output": output, "weights": weights}


@check("attention.multi_head", needs=NEEDS)
def a_mask_for_each_head(assignment, rng):
    """Every head may have a mask of its own; all rows may share them."""
    layer = attention(assignment, rng, 9, 3)
    inputs, masks = normal(rng, 2, 4, 9), rng.random((2, 3, 4, 4)) < 0.5
    masks[..., 0] = True
    return {
        "output": layer(tensor(inputs), mask=tensor(masks)),
        "shared by the rows": layer(tensor(inputs), mask=tensor(masks[:1])),
    }


@check("attention.multi_head", needs=NEEDS)
def context_of_equal_length(assignment, rng):
    """A context as long as the inputs: where do queries, keys and values come from?"""
    layer = attention(assignment, rng, 8, 2)
    inputs, context = tensor(normal(rng, 3, 5, 8)), tensor(normal(rng, 3, 5, 8))
    return {"output": layer(inputs, context)}


@check("attention.multi_head", needs=NEEDS)
def cross_attention(assignment, rng):
    """Queries from the inputs, keys and values from a longer context with padding."""
    layer = attention(assignment, rng, 12, 4)
    inputs, context = tensor(normal(rng, 2, 5, 12)), tensor(normal(rng, 2, 7, 12))
    mask = (np.arange(7) < np.array([[7], [4]]))[:, None, None, :]
    output, weights = layer(inputs, context, tensor(mask), return_weights=True)
    return {"output": output, "weights": weights, "without a mask": layer(inputs, context=context)}


@check("attention.multi_head", needs=NEEDS)
def as_many_heads_as_tokens(assignment, rng):
    """Batch, heads, tokens and the width of a head all 4: nothing but the order of axes tells."""
    layer = attention(assignment, rng, 16, 4)
    inputs = tensor(normal(rng, 4, 4, 16))
    output, weights = layer(inputs, mask=tensor(causal(4, 4)), return_weights=True)
    return {"output": output, "weights": weights}


@check("attention.multi_head", needs=NEEDS)
def gradients_of_the_weights(assignment, rng):
    """Every projection learns, and gradients reach the inputs and a context."""
    import tensorflow as tf

    layer = attention(assignment, rng, 6, 2)
    inputs, context = tensor(normal(rng, 2, 4, 6)), tensor(normal(rng, 2, 3, 6))
    direction = tensor(normal(rng, 2, 4, 6))
    names = ("query_dense", "key_dense", "value_dense", "output_dense")
    kernels = [getattr(layer, name).kernel.value for name in names]
    biases = [getattr(layer, name).bias.value for name in ("query_dense", "value_dense")]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch((inputs, context))
        loss = tf.reduce_sum(direction * layer(inputs, mask=tensor(causal(4, 4)), training=True))
        crossed = tf.reduce_sum(direction * layer(inputs, context))
    sources = dict(zip([*names, "query bias", "value bias"], [*kernels, *biases], strict=True))
    found = tape.gradient(loss, sources | {"inputs": inputs}, unconnected_gradients="zero")
    of_context = tape.gradient(crossed, context, unconnected_gradients="zero")
    gradients = {f"gradient of {name}": value for name, value in found.items()}
    return gradients | {"gradient of a context": of_context}


@check("attention.multi_head", needs=NEEDS)
def cache_filled_step_by_step(assignment, rng):
    """Four tokens are read at once, then two one by one; what is written later stays hidden."""
    layer = attention(assignment, rng, 12, 3)
    inputs = normal(rng, 2, 6, 12)
    cache = tensor(normal(rng, 2, 2, 7, 3, 4))  # full of old numbers
    results = {}
    for first, last in ((0, 4), (4, 5), (5, 6)):
        mask = causal(last - first, 7, first)
        output, cache = layer(
            tensor(inputs[:, first:last]), mask=tensor(mask), cache=cache, cache_index=first
        )
        results[f"output {first}-{last}"] = output
    mask = np.repeat(causal(1, 7, 6)[None, None], 2, axis=0)
    mask[1, ..., :2] = False  # a text with padding in front
    last = tensor(inputs[:, :1])
    output, _ = layer(last, mask=tensor(mask), cache=cache, cache_index=6)
    return {**results, "cache": cache, "output with padding in front": output}


@check("attention.multi_head", needs=NEEDS)
def cache_in_the_middle(assignment, rng):
    """Two tokens at an index that is a tensor, a mask of each row; the rest of the cache stays."""
    layer = attention(assignment, rng, 10, 5)
    mask = np.repeat(causal(2, 6, 3)[None, None], 3, axis=0)
    mask[np.arange(3), :, :, np.arange(3)] = False
    cache = tensor(normal(rng, 3, 2, 6, 5, 2))
    output, cache, weights = layer(
        tensor(normal(rng, 3, 2, 10)),
        mask=tensor(mask),
        cache=cache,
        cache_index=tensor(np.int32(3)),
        return_weights=True,
    )
    return {"output": output, "cache": cache, "weights": weights}


@check("attention.multi_head", needs=NEEDS)
def cache_within_a_function(assignment, rng):
    """In a tf.function, as the decoding loop is, the index has no value while it is traced."""
    import tensorflow as tf

    layer = attention(assignment, rng, 6, 2)
    call = tf.function(
        lambda inputs, mask, cache, index: layer(inputs, mask=mask, cache=cache, cache_index=index)
    )
    cache, outputs = tensor(normal(rng, 2, 2, 5, 2, 3)), {}
    for index in (2, 3):
        mask = tensor(causal(1, 5, index))
        output, cache = call(tensor(normal(rng, 2, 1, 6)), mask, cache, tensor(np.int32(index)))
        outputs[f"output {index}"] = output
    return {**outputs, "cache": cache}


@check("attention.multi_head", needs=NEEDS)
def rotary(assignment, rng):
    """With rotary positions the order counts, through distances alone, also with a cache."""
    known = inspect.signature(assignment.layers.attention.MultiHeadAttention.__init__).parameters
    rotating = {"rotary": True} if "rotary" in known else {}
    plain = attention(assignment, rng, 8, 2)
    layer = attention(assignment, rng, 8, 2, **rotating)
    inputs = normal(rng, 2, 5, 8)
    turned = np.asarray(layer(tensor(inputs)))
    permuted = np.asarray(layer(tensor(inputs[:, ::-1].copy())))[:, ::-1]
    # The same tokens, three positions later in a cache whose beginning is hidden.
    mask = np.arange(8) >= np.array([3] * 5)[:, None]
    cache = tensor(np.zeros((2, 2, 8, 2, 4), np.float32))
    shifted, _ = layer(tensor(inputs), mask=tensor(mask), cache=cache, cache_index=3)
    single = cache
    for index in range(2):  # one by one: the position follows from the index
        step = tensor(inputs[:, index : index + 1])
        visible = tensor(causal(1, 8, index))
        at = tensor(np.int32(index))  # as in the decoding loop
        last, single = layer(step, mask=visible, cache=single, cache_index=at)
    whole = np.asarray(layer(tensor(inputs[:, :2])))[:, 1]
    return {
        "without positions": plain(tensor(inputs)),
        "the order counts": np.bool_(np.abs(turned - permuted).max() > 1e-3 or not rotating),
        "only distances count": np.bool_(np.abs(np.asarray(shifted) - turned).max() < 1e-4),
        "steps agree": np.bool_(np.abs(np.asarray(last)[:, 0] - whole).max() < 1e-4),
    }
