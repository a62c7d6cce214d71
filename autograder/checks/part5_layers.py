"""Checks of Part 5: positions and layer normalisation."""

import numpy as np

from autograder.checks import check
from autograder.checks.tools import compiled, normal, tensor


@check("positional.sinusoidal")
def small_table(assignment, rng):
    """A few positions of a small width."""
    length = int(rng.integers(5, 8))
    sinusoidal_encoding = assignment.layers.positional.sinusoidal_encoding
    return {"encoding": sinusoidal_encoding(length, 8), "four columns": sinusoidal_encoding(3, 4)}


@check("positional.sinusoidal")
def as_long_as_wide(assignment, rng):
    """As many positions as columns: positions go down, frequencies go across."""
    sinusoidal_encoding = assignment.layers.positional.sinusoidal_encoding
    in_training = compiled(lambda: sinusoidal_encoding(10, 10))()
    return {"encoding": sinusoidal_encoding(10, 10), "encoding, compiled": in_training}


@check("positional.sinusoidal", tolerance="loose")
def late_positions(assignment, rng):
    """Positions in the hundreds, which a half-precision number cannot count."""
    length = int(rng.integers(290, 310))
    encoding = assignment.layers.positional.sinusoidal_encoding(length, 6)
    return {"last positions": np.asarray(encoding)[-5:]}


@check("positional.sinusoidal", tolerance="loose")
def float32_under_any_policy(assignment, rng):
    """float32 numbers, whatever Keras' dtype policy and default float type."""
    import keras

    results = {}
    for name in ("float16", "bfloat16"):
        keras.config.set_dtype_policy(f"mixed_{name}")
        keras.config.set_floatx(name)
        encoding = assignment.layers.positional.sinusoidal_encoding(261, 12)
        results[f"under {name}"] = np.asarray(encoding)[-3:].astype(np.float64)
        results[f"float32 under {name}"] = np.bool_(np.asarray(encoding).dtype == np.float32)
    return results


@check("positional.sinusoidal")
def one_position(assignment, rng):
    """The first position alone is 0, 1, 0, 1 …, and a wide table has slow columns at its end."""
    sinusoidal_encoding = assignment.layers.positional.sinusoidal_encoding
    sinusoidal_encoding(4, 64)  # a shorter table of this width before
    wide = np.asarray(sinusoidal_encoding(9, 64))
    # The last sines are of the order of 1e-4, below any tolerance.
    return {"first": sinusoidal_encoding(1, 6), "last columns": wide[:, -4::2] * 1000}


def _norm(assignment, rng, width, rank=3, **arguments):
    layer = assignment.layers.normalization.LayerNorm(**arguments)
    layer(tensor(normal(rng, *(2,) * (rank - 1), width)))  # builds it
    gamma, beta = 1 + normal(rng, width), normal(rng, width)
    gamma[0], gamma[1] = 0, -abs(gamma[1])
    layer.gamma.assign(gamma)
    layer.beta.assign(beta)
    return layer


@check("normalization.layer_norm")
def gain_and_shift(assignment, rng):
    """Each token by itself, then times gamma, plus beta."""
    layer = _norm(assignment, rng, 6)
    inputs = tensor(normal(rng, 3, 4, 6, scale=3.0) + normal(rng, 3, 4, 1, scale=4.0))
    return {"output": layer(inputs), "output, compiled": compiled(layer)(inputs)}


@check("normalization.layer_norm")
def as_it_begins(assignment, rng):
    """A new layer has gamma 1 and beta 0."""
    layer = assignment.layers.normalization.LayerNorm()
    return {"output": layer(tensor(normal(rng, 2, 3, 5) * 2 + 1))}


@check("normalization.layer_norm", tolerance="loose")
def large_mean(assignment, rng):
    """A mean of hundreds of deviations: E[x²] − E[x]² has lost its digits."""
    layer = _norm(assignment, rng, 8)
    return {"output": layer(tensor(normal(rng, 2, 3, 8) + 300))}


@check("normalization.layer_norm")
def few_columns(assignment, rng):
    """Three columns, where dividing by D and by D - 1 differ most."""
    layer = _norm(assignment, rng, 3)
    return {"output": layer(tensor(normal(rng, 3, 3, 3, scale=2.0) + 5))}


@check("normalization.layer_norm")
def small_inputs(assignment, rng):
    """Inputs of a size at which epsilon shows."""
    layer = _norm(assignment, rng, 7)
    inputs = normal(rng, 2, 4, 7) * np.float32([1e-4, 1e-3, 3e-3, 1e-2])[:, None]
    return {"output": layer(tensor(inputs))}


@check("normalization.layer_norm")
def another_epsilon(assignment, rng):
    """The epsilon given is added to the variance."""
    inputs = tensor(normal(rng, 2, 3, 8))
    return {
        f"epsilon {epsilon}": _norm(assignment, rng, 8, epsilon=epsilon)(inputs)
        for epsilon in (0.5, 1e-12)
    }


@check("normalization.layer_norm", tolerance="loose")
def constant_inputs(assignment, rng):
    """A constant vector becomes beta, and not NaN."""
    layer = _norm(assignment, rng, 8)
    inputs = np.repeat(np.float32([[0.75], [0.0], [-0.5]]), 8, axis=1)[:, None]
    output = np.asarray(layer(tensor(inputs)), np.float32)
    return {"output": np.nan_to_num(output, nan=99, posinf=99, neginf=99)}


@check("normalization.layer_norm")
def other_ranks(assignment, rng):
    """The last axis is normalised, whatever the number of axes before it."""
    return {
        f"{rank} axes": _norm(assignment, rng, 5, rank)(
            tensor(normal(rng, *(4, 2, 3)[: rank - 1], 5))
        )
        for rank in (2, 4)
    }


@check("normalization.layer_norm")
def gradients_of_layer_norm(assignment, rng):
    """Gradients flow through mean and variance, and to gamma and beta."""
    import tensorflow as tf

    layer = _norm(assignment, rng, 5)
    inputs = tf.Variable(normal(rng, 2, 3, 5) * 2)
    direction = tensor(normal(rng, 2, 3, 5))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(direction * layer(tf.convert_to_tensor(inputs)))
    found = tape.gradient(
        loss, [inputs, layer.gamma.value, layer.beta.value], unconnected_gradients="zero"
    )
    names = ("inputs", "gamma", "beta")
    return {f"gradient of {name}": value for name, value in zip(names, found, strict=True)}
