"""Validation loss, every token counted once and with context."""

import math

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from assignment.text.corpus import Corpus
from assignment.text.windows import next_token_windows, strided_windows
from assignment.training.compiling import compile_for

BATCH_SIZE = 16
# More tell little more: of so many the loss is known to a few parts in a thousand.
MOST_TOKENS = 1 << 18
PATIENCE_SECONDS = 10


class Evaluator:
    """Measures a model on tokens that it was not trained on.

    Windows overlap by half and only targets with at least half a window of context count, as usual
    for the perplexity of models with a fixed context.

    Args:
        model: The model.
        length: The length of a window.
    """

    def __init__(self, model, length: int):
        self.length = length

        def summed_loss(inputs, targets, counts):
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, model(inputs))
            return tf.reduce_sum(tf.where(counts, losses, 0.0))

        self._summed_loss = compile_for(model, summed_loss)

    def mean_loss(self, tokens: np.ndarray) -> float:
        """The mean cross-entropy of `tokens (N,)` in nats per token."""
        starts, counts = strided_windows(len(tokens), self.length)
        total = 0.0
        firsts = range(0, len(starts), BATCH_SIZE)
        for first in tqdm(firsts, "evaluating", unit="batch", delay=PATIENCE_SECONDS, leave=False):
            batch_starts = starts[first : first + BATCH_SIZE]
            batch_counts = counts[first : first + BATCH_SIZE]
            missing = BATCH_SIZE - len(batch_starts)  # filled up, so that there is one shape only
            batch_starts = np.pad(batch_starts, (0, missing))
            batch_counts = np.pad(batch_counts, ((0, missing), (0, 0)))
            inputs, targets = next_token_windows(tokens, batch_starts, self.length)
            total += float(self._summed_loss(inputs, targets, batch_counts))
        return total / counts.sum()

    def evaluate(self, corpus: Corpus, max_tokens: int | None = None) -> dict[str, float]:
        """Loss, perplexity, nats per character and, where it is known, the gap to the floor.

        Args:
            corpus: Its validation tokens are used.
            max_tokens: Only so many of them. None: all, or `MOST_TOKENS` where there are more; then
                `first_tokens` is among the figures.
        """
        tokens = corpus.validation_tokens[: max_tokens or MOST_TOKENS]
        loss = self.mean_loss(tokens)
        metrics = {
            "loss": loss,
            "perplexity": math.exp(min(loss, 700.0)),
            "nats_per_character": loss / corpus.characters_per_token,
        }
        if corpus.floor:
            metrics |= {"floor": corpus.floor, "floor_gap": loss / corpus.floor - 1}
        if not max_tokens and len(tokens) < len(corpus.validation_tokens):
            metrics["first_tokens"] = len(tokens)
        return metrics
