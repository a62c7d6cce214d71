"""Attention masks: boolean, True where a query may attend to a key.

Shapes: B batch, H heads, Q query length, K key length, T sequence length. Every mask broadcasts
against the attention scores `(B, H, Q, K)`.
"""

import functools

import tensorflow as tf


def known_while_tracing(make_mask):
    """Make a mask at once where its lengths are known, and not each time the graph runs.

    Attention can then look at it while the graph is traced; see `attention_in_blocks`.
    """

    @functools.wraps(make_mask)
    def make(query_length, key_length=None):
        # Shape inference knows what `tf.shape` will be; tf.get_static_value does not.
        known = [
            None if length is None else tf.zeros([length], tf.bool).shape[0]
            for length in (query_length, key_length)
        ]
        if known[0] is None or (known[1] is None and key_length is not None):
            return make_mask(query_length, key_length)
        with tf.init_scope():  # outside the graph that is being traced
            return make_mask(*known)

    return make


@known_while_tracing
def causal_mask(query_length, key_length=None) -> tf.Tensor:
    """The mask that lets a token see itself and what came before it.

    The queries are the *last* `query_length` of the `key_length` positions. While training the two
    lengths are equal and the mask is the lower triangle; in cached decoding a few new queries meet
    all the keys so far.

    Args:
        query_length: Q, an int or a scalar tensor.
        key_length: K ≥ Q; Q when None.

    Returns:
        `(Q, K)` booleans: entry (i, j) is True where j ≤ i + (K − Q).
    """
    # TODO Give every query and every key its position in the whole sequence, then compare.
    raise NotImplementedError("masking.causal: let each query see the keys up to its own position")


def cached_causal_mask(index, query_length, key_length) -> tf.Tensor:
    """The causal mask of queries at positions `index …` that meet a cache of `key_length` keys.

    These are the rows `index … index + Q − 1` of the square mask: the entries of the cache that are
    not written yet lie in the future and are hidden with it.

    Args:
        index: The position of the first query, an int or a scalar tensor.
        query_length: Q.
        key_length: K, the length of the whole cache.

    Returns:
        `(Q, K)` booleans.
    """
    causal = causal_mask(key_length)
    known = tf.get_static_value(causal)
    if known is not None:  # a constant of the graph, from which XLA sees what the first tokens see
        causal = tf.constant(known)
    return tf.slice(causal, [index, 0], [query_length, key_length])


def padding_mask(token_ids, pad_id: int = 0) -> tf.Tensor:
    """The mask that hides padding from every query.

    Args:
        token_ids: `(B, T)` integers.
        pad_id: The id that marks padding.

    Returns:
        `(B, 1, 1, T)` booleans, False at the *keys* that are padding.
    """
    raise NotImplementedError("masking.padding: mark the tokens that count, and join masks")


def combine_masks(*masks: tf.Tensor | None) -> tf.Tensor | None:
    """The mask that allows what every given mask allows.

    Args:
        *masks: Booleans that broadcast against one another; None allows everything.

    Returns:
        Their conjunction, or None when every mask is None.
    """
    raise NotImplementedError("masking.padding: mark the tokens that count, and join masks")
