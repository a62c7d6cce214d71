"""Checks of Part 5: the decoder block."""

import numpy as np

from autograder.checks import check
from autograder.checks.layer_tools import fill_block, later_inputs_reach
from autograder.checks.tools import causal, normal, tensor

NEEDS = (
    "attention.scaled_dot_product",
    "attention.multi_head",
    "normalization.layer_norm",
    "feed_forward.gelu",
)


def decoder_block(assignment, rng, dropout=0.0, **options):
    """A block of width 12, with 3 heads and weights of the check's own."""
    block = assignment.layers.blocks.DecoderBlock(12, 3, 20, dropout, **options)
    inputs = tensor(normal(rng, 1, 2, 12))
    crossed = options.get("cross_attention", False)
    block(inputs, context=inputs) if crossed else block(inputs)  # builds it
    fill_block(rng, block)
    return block


@check("blocks.decoder", needs=NEEDS)
def pre_norm(assignment, rng):
    """Normalisation before each sub-layer, by default; then the sum with what came in."""
    block = decoder_block(assignment, rng)
    inputs = tensor(normal(rng, 2, 5, 12, scale=2.0))
    return {"output": block(inputs), "masked": block(inputs, mask=tensor(causal(5, 5, 0)))}


@check("blocks.decoder", needs=NEEDS)
def post_norm(assignment, rng):
    """Normalisation behind each sum."""
    block = decoder_block(assignment, rng, norm_first=False)
    inputs = tensor(normal(rng, 2, 4, 12, scale=2.0))
    mask = tensor((np.arange(4) < np.array([[4], [2]]))[:, None, None, :])
    return {"output": block(inputs), "masked": block(inputs, mask=mask)}


@check("blocks.decoder", needs=NEEDS, tolerance="loose")
def pre_norm_with_context(assignment, rng):
    """Cross-attention between the two other sub-layers; the context is taken as it is."""
    block = decoder_block(assignment, rng, cross_attention=True)
    inputs, context = tensor(normal(rng, 2, 4, 12)), tensor(normal(rng, 2, 7, 12, scale=3.0) + 1)
    context_mask = (np.arange(7) < np.array([[3], [7]]))[:, None, None, :]
    masks = {"mask": tensor(causal(4, 4, 0)), "context_mask": tensor(context_mask)}
    return {
        "output": block(inputs, context=context),
        "masked": block(inputs, context=context, **masks),
    }


@check("blocks.decoder", needs=NEEDS)
def post_norm_with_context(assignment, rng):
    """Cross-attention, normalised behind its sum."""
    block = decoder_block(assignment, rng, norm_first=False, cross_attention=True)
    inputs, context = tensor(normal(rng, 3, 4, 12)), tensor(normal(rng, 3, 6, 12, scale=2.0))
    context_mask = tensor((np.arange(6) < np.array([[6], [1], [4]]))[:, None, None, :])
    return {"output": block(inputs, context=context, context_mask=context_mask)}


@check("blocks.decoder", needs=NEEDS)
def returned_weights(assignment, rng):
    """The weights of self-attention, beside the output."""
    block = decoder_block(assignment, rng, cross_attention=True)
    inputs, context = tensor(normal(rng, 2, 4, 12)), tensor(normal(rng, 2, 5, 12))
    mask = tensor(causal(4, 4, 0))
    output, weights = block(inputs, context=context, mask=mask, return_weights=True)
    return {"output": output, "weights": weights}


@check("blocks.decoder", needs=NEEDS)
def cached(assignment, rng):
    """Three tokens at once, then one: the cache travels through the block."""
    block = decoder_block(assignment, rng)
    inputs = normal(rng, 2, 4, 12)
    cache = tensor(normal(rng, 2, 2, 5, 3, 4))
    results = {}
    for first, last in ((0, 3), (3, 4)):
        mask = tensor(causal(last - first, 5, first))
        output, cache = block(
            tensor(inputs[:, first:last]), mask=mask, cache=cache, cache_index=first
        )
        results[f"output {first}-{last}"] = output
    crossing = decoder_block(assignment, rng, cross_attention=True)
    context = tensor(normal(rng, 2, 3, 12))
    crossed, _, weights = crossing(
        tensor(inputs[:, :1]),
        context=context,
        mask=tensor(causal(1, 5, 3)),
        context_mask=tensor(np.array([[1, 0, 1], [1, 1, 0]], bool)[:, None, None]),
        cache=cache,
        cache_index=3,
        return_weights=True,
    )
    results |= {"output with a context": crossed, "weights with a context": weights}
    return {**results, "cache": cache}


@check("blocks.decoder", needs=NEEDS)
def gradient_through_the_block(assignment, rng):
    """The residual path carries the gradient around each sub-layer."""
    import tensorflow as tf

    direction = tensor(normal(rng, 2, 3, 12))
    results = {}
    for norm_first in (True, False):
        block = decoder_block(assignment, rng, norm_first=norm_first)
        inputs = tf.Variable(normal(rng, 2, 3, 12))
        with tf.GradientTape() as tape:
            output = block(tf.convert_to_tensor(inputs), mask=tensor(causal(3, 3, 0)))
            loss = tf.reduce_sum(direction * output)
        name = "pre-norm" if norm_first else "post-norm"
        results[f"gradient with {name}"] = tape.gradient(loss, inputs)
    return results


@check("blocks.decoder", needs=NEEDS)
def dropout_of_a_block(assignment, rng):
    """Dropout acts when training is true; under the causal mask the future still has no effect."""
    block = decoder_block(assignment, rng, dropout=0.4)
    inputs = normal(rng, 2, 5, 12)
    mask = tensor(causal(5, 5, 0))
    still = np.asarray(block(tensor(inputs), mask=mask))
    first, second = (np.asarray(block(tensor(inputs), mask=mask, training=True)) for _ in "12")
    later, earlier = later_inputs_reach(block, inputs, 2, mask=mask, training=True)
    without = decoder_block(assignment, rng)
    return {
        "output": still,
        "output with training=False": block(tensor(inputs), mask=mask, training=False),
        "training changes it": np.bool_(np.abs(first - still).max() > 1e-3),
        "each call drops others": np.bool_(np.abs(first - second).max() > 1e-3),
        "later inputs reach it": np.bool_(later),
        "earlier inputs reach it": np.bool_(earlier),
        "rate 0 in training": without(tensor(inputs), training=True),
    }


@check("blocks.decoder", needs=NEEDS)
def dropout_of_each_sub_layer(assignment, rng):
    """While training both sub-layers are dropped from, and what bypasses them is not."""
    results = {}
    inputs = tensor(normal(rng, 2, 5, 12))
    block = decoder_block(assignment, rng, dropout=0.4)
    _silence(block.self_attention, block.feed_forward)
    bypassed = np.asarray(block(inputs, training=True))
    results["what bypasses them is not"] = np.abs(bypassed - np.asarray(inputs)).max() < 1e-6
    for name in ("self_attention", "feed_forward"):
        for norm, first in (("pre-norm", True), ("post-norm", False)):
            block = decoder_block(assignment, rng, dropout=0.4, norm_first=first)
            _silence(getattr(block, name))
            still = np.asarray(block(inputs))
            moved = np.abs(np.asarray(block(inputs, training=True)) - still).max()
            case = f"without {name}, {norm}"
            results[case] = still
            results[f"the other one is dropped from, {case}"] = np.bool_(moved > 1e-3)
    return results


@check("blocks.decoder", needs=NEEDS)
def each_output_dropped_once(assignment, rng):
    """In training a share of what each sub-layer adds is dropped, once, each place by itself."""
    rate, results = 0.4, {}
    inputs, context = normal(rng, 6, 5, 12), tensor(normal(rng, 6, 3, 12))
    for name in ("self_attention", "context_attention", "feed_forward"):
        block = decoder_block(assignment, rng, dropout=rate, cross_attention=True)
        _silence(block.self_attention, block.context_attention, block.feed_forward)
        # This one adds 1 everywhere, whatever is dropped inside it.
        getattr(block, name).output_dense.bias.assign(np.ones(12, np.float32))
        still, trained = _added(block, inputs, context)
        scaled = np.abs(trained - 1 / (1 - rate)) < 1e-3
        dropped = np.abs(trained) < 1e-3
        # A feed-forward network may drop between its dense layers, where it is not seen here.
        within = name == "feed_forward" and np.abs(trained - still).max() < 1e-3
        results |= {
            f"{name}, at inference": still,
            f"{name}, dropped or scaled up": np.bool_((dropped | scaled).all() or within),
            f"{name}, a share": np.bool_(abs(dropped.mean() - rate) < 0.15 or within),
            f"{name}, rows differ": np.bool_((dropped[0] != dropped[1]).any() or within),
            f"{name}, tokens differ": np.bool_((dropped[:, 0] != dropped[:, 1]).any() or within),
        }
    return results


@check("blocks.decoder", needs=NEEDS)
def attention_weights_dropped(assignment, rng):
    """In training the weights of self- and cross-attention are dropped from as well."""
    results = {}
    inputs, context = normal(rng, 4, 5, 12), tensor(normal(rng, 4, 6, 12))
    for name in ("self_attention", "context_attention"):
        block = decoder_block(assignment, rng, dropout=0.4, cross_attention=True)
        _silence(block.self_attention, block.context_attention, block.feed_forward)
        # Values of 1: the output is the sum of the weights that are left.
        layer = getattr(block, name)
        layer.value_dense.kernel.assign(np.zeros((12, 12), np.float32))
        layer.value_dense.bias.assign(np.ones(12, np.float32))
        layer.output_dense.kernel.assign(np.eye(12, dtype=np.float32))
        still, trained = _added(block, inputs, context)
        left = trained[np.abs(trained) > 1e-3]
        results |= {
            f"{name}, at inference": still,
            f"{name}, sums vary": np.bool_(left.std() > 0.1),
        }
    return results


@check("blocks.decoder", needs=NEEDS)
def gradient_into_the_context(assignment, rng):
    """Through cross-attention the encoder learns too."""
    import tensorflow as tf

    block = decoder_block(assignment, rng, cross_attention=True)
    inputs, direction = tensor(normal(rng, 2, 3, 12)), tensor(normal(rng, 2, 3, 12))
    context = tf.Variable(normal(rng, 2, 4, 12))
    with tf.GradientTape() as tape:
        output = block(inputs, context=tf.convert_to_tensor(context))
        loss = tf.reduce_sum(direction * output)
    return {"gradient of the context": tape.gradient(loss, context)}


@check("blocks.decoder", needs=NEEDS)
def cached_within_a_function(assignment, rng):
    """Within a tf.function, as decoding is: the position of the first token is a tensor."""
    import tensorflow as tf

    block = decoder_block(assignment, rng)
    inputs, cache = tensor(normal(rng, 2, 2, 12)), tensor(normal(rng, 2, 2, 5, 3, 4))
    mask = tensor(causal(2, 5, 3))

    @tf.function
    def step(index):
        return block(inputs, mask=mask, cache=cache, cache_index=index)

    output, cache = step(tensor(np.int32(3)))
    return {"output": output, "cache": cache}


def _added(block, inputs, context):
    """What a block adds to its inputs: at inference, and in training."""
    outputs = (block(tensor(inputs), context=context, training=t) for t in (False, True))
    return [np.asarray(output) - inputs for output in outputs]


def _silence(*sub_layers):
    """Makes these sub-layers return zeros."""
    for layer in sub_layers:
        for weight in (layer.output_dense.kernel, layer.output_dense.bias):
            weight.assign(np.zeros(weight.shape, np.float32))
