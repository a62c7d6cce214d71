"""The decoder-only transformer language model.

Shapes: B batch, T sequence length, H heads, D model width, V vocabulary.
"""

import keras
import tensorflow as tf

from assignment.config import TransformerConfig
from assignment.layers.blocks import DecoderBlock
from assignment.layers.dropout import Dropout
from assignment.layers.masking import cached_causal_mask, causal_mask, combine_masks
from assignment.layers.normalization import LayerNorm
from assignment.layers.positional import LearnedPositions, sinusoidal_encoding


class TransformerLM(keras.Model):
    """GPT-style language model: token ids to the logits of each next token.

    Embedding and positions, a stack of `DecoderBlock`s under the causal mask, a final LayerNorm
    (pre-norm only: a post-norm block ends in one), and the output projection, which is the
    embedding matrix again when `config.tie_embeddings`.

    Args:
        config: The model's shape.
    """

    def __init__(self, config: TransformerConfig, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        # With this deviation the logits of a tied embedding start with variance 1. Sinusoids have
        # amplitude 1, so beside them the embedding is scaled up by √D; see `_start_quietly` too.
        self.token_embedding = keras.layers.Embedding(
            config.vocabulary_size,
            config.hidden_dim,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=config.hidden_dim**-0.5),
            name="token_embedding",
            dtype=self.dtype_policy,
        )
        if config.positions == "learned":
            self.position_embedding = LearnedPositions(
                config.max_sequence_length, name="position_embedding", dtype=self.dtype_policy
            )
        self.embedding_dropout = Dropout(config.dropout, dtype=self.dtype_policy)
        self.blocks = [
            DecoderBlock(
                config.hidden_dim,
                config.num_heads,
                config.intermediate_dim,
                config.dropout,
                config.norm_first,
                rotary=config.positions == "rotary",
                name=f"block_{index}",
                dtype=self.dtype_policy,
            )
            for index in range(config.num_layers)
        ]
        if config.norm_first:
            self.final_norm = LayerNorm(name="final_norm", dtype=self.dtype_policy)
        if not config.tie_embeddings:
            self.output_dense = keras.layers.Dense(
                config.vocabulary_size, use_bias=False, name="output_dense", dtype=self.dtype_policy
            )

    def build(self, inputs_shape=None):
        hidden_shape = (None, None, self.config.hidden_dim)
        self.token_embedding.build()
        if self.config.positions == "learned":
            self.position_embedding.build(hidden_shape)
        for block in self.blocks:
            block.build(hidden_shape)
            if self.config.positions != "sinusoidal":
                self._start_quietly(block)
        if self.config.norm_first:
            self.final_norm.build(hidden_shape)
        if not self.config.tie_embeddings:
            self.output_dense.build(hidden_shape)

    def _start_quietly(self, block):
        """Let what the sub-layers of a block add be as small as an embedding that is not scaled.

        A norm makes their inputs large whatever the embedding is, and at full size their first,
        random outputs would drown which token was read.
        """
        for sub_layer in (block.self_attention, block.feed_forward):
            kernel = sub_layer.output_dense.kernel
            kernel.assign(kernel * self.config.hidden_dim**-0.5)

    def call(self, token_ids, padding_mask=None, training=None):
        """The logits of every next token.

        Args:
            token_ids: `(B, T)` integers.
            padding_mask: `(B, 1, 1, T)` booleans, False at padding; see `layers.masking`.
            training: Whether to apply dropout.

        Returns:
            `(B, T, V)` logits: entry t predicts token t + 1.
        """
        # TODO embed, run the blocks under the combined mask, project to logits.
        raise NotImplementedError(
            "models.transformer_lm: embed, run the blocks, and project to logits"
        )

    def embed(self, token_ids, first_position=0, training=None):
        """Token embedding plus positions `first_position …`: `(B, T)` to `(B, T, D)`.

        `first_position` may be a tensor. XLA, which compiles the decoding loop, must know the size
        of a table all the same: that of `max_sequence_length` positions, of which a part is taken.
        """
        # TODO scale by √D and add the encoding for sinusoidal positions; rotary ones come later.
        # TODO embedding_dropout comes last.
        raise NotImplementedError(
            "models.transformer_lm: embed, run the blocks, and project to logits"
        )

    def project(self, x):
        """Final norm and output projection: `(B, T, D)` to logits `(B, T, V)`."""
        raise NotImplementedError(
            "models.transformer_lm: embed, run the blocks, and project to logits"
        )

    def initial_state(self, batch_size, max_length: int) -> tuple[tf.Tensor, ...]:
        """An empty KV cache for `max_length` positions: one `(B, 2, K, H, d)` for each block."""
        heads = self.config.num_heads
        shape = (batch_size, 2, max_length, heads, self.config.hidden_dim // heads)
        return tuple(tf.zeros(shape, self.compute_dtype) for _ in self.blocks)

    def step(self, token_ids, state, index) -> tuple[tf.Tensor, tuple[tf.Tensor, ...]]:
        """Read the next tokens `(B, T)`, which stand at positions `index … index + T − 1`.

        Returns:
            Their logits `(B, T, V)` and the new state.
        """
        mask = cached_causal_mask(index, tf.shape(token_ids)[1], tf.shape(state[0])[2])
        x = self.embed(token_ids, first_position=index)
        caches = []
        for block, cache in zip(self.blocks, state, strict=True):
            x, cache = block(x, mask=mask, cache=cache, cache_index=index)
            caches.append(cache)
        return self.project(x), tuple(caches)

    def attention_weights(self, token_ids) -> list[tf.Tensor]:
        """The attention weights `(B, H, T, T)` of each block, to look at."""
        x = self.embed(token_ids)
        mask = causal_mask(tf.shape(token_ids)[1])
        weights = []
        for block in self.blocks:
            x, block_weights = block(x, mask=mask, return_weights=True)
            weights.append(block_weights)
        return weights
