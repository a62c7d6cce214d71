"""Checks of Part 5: what multi-head attention drops while it is trained."""

import numpy as np

from autograder.checks import check
from autograder.checks.layer_tools import fill_attention, later_inputs_reach
from autograder.checks.part5_multi_head import NEEDS, attention
from autograder.checks.tools import causal, normal, tensor


@check("attention.multi_head", needs=NEEDS)
def dropout_only_in_training(assignment, rng):
    """Dropout acts when training is true, and a rate of 0 never does anything."""
    layer = attention(assignment, rng, 8, 2, 0.5)
    inputs = tensor(normal(rng, 3, 5, 8))
    still, again = layer(inputs), layer(inputs, training=False)
    first, second = (np.asarray(layer(inputs, training=True)) for _ in range(2))
    without = assignment.layers.attention.MultiHeadAttention(8, 4)
    without(tensor(normal(rng, 1, 2, 8)))  # builds it
    fill_attention(rng, without)
    return {
        "output": still,
        "output with training=False": again,
        "training changes it": np.bool_(np.abs(first - still).max() > 1e-3),
        "each call drops others": np.bool_(np.abs(first - second).max() > 1e-3),
        "rate 0 in training": without(inputs, training=True),
    }


@check("attention.multi_head", needs=NEEDS)
def dropout_of_the_weights(assignment, rng):
    """Dropout takes attention weights away as a whole, in each head by itself, and scales up."""
    batch, length, heads, width, rate = 8, 6, 3, 4, 0.25
    layer = attention(assignment, rng, heads * width, heads, rate)
    inputs = tensor(normal(rng, batch, length, heads * width))
    plain = layer(inputs)
    # Equal weights 1/6, and values of 1: a head's output is the sum of the weights that are left.
    for dense in (layer.query_dense, layer.value_dense, layer.output_dense):
        dense.kernel.assign(np.zeros(dense.kernel.shape, np.float32))
        dense.bias.assign(np.zeros(dense.bias.shape, np.float32))
    layer.value_dense.bias.assign(np.ones(heads * width, np.float32))
    layer.output_dense.kernel.assign(np.eye(heads * width, dtype=np.float32))
    output = np.asarray(layer(inputs, training=True)).reshape(batch, length, heads, width)
    sums = output[..., 0] * length * (1 - rate)  # how many weights are left
    deviation = (rate / (1 - rate) / length / (batch * length * heads)) ** 0.5
    return {
        "output": plain,
        "a weight is dropped for all values": np.bool_(np.ptp(output, axis=-1).max() < 1e-5),
        "weights are dropped or scaled": np.bool_(np.abs(sums - np.round(sums)).max() < 1e-4),
        "some are dropped": np.bool_(sums.min() < length - 0.5),
        "scaled to match the share": np.bool_(sums.max() < length + 0.5),
        "the mean stays": np.bool_(abs(output[..., 0].mean() - 1) < 5 * deviation),
        "heads differ": np.bool_((sums[..., 0] != sums[..., 1]).any()),
        "queries differ": np.bool_((sums[:, 0] != sums[:, 1]).any()),
        "rows differ": np.bool_((sums[0] != sums[1]).any()),
    }


@check("attention.multi_head", needs=NEEDS)
def causal_with_dropout(assignment, rng):
    """While training weights are dropped; under the causal mask nothing comes from the future."""
    layer = attention(assignment, rng, 12, 4, 0.3)
    inputs = normal(rng, 3, 6, 12)
    arguments = {"mask": tensor(causal(6, 6)), "training": True, "return_weights": True}
    later, earlier = later_inputs_reach(layer, inputs, 3, **arguments)
    _, weights = layer(tensor(inputs), **arguments)
    context = tensor(normal(rng, 3, 4, 12))
    dropped = []
    for others in ({"mask": arguments["mask"]}, {"context": context}):
        calls = [np.asarray(layer(tensor(inputs), training=True, **others)) for _ in range(2)]
        dropped.append(np.abs(calls[0] - calls[1]).max() > 1e-3)
    return {
        "output": layer(tensor(inputs), mask=arguments["mask"]),
        "dropped, with a mask and with a context": np.array(dropped),
        "later inputs reach it": np.bool_(later),
        "earlier inputs reach it": np.bool_(earlier),
        "weights of the future": np.asarray(weights)[..., ~causal(6, 6)],
    }
