"""Pairs as DPO needs them: packed, with the reference's log-probabilities computed once.

Shapes: N pairs, B pairs of a batch, T time. All N chosen responses are one block, all rejected ones
the next, and for KTO mismatched ones a third; a batch has a pair's two or three side by side.
"""

import io
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from assignment.alignment.log_probs import sequence_log_probs
from assignment.files import write_whole
from assignment.models.last_logits import LastLogits
from assignment.text.batches import Packed, pack_conversations
from assignment.text.records import Conversation, Preference
from assignment.text.tokenizer import Tokenizer
from assignment.training.evaluation import PATIENCE_SECONDS

BATCH_SIZE = 50


class PreferencePairs:
    """Pairs of responses, and the log-probabilities of all of them under the reference.

    Args:
        records: The preferences.
        tokenizer: Their tokenizer.
        longest: See `pack_conversations`.
        mismatched: Add a third block, each prompt with the chosen response of the next record: KTO
            estimates KL(π ‖ π_ref) from responses that have nothing to do with their prompt.

    Attributes:
        size: N.
        num_cut: How many conversations were cut to fit.
        ref_log_probs: `(blocks, N)`, once they were computed.
    """

    def __init__(
        self,
        records: list[Preference],
        tokenizer: Tokenizer,
        longest: int,
        mismatched: bool = False,
    ):
        self.size = len(records)
        self.prompts = [record.prompt for record in records]
        conversations = [Conversation(record.prompt, record.chosen) for record in records]
        conversations += [Conversation(record.prompt, record.rejected) for record in records]
        if mismatched:
            following = records[1:] + records[:1]
            conversations += [
                Conversation(record.prompt, other.chosen)
                for record, other in zip(records, following, strict=True)
            ]
        packed, self.num_cut = pack_conversations(conversations, tokenizer, longest)
        self.packed = packed.without_prompts()

    def add_reference(self, score: "SequenceScorer", seen=None, path: Path | None = None) -> None:
        """Compute the reference's log-probabilities, or read them where they were written before.

        Args:
            score: The scorer of the reference model.
            seen: The places of the pairs that are needed, NaN stands for the others; None: all.
            path: Where they are kept, so that a resumed run need not compute them again.
        """
        if path and path.exists():
            self.ref_log_probs = np.load(path)
            return
        seen = np.arange(self.size) if seen is None else seen
        places = np.arange(len(self.packed.inputs)).reshape(-1, self.size)  # (blocks, N)
        self.ref_log_probs = np.full(places.shape, np.nan, np.float32)
        rows = self.packed.rows(places[:, seen].reshape(-1))
        self.ref_log_probs[:, seen] = score(rows).reshape(-1, len(seen))
        if path:
            content = io.BytesIO()
            np.save(content, self.ref_log_probs)
            write_whole(path, content.getvalue())

    def batch(self, indices) -> tuple[np.ndarray, ...]:
        """The pairs at these places.

        Returns:
            Inputs, `(B, blocks, T)`; targets and response mask, `(B, blocks, n)`, where n is T less
            what `Packed.without_prompts` leaves out; and ref_log_probs, `(B, blocks)`.
        """
        places = indices[:, None] + self.size * np.arange(len(self.ref_log_probs))
        return *self.packed.rows(places), self.ref_log_probs[:, indices].T


class SequenceScorer:
    """log π(y | x) of many packed conversations, in batches of one shape.

    Args:
        model: A language model.
    """

    def __init__(self, model):

        @tf.function(jit_compile=True)
        def log_probs(inputs, targets, mask):
            logits = LastLogits(model, targets.shape[1])(inputs)
            return sequence_log_probs(logits, targets, mask)

        self._log_probs = log_probs

    def __call__(self, packed: Packed) -> np.ndarray:
        """`(N,)`, in nats."""
        total = len(packed.inputs)
        padded = packed.rows(np.minimum(np.arange(-(-total // BATCH_SIZE) * BATCH_SIZE), total - 1))
        firsts = range(0, len(padded.inputs), BATCH_SIZE)
        bar = tqdm(firsts, "scoring", unit="batch", delay=PATIENCE_SECONDS, leave=False)
        batches = (padded.rows(slice(first, first + BATCH_SIZE)) for first in bar)
        return np.concatenate([self._log_probs(*batch) for batch in batches])[:total]
