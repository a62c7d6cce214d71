"""Sampling: from the logits of the next token to a token.

Shapes: B batch, V vocabulary. A filter maps logits `(B, V)` to logits `(B, V)` in which the tokens
that are ruled out have −∞.
"""

from collections.abc import Callable

import tensorflow as tf

Sampler = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""`sampler(logits (B, V), seed (2,)) -> ids (B,)`"""

BLOCK_OF_TOKENS = 32  # of the vocabulary, where `draw` looks for a token


def greedy(logits) -> tf.Tensor:
    """The most probable token of each row: `(B, V)` to `(B,)` int32."""
    raise NotImplementedError(
        "sampling.temperature: choose the best token, and scale logits by temperature"
    )


def apply_temperature(logits, temperature) -> tf.Tensor:
    """Logits of softmax(logits / τ): τ < 1 sharpens the distribution, τ > 1 flattens it.

    Temperature 0 is the limit, greedy: the largest logit keeps its value, all others become −∞
    (of equal largest ones the first is kept, as `greedy` does).

    Args:
        logits: `(B, V)`.
        temperature: τ ≥ 0, a number.

    Raises:
        ValueError: τ < 0.
    """
    if temperature < 0:
        raise ValueError(f"temperature must not be negative. Received: {temperature}")
    raise NotImplementedError(
        "sampling.temperature: choose the best token, and scale logits by temperature"
    )


def top_k_filter(logits, k: int) -> tf.Tensor:
    """Keep the k most probable tokens of each row (Fan et al. 2018).

    Tokens that tie with the k-th are all kept; k ≥ V keeps everything.

    Args:
        logits: `(B, V)`.
        k: How many to keep, at least 1.

    Raises:
        ValueError: k < 1.
    """
    if k < 1:
        raise ValueError(f"top-k needs k of at least 1. Received: k={k}")
    raise NotImplementedError("sampling.top_k: keep the k largest logits of each row")


def top_p_filter(logits, p: float) -> tf.Tensor:
    """Keep the nucleus of each row (Holtzman et al. 2020).

    The nucleus is the smallest set of most probable tokens whose probability reaches p: the token
    that crosses the threshold belongs to it, so it is never empty. p = 1 keeps everything.

    Args:
        logits: `(B, V)`.
        p: In (0, 1].

    Raises:
        ValueError: p outside (0, 1].
    """
    if not 0 < p <= 1:
        raise ValueError(f"top-p needs p in (0, 1]. Received: p={p}")
    # TODO In descending order, a token stays while the tokens *before* it have not reached p.
    raise NotImplementedError("sampling.top_p: keep the smallest set whose probability reaches p")


def draw(logits, seed) -> tf.Tensor:
    """A token of each row, with the probabilities softmax(logits), by the inverse of their sums.

        id = min {i: p_0 + … + p_i > u, p_i > 0},   u uniform in [0, 1)

    One random number decides for a whole row; `tf.random.categorical` takes one for each token of
    the vocabulary, and two logarithms of each, which is most of what a small model's step costs.
    Most running sums are not needed: the block of tokens is found first, then the token in it.

    Args:
        logits: `(B, V)`, −∞ for what must not be drawn.
        seed: Two ints; the same seed draws the same tokens.

    Returns:
        `(B,)` int32.
    """
    probabilities = tf.nn.softmax(tf.cast(logits, tf.float32), axis=-1)
    rows, size = tf.unstack(tf.shape(probabilities))
    padded = tf.pad(probabilities, [[0, 0], [0, -size % BLOCK_OF_TOKENS]])
    blocks = tf.reshape(padded, [rows, -1, BLOCK_OF_TOKENS])
    of_blocks = tf.reduce_sum(blocks, axis=-1)  # (B, number of blocks)
    u = tf.random.stateless_uniform([rows, 1], seed) * tf.reduce_sum(of_blocks, -1, keepdims=True)
    block = _first_beyond(of_blocks, u)
    before = tf.gather(tf.cumsum(of_blocks, axis=-1, exclusive=True), block, batch_dims=1)
    within = _first_beyond(tf.gather(blocks, block, batch_dims=1), u - before[:, tf.newaxis])
    return block * BLOCK_OF_TOKENS + within


def _first_beyond(probabilities, u) -> tf.Tensor:
    """The first place of each row `(B, n)` where the running sum passes `u (B, 1)`: `(B,)`."""
    # Rounding may let a sum grow at an impossible token, or never come to u: that is caught here.
    reached = (tf.cumsum(probabilities, axis=-1) > u) & (probabilities > 0)
    return tf.argmax(tf.where(reached, 2.0, probabilities), axis=-1, output_type=tf.int32)


def make_sampler(temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0) -> Sampler:
    """A sampler that applies temperature, then top-k, then top-p, and draws a token.

    Args:
        temperature: τ; 0 is greedy.
        top_k: k; 0 for no limit.
        top_p: p; 1 for no limit.
    """

    def sampler(logits, seed):
        if temperature == 0:
            return tf.cast(greedy(logits), tf.int32)
        logits = apply_temperature(logits, temperature)
        if top_k:
            logits = top_k_filter(logits, top_k)
        if top_p < 1:
            logits = top_p_filter(logits, top_p)
        return draw(logits, seed)

    return sampler
