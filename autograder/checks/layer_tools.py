"""Weights for the layers of a check: drawn by the check, set by name, no library seed involved.

Each function wants a layer that is built, that is, one that was called once.
"""

from typing import Any

import numpy as np

from autograder.checks.tools import normal


def fill_dense(rng: np.random.Generator, dense: Any, scale: float = 1.0) -> None:
    """A kernel that keeps the variance (times the square of the scale), and a bias."""
    width = int(dense.kernel.shape[0])
    dense.kernel.assign(normal(rng, *dense.kernel.shape, scale=scale * width**-0.5))
    if dense.bias is not None:
        dense.bias.assign(normal(rng, *dense.bias.shape, scale=0.5))


def fill_norm(rng: np.random.Generator, norm: Any) -> None:
    """A gain away from 1 and a shift away from 0."""
    norm.gamma.assign(1 + normal(rng, *norm.gamma.shape, scale=0.5))
    norm.beta.assign(normal(rng, *norm.beta.shape, scale=0.5))


def fill_attention(rng: np.random.Generator, attention: Any) -> None:
    """The four projections; queries and keys large enough for uneven weights."""
    for name, scale in (("query", 1.5), ("key", 1.5), ("value", 1.0), ("output", 1.0)):
        fill_dense(rng, getattr(attention, f"{name}_dense"), scale)


def fill_block(rng: np.random.Generator, block: Any) -> None:
    """Every sub-layer of a decoder block."""
    fill_attention(rng, block.self_attention)
    fill_norm(rng, block.self_attention_norm)
    if block.cross_attention:
        fill_attention(rng, block.context_attention)
        fill_norm(rng, block.context_attention_norm)
    fill_dense(rng, block.feed_forward.intermediate_dense)
    fill_dense(rng, block.feed_forward.output_dense)
    fill_norm(rng, block.feed_forward_norm)


def fill_transformer(rng: np.random.Generator, model: Any) -> None:
    """Every weight of a transformer language model."""
    embeddings = model.token_embedding.embeddings
    embeddings.assign(normal(rng, *embeddings.shape, scale=0.4))
    if model.config.positions == "learned":
        positions = model.position_embedding.embeddings
        positions.assign(normal(rng, *positions.shape, scale=0.4))
    for block in model.blocks:
        fill_block(rng, block)
    if model.config.norm_first:
        fill_norm(rng, model.final_norm)
    if not model.config.tie_embeddings:
        fill_dense(rng, model.output_dense)


def later_inputs_reach(layer: Any, inputs: np.ndarray, position: int, **arguments: Any) -> tuple:
    """Whether later and whether earlier inputs have a gradient to the output at a position.

    A gradient sees the dependence even while dropout makes every call different.
    """
    import tensorflow as tf

    variable = tf.Variable(inputs)
    with tf.GradientTape() as tape:
        output = layer(tf.convert_to_tensor(variable), **arguments)
        output = output[0] if isinstance(output, tuple) else output
        # Weighted, because the sum of a normalised vector has no gradient.
        value = tf.reduce_sum(output[:, position] * tf.range(1.0, output.shape[-1] + 1.0))
    gradient = np.asarray(tape.gradient(value, variable))
    return np.any(gradient[:, position + 1 :]), np.any(gradient[:, :position])
