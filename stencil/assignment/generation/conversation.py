"""A conversation with a model: what was said, in the form that the model was trained on."""

from collections.abc import Iterator

from assignment.generation.sampling import Sampler
from assignment.generation.streaming import TokenStream, text_pieces
from assignment.text.conversations import format_prompt

# At least this share of the context is left to an answer.
ANSWER_SHARE = 0.25


class Conversation:
    """Answers messages, one after the other.

    A fine-tuned model reads `bos user message assistant`, and writes up to its eos. With `remember`
    the turns before stand in front, the oldest left out when the context is full. A model that was
    only pre-trained knows no turns: it goes on with each message itself, to the end of the line.

    Args:
        model: A language model.
        tokenizer: Its tokenizer.
        knows_turns: Whether the model was fine-tuned.
        remember: Whether it sees the turns before.
    """

    def __init__(self, model, tokenizer, knows_turns: bool = True, remember: bool = False):
        self.tokenizer = tokenizer
        self.knows_turns = knows_turns
        self.remember = remember and knows_turns
        self._stream = TokenStream(model)
        self._turns: list[list[int]] = []

    def reset(self) -> None:
        """Forget what was said."""
        self._turns = []

    def answer(self, message: str, sampler: Sampler, seed: int) -> Iterator[str]:
        """The answer to a message, piece by piece. One that is not taken to its end is forgotten.

        Raises:
            ValueError: The message is too long for the model's context.
        """
        ids = self.tokenizer.encode(message)
        stop_id = self.tokenizer.newline_id
        if self.knows_turns:
            ids, stop_id = format_prompt(ids, self.tokenizer), self.tokenizer.eos_id
        longest = int(self._stream.capacity * (1 - ANSWER_SHARE))
        if len(ids) > longest:
            raise ValueError(
                f"The message takes {len(ids)} tokens. The model's context has "
                f"{self._stream.capacity}, of which a message may take {longest}: shorten it."
            )
        while self._turns and sum(map(len, self._turns)) + len(ids) > longest:
            del self._turns[0]
        self._stream.reset()
        self._stream.read([token for turn in self._turns for token in turn] + ids)
        written: list[int] = []

        def tokens() -> Iterator[int]:
            for token in self._stream.write(sampler, seed, stop_id):
                written.append(token)
                yield token

        yield from text_pieces(tokens(), self.tokenizer)
        if self.remember:
            self._turns.append([*ids, *written, stop_id])
