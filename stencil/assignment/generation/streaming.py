"""Generation one token at a time, for somebody who watches."""

from collections.abc import Iterable, Iterator

import tensorflow as tf

from assignment.generation.sampling import Sampler

# Prompts are read in pieces of these sizes: two shapes to trace, whatever the prompt's length.
PIECES = (16, 1)


class TokenStream:
    """A model and its state, which reads tokens and says what comes next.

    Args:
        model: A language model; the positions of its `config.max_sequence_length` can be used.
    """

    def __init__(self, model):
        self.capacity = model.config.max_sequence_length
        self._model = model
        # Not by XLA: somebody waits for the first token.
        self._step = tf.function(model.step, reduce_retracing=True)
        self.reset()

    def reset(self) -> None:
        """Forget everything that was read."""
        self.position = 0
        self._state = self._model.initial_state(1, self.capacity)
        self._logits = None

    def read(self, ids: list[int]) -> None:
        """Read tokens; `capacity` of them in all."""
        while ids:
            size = next(size for size in PIECES if size <= len(ids))
            piece, ids = ids[:size], ids[size:]
            logits, self._state = self._step(
                tf.constant([piece]), self._state, tf.constant(self.position)
            )
            self._logits = logits[:, -1]  # (1, V)
            self.position += size

    def write(self, sampler: Sampler, seed: int, stop_id: int) -> Iterator[int]:
        """Sample tokens and read them, until the stop token, which is not yielded, or no room."""
        while self.position < self.capacity:
            token = int(sampler(self._logits, tf.constant([seed, self.position]))[0])
            if token == stop_id:
                return
            yield token
            self.read([token])


def text_pieces(tokens: Iterable[int], tokenizer) -> Iterator[str]:
    """The text of tokens, as far as it is certain after each of them.

    A character may take several tokens, its bytes. It is held back until it is complete.
    """
    ids: list[int] = []
    shown = ""
    for token in tokens:
        ids.append(token)
        text = tokenizer.decode(ids)
        certain = text.rstrip("\N{REPLACEMENT CHARACTER}")
        if certain.startswith(shown) and certain != shown:
            yield certain[len(shown) :]
            shown = certain
    rest = tokenizer.decode(ids)[len(shown) :]
    if rest:
        yield rest
