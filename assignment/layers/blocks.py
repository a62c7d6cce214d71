"""Transformer blocks: attention and feed-forward, each inside a residual connection."""

import keras

from assignment.layers.attention import MultiHeadAttention
from assignment.layers.dropout import Dropout
from assignment.layers.feed_forward import FeedForward
from assignment.layers.normalization import LayerNorm


class DecoderBlock(keras.layers.Layer):
    """One block of a decoder.

    Pre-norm (GPT-2):   x ← x + Attention(LN(x)),   x ← x + FFN(LN(x))
    Post-norm (2017):   x ← LN(x + Attention(x)),   x ← LN(x + FFN(x))

    With `cross_attention` a third sub-layer between the two attends to the encoder's output. It
    normalises the decoder's side only: the context is the encoder's, already normalised.

    Args:
        hidden_dim: D.
        num_heads: H.
        intermediate_dim: The inner width of the feed-forward network.
        dropout: The rate for attention weights and for the output of each sub-layer; `FeedForward`
            drops its output itself.
        norm_first: Pre-norm or post-norm.
        cross_attention: Whether to attend to a `context` as well.
        rotary: Whether self-attention uses rotary positions.
    """

    def __init__(
        self,
        hidden_dim: int,
        num_heads: int,
        intermediate_dim: int,
        dropout=0.0,
        norm_first=True,
        cross_attention=False,
        rotary=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.hidden_dim = hidden_dim
        self.num_heads = num_heads
        self.intermediate_dim = intermediate_dim
        self.dropout = dropout
        self.norm_first = norm_first
        self.cross_attention = cross_attention
        self.rotary = rotary

        policy = {"dtype": self.dtype_policy}
        self.self_attention = MultiHeadAttention(
            hidden_dim, num_heads, dropout, rotary, name="self_attention", **policy
        )
        self.self_attention_norm = LayerNorm(name="self_attention_norm", **policy)
        if cross_attention:
            self.context_attention = MultiHeadAttention(
                hidden_dim, num_heads, dropout, name="context_attention", **policy
            )
            self.context_attention_norm = LayerNorm(name="context_attention_norm", **policy)
        self.feed_forward = FeedForward(
            hidden_dim, intermediate_dim, dropout, name="feed_forward", **policy
        )
        self.feed_forward_norm = LayerNorm(name="feed_forward_norm", **policy)
        self.output_dropout = Dropout(dropout, **policy)

    def build(self, inputs_shape, context_shape=None):
        self.self_attention.build(inputs_shape)
        self.self_attention_norm.build(inputs_shape)
        self.feed_forward.build(inputs_shape)
        self.feed_forward_norm.build(inputs_shape)
        if self.cross_attention:
            self.context_attention.build(inputs_shape, context_shape or inputs_shape)
            self.context_attention_norm.build(inputs_shape)

    def compute_mask(self, inputs, previous_mask=None):
        return None  # masks are explicit arguments here: none travels on with the output

    def call(
        self,
        inputs,
        context=None,
        mask=None,
        context_mask=None,
        cache=None,
        cache_index=None,
        training=None,
        return_weights=False,
    ):
        """Map `inputs (B, T, D)` to `(B, T, D)`.

        Args:
            inputs: `(B, T, D)`.
            context: `(B, K, D)`, the encoder's output, for cross-attention.
            mask: Who may attend to whom within `inputs`: the causal mask, and padding.
            context_mask: The same for the context.
            cache: See `MultiHeadAttention`; then `(output, cache)` is returned.
            cache_index: The position of the first of `inputs`.
            training: Whether to drop.
            return_weights: Also return the self-attention weights `(B, H, T, K)`, last.
        """
        # BEGIN SOLUTION blocks.decoder
        # TODO Pre-norm normalises what enters a sub-layer, post-norm the sum behind it.
        # TODO Besides `output` set `extras`, a list of what else self-attention returned: the cache
        # TODO if there is one, and its weights, which are always asked for.
        x = inputs
        attended, *extras = self.self_attention(
            self.self_attention_norm(x) if self.norm_first else x,
            mask=mask,
            cache=cache,
            cache_index=cache_index,
            training=training,
            return_weights=True,
        )
        x = x + self.output_dropout(attended, training=training)
        x = x if self.norm_first else self.self_attention_norm(x)

        if self.cross_attention:
            attended = self.context_attention(
                self.context_attention_norm(x) if self.norm_first else x,
                context=context,
                mask=context_mask,
                training=training,
            )
            x = x + self.output_dropout(attended, training=training)
            x = x if self.norm_first else self.context_attention_norm(x)

        transformed = self.feed_forward(
            self.feed_forward_norm(x) if self.norm_first else x, training=training
        )
        x = x + transformed
        output = x if self.norm_first else self.feed_forward_norm(x)
        # END SOLUTION
        if not return_weights:
            extras = extras[:-1]
        return (output, *extras) if extras else output


class EncoderBlock(keras.layers.Layer):
    """One block of an encoder: every token may attend to every token that is not padding.

    The arguments are those of `DecoderBlock`, which without a causal mask is an encoder's block.
    """

    def __init__(
        self,
        hidden_dim: int,
        num_heads: int,
        intermediate_dim: int,
        dropout=0.0,
        norm_first=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.hidden_dim = hidden_dim
        self.num_heads = num_heads
        self.intermediate_dim = intermediate_dim
        self.dropout = dropout
        self.norm_first = norm_first
        self.block = DecoderBlock(
            hidden_dim,
            num_heads,
            intermediate_dim,
            dropout,
            norm_first,
            name="block",
            dtype=self.dtype_policy,
        )

    def build(self, inputs_shape):
        self.block.build(inputs_shape)

    def call(self, inputs, padding_mask=None, training=None):
        """Map `inputs (B, T, D)` to `(B, T, D)`; `padding_mask (B, 1, 1, T)` hides padding."""
        return self.block(inputs, mask=padding_mask, training=training)
