"""Decoding a batch in parts, several at a time, so that all cores are busy with long work.

Shapes: B rows, W width of the padded prompts.
"""

from collections.abc import Callable

import tensorflow as tf

ROWS_OF_A_PART = 16
# Weights that a core keeps in its cache while it reads the rows' states. Those of a larger model
# come from memory, for each part again, which costs more than the parts gain.
MOST_WEIGHTS = 2_000_000


def rows_of_a_part(model, rows: int, group_size: int = 1) -> int:
    """How many of the prompts are decoded together: whole groups, and at least two parts.

    All of them where parts gain nothing: of a large model, and on a GPU, which is not a few cores.

    Args:
        model: A language model.
        rows: How many prompts there are.
        group_size: How many responses to each are decoded.
    """
    if model.count_params() > MOST_WEIGHTS or tf.config.list_logical_devices("GPU"):
        return rows
    return max(1, min(ROWS_OF_A_PART // group_size, -(-rows // 2)))


def compile_in_parts(model, decode: Callable, group_size: int = 1) -> Callable:
    """Compile a function that decodes a batch, so that it works on the batch part by part.

    A token of a small model is a chain of hundreds of small operations. Cut up among the cores
    they wait for each other after each operation; so each core gets rows of its own instead, whose
    states stay in its cache. A part also ends with its own longest row, not with that of the batch.

    Args:
        model: The language model that it runs.
        decode: `decode(prompt_ids (B, W), prompt_lengths (B,), seed (2,), **numbers)` returns
            tensors, whose first axis is that of the rows, `group_size` of them to each prompt.
        group_size: G.

    Returns:
        The same function. What it draws depends on the arguments and the weights, not on the
        machine's cores; each part has a seed of its own. It compiles once for each shape and for
        other `numbers`.
    """
    compiled = tf.function(decode, jit_compile=True)

    @tf.function
    def decode_in_parts(prompt_ids, prompt_lengths, seed, **numbers):
        total = prompt_ids.shape[0]
        size = rows_of_a_part(model, total, group_size)
        seed = tf.broadcast_to(tf.cast(seed, tf.int32), [2])
        parts = []
        for first in range(0, total, size):
            # One shape for all: the last part is filled up with the last prompt.
            rows = [min(row, total - 1) for row in range(first, first + size)]
            part_seed = tf.random.experimental.stateless_fold_in(seed, first)
            arrays = (tf.gather(array, rows) for array in (prompt_ids, prompt_lengths))
            parts.append(compiled(*arrays, seed=part_seed, **numbers))
        return tf.nest.map_structure(
            lambda *arrays: tf.concat(arrays, axis=0)[: total * group_size], *parts
        )

    return decode_in_parts
