"""Text in, text out: a compiled sampler for prompts of any length."""

import functools

import numpy as np
import tensorflow as tf

from assignment.generation.decoding import generate
from assignment.generation.parts import compile_in_parts
from assignment.generation.sampling import Sampler
from assignment.text.tokenizer import Tokenizer

# Prompts are padded to a multiple of this, so that few shapes need compiling.
WIDTH_STEP = 16


class TextGenerator:
    """Continues texts. Compiles once for each number of prompts and padded width.

    Args:
        model: A language model.
        tokenizer: Its tokenizer.
        sampler: Chooses each token.
        max_new_tokens: The length of a continuation.
        stop_id: A token that ends one early.
    """

    def __init__(
        self,
        model,
        tokenizer: Tokenizer,
        sampler: Sampler,
        max_new_tokens: int,
        stop_id: int | None = None,
    ):
        self.tokenizer = tokenizer
        self._generate = compile_in_parts(
            model,
            functools.partial(
                generate,
                model,
                max_new_tokens=max_new_tokens,
                sampler=sampler,
                stop_id=stop_id,
                pad_id=tokenizer.pad_id,
            ),
        )

    def __call__(self, prompts: list[str], seed: int) -> list[str]:
        """The continuations of non-empty texts, without the texts themselves."""
        return [
            self.tokenizer.decode(ids)
            for ids in self.continue_ids(
                [self.tokenizer.encode(prompt) for prompt in prompts], seed
            )
        ]

    def continue_ids(self, prompts: list[list[int]], seed: int) -> list[list[int]]:
        """The same from token ids to token ids.

        Raises:
            ValueError: A prompt is empty.
        """
        lengths = np.array([len(prompt) for prompt in prompts], np.int32)
        if not lengths.all():
            raise ValueError("A prompt is empty: there is nothing to continue.")
        width = -(-int(lengths.max()) // WIDTH_STEP) * WIDTH_STEP
        ids = np.full([len(prompts), width], self.tokenizer.pad_id, np.int32)
        for row, prompt in enumerate(prompts):
            ids[row, : len(prompt)] = prompt
        shared_length = max(1, int(lengths.min()) // WIDTH_STEP * WIDTH_STEP)
        new, new_lengths = self._generate(
            ids, lengths, seed=tf.constant(seed), shared_length=shared_length
        )
        return [row[:n].tolist() for row, n in zip(new.numpy(), new_lengths.numpy(), strict=True)]
