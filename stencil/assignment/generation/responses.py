"""Answers to prompts in the chat format, many at once."""

import functools
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from assignment.generation.decoding import generate
from assignment.generation.parts import compile_in_parts
from assignment.generation.sampling import make_sampler
from assignment.text.conversations import format_prompt
from assignment.text.tokenizer import Tokenizer

# Prompts are padded to a multiple of this, so that few shapes need compiling.
WIDTH_STEP = 16
# This part of the context is kept for the response, however long its prompt is.
LEAST_ROOM_SHARE = 4


@dataclass(frozen=True)
class Response:
    """What a model answered."""

    prompt_ids: list[int]
    """What it answered to, in the chat format."""
    ids: list[int]
    """The tokens written, the eos included if there is one."""
    text: str
    ended: bool
    """Whether the model ended it, rather than the limit of tokens."""


class Responder:
    """Lets a language model answer prompts. Compiles once for each padded width of prompts.

    Args:
        model: A language model.
        tokenizer: Its tokenizer.
        max_new_tokens: The length of a response at most; less where the context ends.
        temperature: See `make_sampler`; 0 is greedy.
        batch_size: How many prompts are answered at once.
    """

    def __init__(
        self,
        model,
        tokenizer: Tokenizer,
        max_new_tokens: int,
        temperature: float = 1.0,
        batch_size: int = 50,
    ):
        self.tokenizer = tokenizer
        self.context = model.config.max_sequence_length
        self.max_new_tokens = max_new_tokens
        self.widest = self.context - min(max_new_tokens, self.context // LEAST_ROOM_SHARE)
        self.batch_size = batch_size
        self._generate = compile_in_parts(
            model,
            functools.partial(
                generate,
                model,
                sampler=make_sampler(temperature),
                stop_id=tokenizer.eos_id,
                pad_id=tokenizer.pad_id,
            ),
        )

    def __call__(self, prompts: list[str], seed: int) -> list[Response]:
        """One response to each prompt, in their order; a prompt too long loses its beginning."""
        longest = self.widest - len(format_prompt([], self.tokenizer))
        encoded = [
            format_prompt(ids[-longest:], self.tokenizer)
            for ids in self.tokenizer.encode_batch(prompts)
        ]
        responses = []
        for first in range(0, len(encoded), self.batch_size):
            batch = encoded[first : first + self.batch_size]
            responses += self._respond(batch, seed=(seed, first))
        return responses

    def _respond(self, prompts: list[list[int]], seed) -> list[Response]:
        rows = prompts + prompts[:1] * (self.batch_size - len(prompts))  # one shape only
        lengths = np.array([len(row) for row in rows], np.int32)
        width = min(-(-int(lengths.max()) // WIDTH_STEP) * WIDTH_STEP, self.widest)
        ids = np.full([len(rows), width], self.tokenizer.pad_id, np.int32)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
        new, new_lengths = self._generate(
            ids,
            lengths,
            seed=tf.constant(seed),
            max_new_tokens=min(self.max_new_tokens, self.context - width),
        )
        written = zip(prompts, new.numpy(), new_lengths.numpy(), strict=False)
        return [self._response(prompt, row[:n].tolist()) for prompt, row, n in written]

    def _response(self, prompt: list[int], ids: list[int]) -> Response:
        ended = ids[-1:] == [self.tokenizer.eos_id]
        return Response(prompt, ids, self.tokenizer.decode(ids), ended)
