"""Checks of Part 5: GELU and the feed-forward layer."""

import numpy as np

from autograder.checks import check
from autograder.checks.layer_tools import fill_dense
from autograder.checks.tools import compiled, gradients, normal, tensor


@check("feed_forward.gelu")
def around_zero(assignment, rng):
    """Values on both sides, on an array of three axes."""
    gelu = assignment.layers.feed_forward.gelu
    x = tensor(normal(rng, 2, 3, 4, scale=2.0))
    points = gelu(tensor(np.float32([0, 1, -1])))
    return {"gelu": gelu(x), "of zero and one": points, "gelu, compiled": compiled(gelu)(x)}


@check("feed_forward.gelu", tolerance="loose")
def negative_tail(assignment, rng):
    """Where the tanh approximation and the exact function differ."""
    x = np.linspace(-3.2, -1.5, 9, dtype=np.float32) + np.float32(rng.uniform(0, 0.05))
    # The difference is a few 1e-4, as small as these values.
    return {"gelu times 10": 10 * np.asarray(assignment.layers.feed_forward.gelu(tensor(x)))}


@check("feed_forward.gelu")
def the_constants(assignment, rng):
    """Where the last digits of the approximation's two constants show."""
    x = np.linspace(-2.6, -1.8, 7, dtype=np.float32) + np.float32(rng.uniform(0, 0.05))
    # So large that nothing but the relative tolerance counts.
    return {"gelu times 1000": 1000 * np.asarray(assignment.layers.feed_forward.gelu(tensor(x)))}


@check("feed_forward.gelu")
def large_values(assignment, rng):
    """Far from zero: the identity on the right, 0 on the left."""
    x = np.float32([-1e4, -300, -60, -12, 12, 60, 300, 1e4]) * np.float32(rng.uniform(0.9, 1.1))
    return {"gelu": assignment.layers.feed_forward.gelu(tensor(x))}


@check("feed_forward.gelu")
def gradient_of_gelu(assignment, rng):
    """The derivative."""
    import tensorflow as tf

    gelu = assignment.layers.feed_forward.gelu
    near, far = normal(rng, 3, 5, scale=1.5), np.float32([-60, -14, 14, 60])
    of_near, of_far = gradients(
        lambda x, y: tf.reduce_sum(gelu(x)) + tf.reduce_sum(gelu(y)), near, far
    )
    return {"gradient": of_near, "gradient far from zero": of_far}


def _feed_forward(assignment, rng, *sizes_and_dropout):
    layer = assignment.layers.feed_forward.FeedForward(*sizes_and_dropout)
    hidden_dim = sizes_and_dropout[0]
    layer(tensor(normal(rng, 1, 2, hidden_dim)))  # builds it
    fill_dense(rng, layer.intermediate_dense, 1.5)
    fill_dense(rng, layer.output_dense)
    return layer


@check("feed_forward.gelu")
def feed_forward(assignment, rng):
    """Widen, activate, project back: one gelu, between the two dense layers."""
    layer = _feed_forward(assignment, rng, 6, 10)
    return {"output": layer(tensor(normal(rng, 2, 5, 6)))}


@check("feed_forward.gelu")
def gradients_of_feed_forward(assignment, rng):
    """Both dense layers learn, and the gradient reaches the inputs."""
    import tensorflow as tf

    layer = _feed_forward(assignment, rng, 5, 7)
    inputs, direction = tf.Variable(normal(rng, 2, 3, 5)), tensor(normal(rng, 2, 3, 5))
    dense = {"intermediate_dense": layer.intermediate_dense, "output_dense": layer.output_dense}
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(direction * layer(tf.convert_to_tensor(inputs)))
    kernels = [part.kernel.value for part in dense.values()]
    found = tape.gradient(loss, [inputs, *kernels])
    return dict(zip(("inputs", *dense), found, strict=True))


@check("feed_forward.gelu")
def one_dropout(assignment, rng):
    """In training a share of the outputs, or of what enters the last layer, is dropped once."""
    layer = _feed_forward(assignment, rng, 6, 10, 0.2)
    inputs = tensor(normal(rng, 20, 4, 6))
    still, trained = np.asarray(layer(inputs)), np.asarray(layer(inputs, training=True))
    dropped = trained == 0
    scaled = np.abs(trained - still / 0.8) < 1e-3 * (1 + np.abs(still))
    once = (dropped | scaled).all() and abs(dropped.mean() - 0.2) < 0.1
    # Dropout between the two dense layers is as right: then no output is exactly 0.
    within = not dropped.any() and np.abs(trained - still).max() > 1e-3
    whole = dropped.any() and (dropped.all(axis=-1) == dropped.any(axis=-1)).all()
    return {
        "output": still,
        "dropped once": np.bool_(once or within),
        "whole tokens are dropped": np.bool_(whole),
    }


@check("feed_forward.gelu")
def feed_forward_dropout(assignment, rng):
    """Dropout acts when training is true, keeps the mean, and never acts at a rate of 0."""
    layer = _feed_forward(assignment, rng, 6, 40, 0.4)
    inputs = tensor(normal(rng, 1, 3, 6))
    still = np.asarray(layer(inputs))
    many = tensor(np.repeat(np.asarray(inputs), 400, axis=0))
    calls, later = (np.asarray(layer(many, training=True)) for _ in range(2))
    error = calls.std(axis=0) / 400**0.5
    return {
        "output": still,
        "output with training=False": layer(inputs, training=False),
        "training changes it": np.bool_(np.abs(calls[0] - still).max() > 1e-3),
        "rows differ": np.bool_(np.abs(calls[0] - calls[1]).max() > 1e-3),
        "each call drops others": np.bool_(np.abs(calls - later).max() > 1e-3),
        "the mean stays": np.bool_((np.abs(calls.mean(axis=0) - still) < 6 * error + 1e-4).all()),
        "rate 0 in training": _feed_forward(assignment, rng, 6, 8)(inputs, training=True),
    }
