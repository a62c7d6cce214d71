"""The recurrent language model: the baseline that the transformer has to beat.

Shapes: B batch, T sequence length, D embedding width, U units, V vocabulary.
"""

import keras
import tensorflow as tf

from assignment.config import RecurrentConfig
from assignment.layers.dropout import Dropout
from assignment.layers.masking import cached_causal_mask, causal_mask, combine_masks
from assignment.layers.recurrent import LSTM, SimpleRNN, additive_attention


class BahdanauSelfAttention(keras.layers.Layer):
    """Lets each hidden state look back at the earlier ones by additive attention.

        output_t = tanh([h_t ; context_t] W),   context_t = Σ_{s ≤ t} α_ts h_s

    Args:
        units: U, the width of the states and of the attention's inner layer.
    """

    def __init__(self, units: int, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, inputs_shape):
        width = inputs_shape[-1]
        self.w_query = self.add_weight(name="w_query", shape=(width, self.units))
        self.w_key = self.add_weight(name="w_key", shape=(width, self.units))
        self.v = self.add_weight(name="v", shape=(self.units,), initializer="random_normal")
        self.output_kernel = self.add_weight(name="kernel", shape=(2 * width, width))

    def call(self, inputs, memory, attention_mask):
        """Attend from `inputs (B, T, U)` to `memory (B, K, U)`; the mask is `([B,] T, K)`."""
        keys = memory[:, tf.newaxis]  # (B, 1, K, U): the same for each of the T queries
        context, _ = additive_attention(
            inputs, keys, keys, self.w_query, self.w_key, self.v, attention_mask
        )
        return tf.tanh(tf.matmul(tf.concat([inputs, context], axis=-1), self.output_kernel))


class RecurrentLM(keras.Model):
    """Embedding, recurrent layers, and the embedding again as the output projection.

    Args:
        config: The model's shape.
    """

    def __init__(self, config: RecurrentConfig, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        self.token_embedding = keras.layers.Embedding(
            config.vocabulary_size,
            config.hidden_dim,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=config.hidden_dim**-0.5),
            name="token_embedding",
        )
        recurrent = {"rnn": SimpleRNN, "lstm": LSTM}[config.cell]
        self.recurrent_layers = [
            recurrent(config.units, name=f"{config.cell}_{index}")
            for index in range(config.num_layers)
        ]
        if config.attention:
            self.attention = BahdanauSelfAttention(config.units, name="attention")
        self.dropout = Dropout(config.dropout)
        self.output_dense = keras.layers.Dense(config.hidden_dim, name="output_dense")

    def build(self, inputs_shape=None):
        self.token_embedding.build()
        width = self.config.hidden_dim
        for layer in self.recurrent_layers:
            layer.build((None, None, width))
            width = self.config.units
        if self.config.attention:
            self.attention.build((None, None, width))
        self.output_dense.build((None, None, width))

    def call(self, token_ids, padding_mask=None, training=None):
        """The logits `(B, T, V)` of every next token; arguments as in `TransformerLM`."""
        mask = None
        if padding_mask is not None:
            mask = tf.reshape(padding_mask, tf.shape(token_ids))  # (B, 1, 1, T) → (B, T)
        x = self.token_embedding(token_ids) * self.config.hidden_dim**0.5
        for layer in self.recurrent_layers:
            x = layer(self.dropout(x, training=training), mask=mask)
        if self.config.attention:
            visible = None if mask is None else mask[:, tf.newaxis, :]  # (B, 1, T)
            visible = combine_masks(causal_mask(tf.shape(token_ids)[1]), visible)
            x = self.attention(x, x, visible)
        return self.project(self.dropout(x, training=training))

    def project(self, x):
        """Output projection, tied to the embedding: `(B, T, U)` to logits `(B, T, V)`."""
        embeddings = tf.convert_to_tensor(self.token_embedding.embeddings)
        return tf.einsum("btd,vd->btv", self.output_dense(x), embeddings)

    def initial_state(self, batch_size, max_length: int) -> tuple:
        """The states of each layer, zero, and room for `max_length` states to look back at."""
        zeros = tf.zeros([batch_size, self.config.units])
        states = tuple((zeros,) * layer.NUM_STATES for layer in self.recurrent_layers)
        if not self.config.attention:
            return states
        return (*states, tf.zeros([batch_size, max_length, self.config.units]))

    def step(self, token_ids, state, index) -> tuple[tf.Tensor, tuple]:
        """Read the next tokens `(B, T)`, which stand at positions `index … index + T − 1`.

        Returns:
            Their logits `(B, T, V)` and the new state.
        """
        x = self.token_embedding(token_ids) * self.config.hidden_dim**0.5
        new_state = []
        for layer, layer_state in zip(self.recurrent_layers, state, strict=False):
            x, layer_state = layer(x, initial_state=layer_state, return_state=True)
            new_state.append(layer_state)
        if self.config.attention:
            memory = keras.ops.slice_update(state[-1], (0, index, 0), x)
            mask = cached_causal_mask(index, tf.shape(x)[1], tf.shape(memory)[1])
            x = self.attention(x, memory, mask)
            new_state.append(memory)
        return self.project(x), tuple(new_state)
