"""Inputs and outputs that the checks of losses share. TensorFlow is imported when one is called."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

# Two below, two near and two above 1; the near ones lie within every ε of the checks, and the far
# ones beyond other bounds that one might add.
RATIOS = (0.2, 0.65, 0.93, 1.06, 1.5, 4.5)


def value_and_gradients(function: Callable[..., Any], **arrays: Any) -> dict[str, np.ndarray]:
    """A scalar loss and its gradient in each argument, which are given in this order.

    The gradient is zero where nothing flows: a missing `tf.stop_gradient` shows as another one.
    """
    import tensorflow as tf

    variables = [tf.Variable(array) for array in arrays.values()]
    with tf.GradientTape() as tape:
        value = function(*(tf.convert_to_tensor(variable) for variable in variables))
    found = tape.gradient(value, variables, unconnected_gradients="zero")
    gradients = zip(arrays, found, strict=True)
    # A gather has its gradient as slices, which convert_to_tensor adds up.
    named = {f"gradient of {name}": np.asarray(tf.convert_to_tensor(g)) for name, g in gradients}
    return {"loss": np.asarray(value), **named}


def weighted_sum(weights: Any, values: Any) -> Any:
    """A scalar to differentiate; the submission's values may be double."""
    import tensorflow as tf

    return tf.reduce_sum(weights * tf.cast(values, tf.float32))


def rows(lengths: Sequence[int], time: int, starts: Sequence[int] | int = 0) -> np.ndarray:
    """A mask (B, T) that is True on `lengths[b]` places from `starts[b]` on."""
    starts = np.broadcast_to(starts, len(lengths))[:, None]
    places = np.arange(time)
    return (places >= starts) & (places < starts + np.array(lengths)[:, None])


def floats(rng: np.random.Generator, low: float, high: float, *shape: int) -> np.ndarray:
    """Uniform float32 numbers."""
    return rng.uniform(low, high, shape).astype(np.float32)


def signed(rng: np.random.Generator, low: float, high: float, *shape: int) -> np.ndarray:
    """Numbers whose size lies in [low, high], in turns of either sign."""
    signs = np.where(np.arange(int(np.prod(shape))) % 2 == 0, 1, -1).reshape(shape)
    return (signs * rng.uniform(low, high, shape)).astype(np.float32)


def ratios(rng: np.random.Generator, count: int) -> np.ndarray:
    """Ratios of 0.2 to 4.5, none of them near a bound of the clip, each kind in turns."""
    return np.resize(RATIOS, count) * rng.uniform(0.98, 1.02, count)
