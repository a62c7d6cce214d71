"""Training batches: windows of the token stream, drawn by a pure function of (seed, step).

Shapes: N tokens in the corpus, B windows in a batch, T tokens in a window.
"""

import numpy as np
import tensorflow as tf


def next_token_windows(tokens, starts, length: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Cut windows out of the corpus: what the model reads, and what it should say next.

    Args:
        tokens: `(N,)` integers; a memory-mapped array is read at the windows only.
        starts: `(B,)`, where each window begins, at most N − T − 1.
        length: T.

    Returns:
        `(B, T)` int32 inputs, and `(B, T)` int32 targets: the same windows one token later.
    """
    raise NotImplementedError("text.windows: gather inputs, and targets one token later")


def window_starts(seed: int, step: int, batch_size: int, num_tokens: int, length: int) -> tf.Tensor:
    """Where the windows of a step begin, uniformly over all places where one fits.

    The result depends on the arguments alone, not on any state: a run that is resumed at a step
    sees the batches that it would have seen without the interruption.

    Args:
        seed: The run's seed.
        step: The training step.
        batch_size: B.
        num_tokens: N.
        length: T; a window needs T + 1 tokens, for the last target.

    Returns:
        `(B,)` int64, each from 0 to N − T − 1.

    Raises:
        ValueError: The corpus is shorter than one window.
    """
    if num_tokens < length + 1:
        raise ValueError(
            f"A window of {length} tokens and its last target need {length + 1} tokens. "
            f"Received a corpus of {num_tokens}: use a longer text or a shorter context."
        )
    # TODO tf.random.stateless_uniform
    raise NotImplementedError("text.sampling_plan: draw the starts from (seed, step) alone")


def strided_windows(num_tokens: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Windows that cover a text for evaluation, each target counted once and with context.

    Windows overlap by half. Except in the first, only the second half of the targets counts, so
    that each has at least T/2 tokens before it; a plain cut into windows would judge the model on
    tokens whose context was cut off.

    Args:
        num_tokens: N, at least T + 1.
        length: T.

    Returns:
        The starts `(M,)` and a boolean mask `(M, T)`: True where the target counts.
    """
    last = num_tokens - length - 1
    starts = np.unique(np.append(np.arange(0, last + 1, max(1, length // 2)), last))
    targets = starts[:, np.newaxis] + np.arange(1, length + 1)  # (M, T): their positions
    counted_before = np.concatenate([[0], targets[:-1, -1]])[:, np.newaxis]
    return starts, targets > counted_before
