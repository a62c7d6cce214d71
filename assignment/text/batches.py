"""From records to arrays of one shape, and from these to batches.

Shapes: N examples, B batch, T time.
"""

import functools
from typing import NamedTuple

import numpy as np

from assignment.text.conversations import pack
from assignment.text.records import Conversation, Preference
from assignment.text.tokenizer import Tokenizer

LENGTH_STEP = 8


class Packed(NamedTuple):
    """Conversations as `conversations.pack` arranges them, one a row."""

    inputs: np.ndarray
    """`(N, T)` int32."""
    targets: np.ndarray
    """`(N, T)` int32, the inputs shifted by one."""
    response_mask: np.ndarray
    """`(N, T)` bool, True where the target is a token of the response."""

    def rows(self, indices) -> "Packed":
        return Packed(*(array[indices] for array in self))

    def without_prompts(self) -> "Packed":
        """The same inputs, without the first columns of targets that are of prompts in all rows.

        These are the rows that a step or a scorer takes; `token_ids` and `lengths` need the others.
        """
        first = self.response_mask.any(axis=0).argmax()
        return Packed(self.inputs, self.targets[:, first:], self.response_mask[:, first:])

    @property
    def token_ids(self) -> np.ndarray:
        """`(N, T + 1)`: the conversations whole, with their eos."""
        return np.concatenate([self.inputs[:, :1], self.targets], axis=1)

    @property
    def lengths(self) -> np.ndarray:
        """`(N,)`: how many entries of `token_ids` each conversation fills."""
        last_target = self.response_mask.shape[1] - self.response_mask[:, ::-1].argmax(axis=1)
        return (last_target + 1).astype(np.int32)


def pack_conversations(
    records: list[Conversation], tokenizer: Tokenizer, longest: int
) -> tuple[Packed, int]:
    """Arrays of many conversations, no longer than the longest of them needs.

    Args:
        records: The conversations.
        tokenizer: Their tokenizer.
        longest: T is at most this; what does not fit is cut by `pack`.

    Returns:
        The arrays, and how many conversations were cut.

    Raises:
        ValueError: `longest` leaves no room for a response.
    """
    prompts = tokenizer.encode_batch([record.prompt for record in records])
    responses = tokenizer.encode_batch([record.response for record in records])
    # bos, user, assistant and eos, less the one that the shift by one takes.
    needed = [len(p) + len(r) + 3 for p, r in zip(prompts, responses, strict=True)]
    length = min(-(-max(needed) // LENGTH_STEP) * LENGTH_STEP, longest)
    rows = [pack(p, r, length, tokenizer) for p, r in zip(prompts, responses, strict=True)]
    return Packed(*map(np.stack, zip(*rows, strict=True))), sum(n > length for n in needed)


def pack_pairs(
    records: list[Preference], tokenizer: Tokenizer, longest: int
) -> tuple[Packed, Packed, int]:
    """The chosen and the rejected conversations, row by row, in arrays of one shape.

    Args:
        records: The preferences.
        tokenizer: Their tokenizer.
        longest: See `pack_conversations`.

    Returns:
        Chosen, rejected, and how many conversations were cut.
    """
    chosen = [Conversation(record.prompt, record.chosen) for record in records]
    rejected = [Conversation(record.prompt, record.rejected) for record in records]
    packed, cut = pack_conversations(chosen + rejected, tokenizer, longest)
    return packed.rows(slice(len(records))), packed.rows(slice(len(records), None)), cut


def batch_indices(seed: int, step: int, batch_size: int, num_examples: int) -> np.ndarray:
    """The examples `(B,)` of a step, counted from 1: a pure function of its arguments.

    Each epoch is a permutation of all examples, and the next one follows without a gap.
    """
    places = np.arange((step - 1) * batch_size, step * batch_size)
    epochs, offsets = np.divmod(places, num_examples)
    return np.array(
        [_permutation(seed, int(e), num_examples)[o] for e, o in zip(epochs, offsets, strict=True)]
    )


def seen_indices(seed: int, steps: int, batch_size: int, num_examples: int) -> np.ndarray:
    """The examples that the `batch_indices` of the first `steps` steps name, each once, sorted."""
    return np.sort(_permutation(seed, 0, num_examples)[: steps * batch_size])


@functools.lru_cache(maxsize=4)
def _permutation(seed: int, epoch: int, num_examples: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(num_examples)
