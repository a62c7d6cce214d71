"""Language models without weights, whose greedy text is known in closed form.

Each has the interface of the real ones: `initial_state(batch_size, max_length)` and
`step(token_ids (B, T), state, index)`. The most probable next token is `favourite`, and each
further step around the vocabulary is worse by half a nat.
"""

from typing import Any


class Toy:
    """Counts the tokens that it reads; a child says which token is the favourite.

    Args:
        vocabulary_size: V.
    """

    def __init__(self, vocabulary_size: int):
        self.vocabulary_size = vocabulary_size
        self.tokens_read = 0

    def initial_state(self, batch_size, max_length) -> Any:
        """A state that nothing depends on."""
        import tensorflow as tf

        return tf.zeros([batch_size, 1])

    def step(self, token_ids, state, index):
        """Logits `(B, T, V)` and the new state."""
        import tensorflow as tf

        token_ids = tf.ensure_shape(tf.cast(token_ids, tf.int32), [None, None])
        self.tokens_read += int(token_ids.shape.num_elements() or 0)
        favourite, state = self.favourite(token_ids, state, tf.cast(index, tf.int32))
        around = tf.range(self.vocabulary_size) - favourite[:, :, tf.newaxis]
        return -0.5 * tf.cast(around % self.vocabulary_size, tf.float32), state

    def favourite(self, token_ids, state, index):
        """The most probable next token `(B, T)`, and the new state."""
        raise NotImplementedError


class LastToken(Toy):
    """After token x comes x + 3."""

    def favourite(self, token_ids, state, index):
        return (token_ids + 3) % self.vocabulary_size, state


class Order(Toy):
    """A recurrent state: every token read counts, and the order in which they are read."""

    def initial_state(self, batch_size, max_length):
        import tensorflow as tf

        return {"h": tf.ones([batch_size], tf.int32)}

    def favourite(self, token_ids, state, index):
        import tensorflow as tf

        states = tf.scan(lambda h, x: (3 * h + x + 1) % 97, tf.transpose(token_ids), state["h"])
        return tf.transpose(states) % self.vocabulary_size, {"h": states[-1]}


class Position(Toy):
    """After token x at position p comes x + 2p + 1."""

    def favourite(self, token_ids, state, index):
        import tensorflow as tf

        positions = index + tf.range(tf.shape(token_ids)[1])
        return (token_ids + 2 * positions + 1) % self.vocabulary_size, state


class Cache(Toy):
    """Keeps every token at its position; the next one depends on all of them.

    Writing behind `max_length` is an error.
    """

    def initial_state(self, batch_size, max_length):
        import tensorflow as tf

        return (tf.fill([batch_size, max_length], 5), tf.zeros([batch_size]))

    def favourite(self, token_ids, state, index):
        import tensorflow as tf

        tokens, unused = state
        batch_size, length = tf.shape(token_ids)[0], tf.shape(token_ids)[1]
        tf.debugging.assert_less_equal(
            index + length,
            tf.shape(tokens)[1],
            "a token is read at a position that max_length leaves no room for",
        )
        positions = index + tf.range(length)
        rows, columns = tf.meshgrid(tf.range(batch_size), positions, indexing="ij")
        tokens = tf.tensor_scatter_nd_update(tokens, tf.stack([rows, columns], -1), token_ids)
        weighted = tokens * (1 + tf.range(tf.shape(tokens)[1]) ** 2)
        sums = tf.gather(tf.cumsum(weighted, axis=1), positions, axis=1)
        return sums % self.vocabulary_size, (tokens, unused)


class Uniform(Toy):
    """Every token is as probable as any other."""

    def step(self, token_ids, state, index):
        import tensorflow as tf

        shape = [*token_ids.shape[:2], self.vocabulary_size]
        return tf.zeros(shape), state
