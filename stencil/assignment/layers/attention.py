"""Scaled dot-product and multi-head attention (Vaswani et al. 2017, section 3.2).

Shapes: B batch, H heads, Q query length, K key length, D model width, d = D/H width of one head.
"""

import functools

import keras
import tensorflow as tf

from assignment.layers.dropout import Dropout
from assignment.layers.positional import rotate

# More blocks skip more, and compile longer; smaller matrices are slower.
MOST_BLOCKS, SMALLEST_BLOCK = 4, 64
MOST_PARTS, SMALLEST_PART = 6, 32  # the same, of a cache
LONGEST_SUM = 32  # XLA writes the products of a longer sum to memory before it adds them


def scaled_dot_product_attention(query, key, value, mask=None) -> tuple[tf.Tensor, tf.Tensor]:
    """Attention(Q, K, V) = softmax(Q Kᵀ / √d + M) V.

    M is the additive form of the boolean mask: 0 where a query may attend, a very large negative
    number where it may not. That number is finite, so that a row which may attend nowhere (a query
    of pure padding) gives finite numbers instead of the NaN of softmax(−∞, …, −∞).

    Args:
        query: `(…, Q, d)`; any leading axes.
        key: `(…, K, d)`.
        value: `(…, K, d_v)`.
        mask: Booleans that broadcast against `(…, Q, K)`, True = may attend; None hides nothing.

    Returns:
        The output `(…, Q, d_v)` and the weights `(…, Q, K)`, whose rows add up to 1; finite
        numbers for a query that may attend nowhere.
    """
    raise NotImplementedError(
        "attention.scaled_dot_product: compute the weights, then the weighted values"
    )


def attention_in_blocks(query, key, value, mask=None) -> tuple[tf.Tensor, tf.Tensor]:
    """`scaled_dot_product_attention`, without the scores that a known mask hides anyway.

    Under the causal mask half of Q Kᵀ is computed only to be thrown away. Here the queries go in
    blocks, and each block meets the keys up to the last one that any of its queries may see. The
    blocks' results are those of the whole, so nothing but time changes.

    That needs a mask `(Q, K)` whose values are known while the graph is traced, like that of
    `causal_mask` for a known length. With any other mask there is one block.

    Args and returns: as in `scaled_dot_product_attention`.
    """
    visible = tf.get_static_value(mask) if tf.is_tensor(mask) else None
    length, key_length = query.shape[-2], key.shape[-2]
    # A row that may attend nowhere is spread over all keys, so those must all be there.
    if visible is None or visible.shape != (length, key_length) or not visible.any(axis=1).all():
        return scaled_dot_product_attention(query, key, value, mask)
    block = max(SMALLEST_BLOCK, -(-length // MOST_BLOCKS))
    outputs, weights = [], []
    for first in range(0, length, block):
        rows = slice(first, first + block)
        keys = 1 + visible[rows].any(axis=0).nonzero()[0][-1]
        output, block_weights = scaled_dot_product_attention(
            query[..., rows, :], key[..., :keys, :], value[..., :keys, :], mask[rows, :keys]
        )
        unseen = [[0, 0]] * (len(block_weights.shape) - 1) + [[0, key_length - keys]]
        outputs.append(output)
        weights.append(tf.pad(block_weights, unseen))
    return tf.concat(outputs, axis=-2), tf.concat(weights, axis=-2)


def attention_over_cache(query, cache, mask=None) -> tuple[tf.Tensor, tf.Tensor]:
    """`scaled_dot_product_attention` over a KV cache, without the part that is not written yet.

    The cache has room for a whole text, and at the beginning the mask hides most of it. Here it is
    read in parts, up to the last key that any query may see, which is found while decoding. The
    hidden rest would have weight 0, so nothing but time changes.

    Args:
        query: `(B, H, Q, d)`.
        cache: `(B, 2, K, H, d)`, the keys `[:, 0]` and the values `[:, 1]`.
        mask: Booleans that broadcast against `(B, H, Q, K)`, True = may attend.

    Returns:
        The output `(B, H, Q, d)` and the weights `(B, H, Q, K)`.
    """
    length = cache.shape[2]

    def attend(keys: int | None):
        """Attend to the first `keys` of the cache, all of them when None."""
        key, value = tf.unstack(cache[:, :, :keys], axis=1)  # (B, K, H, d)
        visible = None if mask is None else mask[..., :keys]
        if query.shape[2] == 1 and length is not None:
            output, weights = attention_of_one_query(query, key, value, visible)
        else:
            key, value = (tf.transpose(tensor, [0, 2, 1, 3]) for tensor in (key, value))
            output, weights = scaled_dot_product_attention(query, key, value, visible)
        unread = 0 if keys is None else length - keys
        return output, tf.pad(weights, [[0, 0], [0, 0], [0, 0], [0, unread]])

    if mask is None or length is None or mask.shape[-1] != length or length <= SMALLEST_PART:
        return attend(None)
    part = max(SMALLEST_PART, -(-length // MOST_PARTS))
    ends = [*range(part, length, part), length]
    seen = tf.reduce_max(tf.where(mask, tf.range(1, length + 1), 0), axis=-1)
    # A row that may attend nowhere is spread over all keys, so those must all be there.
    last = tf.reduce_max(tf.where(seen > 0, seen, length))
    return tf.switch_case((last - 1) // part, [functools.partial(attend, end) for end in ends])


def attention_of_one_query(query, key, value, mask=None) -> tuple[tf.Tensor, tf.Tensor]:
    """`scaled_dot_product_attention` of one query, with its products written as sums.

    Reading keys and values is what decoding spends its time on. A sum takes them where they lie;
    for `tf.matmul` XLA first copies them into another order, which takes longer than the product.

    Args:
        query: `(B, H, 1, d)`.
        key: `(B, K, H, d)`, in the order of the cache; K is known while the graph is traced.
        value: `(B, K, H, d)`.
        mask: Booleans that broadcast against `(B, H, 1, K)`, True = may attend.

    Returns:
        The output `(B, H, 1, d)` and the weights `(B, H, 1, K)`.
    """
    scale = tf.cast(query.shape[-1], query.dtype) ** -0.5
    scores = tf.reduce_sum(tf.transpose(query * scale, [0, 2, 1, 3]) * key, axis=-1)  # (B, K, H)
    scores = tf.transpose(scores, [0, 2, 1])[..., tf.newaxis]  # (B, H, K, 1)
    # A query of 1 that meets keys of width 1: of attention, mask and softmax are left.
    one = tf.ones_like(scores[:, :, :1])
    _, weights = scaled_dot_product_attention(one, scores, scores, mask)  # (B, H, 1, K)
    of_keys = tf.transpose(weights, [0, 3, 1, 2])  # (B, K, H, 1)
    parts = [slice(first, first + LONGEST_SUM) for first in range(0, key.shape[1], LONGEST_SUM)]
    sums = [tf.reduce_sum(of_keys[:, part] * value[:, part], axis=1) for part in parts]
    output = tf.add_n(sums)  # (B, H, d)
    return output[:, :, tf.newaxis], weights


class MultiHeadAttention(keras.layers.Layer):
    """H attentions in parallel, each in its own subspace of width d = D/H.

        head_h = Attention(X W_Q^h, C W_K^h, C W_V^h),   output = concat(head_1 … head_H) W_O

    The H projections of one kind are one matrix `(D, D)`: `query_dense`, `key_dense`, `value_dense`
    and `output_dense` are its Dense layers, with biases. Self-attention has C = X; with a `context`
    C is another sequence (cross-attention).

    Args:
        hidden_dim: D.
        num_heads: H; must divide D.
        dropout: The rate at which attention weights are dropped while training.
        rotary: Rotate queries and keys by their positions (rotary position embedding).

    Raises:
        ValueError: `num_heads` does not divide `hidden_dim`.
    """

    def __init__(self, hidden_dim: int, num_heads: int, dropout=0.0, rotary=False, **kwargs):
        super().__init__(**kwargs)
        if hidden_dim % num_heads:
            raise ValueError(
                "hidden_dim must be a multiple of num_heads, so that every head has the same "
                f"width. Received: hidden_dim={hidden_dim}, num_heads={num_heads}"
            )
        self.hidden_dim = hidden_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.rotary = rotary
        dense = {"kernel_initializer": "glorot_uniform", "dtype": self.dtype_policy}
        self.query_dense = keras.layers.Dense(hidden_dim, name="query_dense", **dense)
        self.key_dense = keras.layers.Dense(hidden_dim, name="key_dense", **dense)
        self.value_dense = keras.layers.Dense(hidden_dim, name="value_dense", **dense)
        self.output_dense = keras.layers.Dense(hidden_dim, name="output_dense", **dense)
        self.weights_dropout = Dropout(dropout, dtype=self.dtype_policy)

    def build(self, inputs_shape, context_shape=None):
        attends_to_itself = context_shape is None
        context_shape = inputs_shape if attends_to_itself else context_shape
        self.query_dense.build(inputs_shape)
        self.key_dense.build(context_shape)
        self.value_dense.build(context_shape)
        self.output_dense.build((*inputs_shape[:-1], self.hidden_dim))
        if attends_to_itself:
            self._start_as_copy()

    def _start_as_copy(self):
        """Let each head begin by passing on what it attends to: W_O^h = (W_V^h)ᵀ, so W_V W_O ≈ I.

        Whatever a text says again (a name, a colour) is predicted by copying. From independent
        random matrices a model has to find copying first, which takes half of a short run. The idea
        is that of mimetic initialisation (Trockman and Kolter 2023).
        """
        self.output_dense.kernel.assign(tf.transpose(self.value_dense.kernel))

    def compute_mask(self, inputs, previous_mask=None):
        return None  # masks are explicit arguments here: none travels on with the output

    def _split_heads(self, x):
        # TODO (B, T, D) → (B, H, T, d)
        raise NotImplementedError("attention.multi_head: split into heads, attend, and join them")

    def _merge_heads(self, x):
        # TODO (B, H, T, d) → (B, T, D)
        raise NotImplementedError("attention.multi_head: split into heads, attend, and join them")

    def call(
        self,
        inputs,
        context=None,
        mask=None,
        cache=None,
        cache_index=None,
        training=None,
        return_weights=False,
    ):
        """Attend from `inputs` to `context`, or to `inputs` itself.

        Args:
            inputs: `(B, Q, D)`.
            context: `(B, K, D_context)` for cross-attention.
            mask: Booleans that broadcast against `(B, H, Q, K)`, True = may attend.
            cache: `(B, 2, K, H, d)`, the keys `[:, 0]` and values `[:, 1]` of earlier tokens. Those
                of `inputs` are written into it at positions `cache_index … cache_index + Q − 1`,
                and the queries meet all K positions: mask those that are not written yet.
            cache_index: The position of the first of `inputs`.
            training: Whether to drop attention weights.
            return_weights: Also return the weights `(B, H, Q, K)`, as they are before dropout.

        Returns:
            The output `(B, Q, D)`; with a cache `(output, cache)`; the weights, if asked for, last.
        """
        # TODO project, split into heads, rotate and update the cache if asked, attend, merge heads.
        # TODO attention_in_blocks and attention_over_cache do what your
        # TODO scaled_dot_product_attention does, and are faster. Their output is that of the whole
        # TODO weights: with dropout in training, multiply the dropped weights by the values.
        raise NotImplementedError("attention.multi_head: split into heads, attend, and join them")
        results = [output]
        if cache is not None:
            results.append(cache)
        if return_weights:
            results.append(weights)
        return results[0] if len(results) == 1 else tuple(results)
