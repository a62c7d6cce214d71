"""Checks of Part 3: clipping by the global norm."""

import inspect

import numpy as np

from autograder.checks import check
from autograder.checks.tools import normal, tensor


def _clipped(assignment, arrays, max_norm):
    inputs = [None if array is None else tensor(array) for array in arrays]
    given = list(inputs)
    gradients, norm = assignment.training.optimizers.clip_by_global_norm(given, max_norm)
    result = {"norm": norm, "entries": np.array(len(gradients), np.int64)}
    kept = [one is other for one, other in zip(inputs, given, strict=True)]
    result["what was given stays"] = np.array(kept)
    result["none"] = np.array([gradient is None for gradient in gradients])
    for i, gradient in enumerate(gradients):
        if gradient is not None:
            result[f"gradient {i}"] = gradient
    return result


def _of_length(rng, length, *shape):
    array = normal(rng, *shape)
    return np.float32(length / np.linalg.norm(array)) * array


@check("training.clip")
def long_gradients(assignment, rng):
    """Gradients longer than max_norm are scaled by one common factor, also a short one of them."""
    found = _clipped(assignment, [normal(rng, 3, 4), normal(rng, 5, scale=7.0)], 1.5)
    small = _clipped(assignment, [_of_length(rng, 0.04, 2, 3), _of_length(rng, 0.4, 4)], 0.1)
    return found | {f"{name}, below 1": array for name, array in small.items()}


@check("training.clip")
def short_gradients(assignment, rng):
    """Gradients shorter than max_norm stay as they are; their norm is still told."""
    arrays = [normal(rng, 2, 3, scale=0.1), normal(rng, 4, scale=0.05)]
    found = _clipped(assignment, arrays, 2.0)
    large = _clipped(assignment, [_of_length(rng, 1.2, 2, 3), _of_length(rng, 0.9, 4)], 2.0)
    return found | {f"{name}, above 1": array for name, array in large.items()}


@check("training.clip")
def none_entries(assignment, rng):
    """Entries of None stay where they are."""
    arrays = [None, normal(rng, 2, 2, scale=3.0), None, normal(rng, 3, scale=3.0), None]
    return _clipped(assignment, arrays, 0.5)


@check("training.clip")
def compiled_clipping(assignment, rng):
    """Within a tf.function, as the training step is: the norm is above max_norm, then below."""
    import tensorflow as tf

    plain = inspect.unwrap(assignment.training.optimizers.clip_by_global_norm)
    compiled = tf.function(lambda *arrays: plain(list(arrays), 1.2))
    long = [tensor(normal(rng, 2, 3)), tensor(normal(rng, 4, scale=3.0))]
    result = {}
    for name, arrays in (("long", long), ("short", [0.01 * array for array in long])):
        (first, second), norm = compiled(*arrays)
        result |= {f"{name}, gradient 0": first, f"{name}, gradient 1": second, name: norm}
    return result


@check("training.clip")
def gradients_of_embeddings(assignment, rng):
    """The gradient of an embedding lookup names its rows; the others are zero. Compiled too."""
    import tensorflow as tf

    def clipped(clip, *gradients):
        found, norm = clip(list(gradients), 0.9)
        return [tf.convert_to_tensor(gradient) for gradient in found], norm

    # Each row once: whether rows that stand twice are added up first is another matter.
    values, rows = tensor(normal(rng, 3, 4)), tensor(rng.permutation(7)[:3])
    slices = tf.IndexedSlices(values, rows, tf.constant([7, 4], tf.int64))
    dense = tensor(normal(rng, 2, 2))
    clip = assignment.training.optimizers.clip_by_global_norm
    compiled = tf.function(lambda *gradients: clipped(inspect.unwrap(clip), *gradients))
    eager = clipped(clip, dense, slices)
    result = {}
    for name, ((first, second), norm) in (("", eager), ("compiled, ", compiled(dense, slices))):
        result |= {f"{name}gradient 0": first, f"{name}gradient 1": second, f"{name}norm": norm}
    return result


@check("training.clip")
def three_and_four(assignment, rng):
    """Gradients of lengths 3 and 4 have the norm 5; gradients of zero have the norm 0."""
    sign = float(rng.choice([-1, 1]))
    arrays = [np.array([3.0 * sign, 0.0], np.float32), np.array([[0.0], [4.0]], np.float32)]
    known = _clipped(assignment, arrays, 1.0)
    zero = _clipped(assignment, [0 * array for array in arrays], 1.0)
    return known | {f"zero, {name}": value for name, value in zero.items()}
