"""Small helpers for writing checks. TensorFlow is imported when one is called, not before."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np


def normal(rng: np.random.Generator, *shape: int, scale: float = 1.0) -> np.ndarray:
    """Float32 normal numbers."""
    return (rng.standard_normal(shape) * scale).astype(np.float32)


def tensor(array: Any) -> Any:
    """The array as a TensorFlow tensor (what a student's code usually receives)."""
    import tensorflow as tf

    return tf.convert_to_tensor(array)


def compiled(function: Callable[..., Any], *options: Any, **keywords: Any) -> Callable[..., Any]:
    """The function of tensors as training runs it: in a `tf.function`, where they have no values.

    The options come behind the tensors, as they are. What wraps the function while outputs are
    recorded wants concrete numbers, and is taken off.
    """
    import tensorflow as tf

    plain = inspect.unwrap(function)
    return tf.function(lambda *inputs: plain(*inputs, *options, **keywords))


def gradients(function: Callable[..., Any], *arrays: np.ndarray) -> list[np.ndarray]:
    """The gradients of a scalar function at these arrays; zeros where nothing flows.

    A check that a term is cut off (`tf.stop_gradient`) returns these beside the value.
    """
    import tensorflow as tf

    variables = [tf.Variable(array) for array in arrays]
    with tf.GradientTape() as tape:
        value = function(*(tf.convert_to_tensor(variable) for variable in variables))
    found = tape.gradient(value, variables, unconnected_gradients="zero")
    return [np.asarray(gradient) for gradient in found]


def text_codes(text: str) -> np.ndarray:
    """A text as its code points, so that it can be compared as an array."""
    return np.array([ord(character) for character in text], np.int32)


def causal(queries: int, keys: int, first: int | None = None) -> np.ndarray:
    """A causal mask: queries at positions `first …`, by default the last ones."""
    first = keys - queries if first is None else first
    return np.arange(keys) <= first + np.arange(queries)[:, None]
