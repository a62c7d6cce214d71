import keras
import numpy as np
import pytest
import tensorflow as tf

from assignment.layers.blocks import DecoderBlock, EncoderBlock
from assignment.layers.feed_forward import gelu
from assignment.layers.masking import cached_causal_mask, causal_mask, padding_mask

RNG = np.random.default_rng(0)
B, T, K, H, D, INNER = 2, 5, 7, 3, 12, 20


def normal(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def copy_attention(ours, theirs):
    for name in ("query", "key", "value", "output"):
        dense, keras_dense = getattr(ours, f"{name}_dense"), getattr(theirs, f"_{name}_dense")
        keras_dense.kernel.assign(np.reshape(dense.kernel, keras_dense.kernel.shape))
        keras_dense.bias.assign(np.reshape(dense.bias, keras_dense.bias.shape))


def copy_norm(ours, theirs):
    theirs.gamma.assign(ours.gamma)
    theirs.beta.assign(ours.beta)


def twins(norm_first, cross_attention=False, make="TransformerDecoder"):
    """Our block and that of keras_nlp, with the same random weights."""
    import keras_nlp

    shapes = [(B, T, D), (B, K, D)] if cross_attention else [(B, T, D)]
    if make == "TransformerDecoder":
        ours = block = DecoderBlock(
            D, H, INNER, norm_first=norm_first, cross_attention=cross_attention
        )
    else:
        ours = EncoderBlock(D, H, INNER, norm_first=norm_first)
        block = ours.block
    ours.build(*shapes)
    for weight in ours.weights:
        weight.assign(normal(*weight.shape) * 0.5)
    theirs = getattr(keras_nlp.layers, make)(
        INNER, H, activation=gelu, layer_norm_epsilon=1e-5, normalize_first=norm_first
    )
    theirs.build(*shapes)
    copy_attention(block.self_attention, theirs._self_attention_layer)
    copy_norm(block.self_attention_norm, theirs._self_attention_layer_norm)
    if cross_attention:
        copy_attention(block.context_attention, theirs._cross_attention_layer)
        copy_norm(block.context_attention_norm, theirs._cross_attention_layer_norm)
    for name in ("intermediate_dense", "output_dense"):
        ours_dense = getattr(block.feed_forward, name)
        theirs_dense = getattr(theirs, f"_feedforward_{name}")
        theirs_dense.kernel.assign(ours_dense.kernel)
        theirs_dense.bias.assign(ours_dense.bias)
    copy_norm(block.feed_forward_norm, theirs._feedforward_layer_norm)
    return ours, theirs


@pytest.mark.parametrize("norm_first", [True, False])
def test_the_block_equals_that_of_keras_nlp(norm_first):
    ours, theirs = twins(norm_first)
    inputs = normal(B, T, D)
    np.testing.assert_allclose(ours(inputs, mask=causal_mask(T)), theirs(inputs), atol=1e-4)


@pytest.mark.parametrize("norm_first", [True, False])
def test_with_a_cache_too(norm_first):
    ours, theirs = twins(norm_first)
    inputs = normal(B, T, D)
    our_cache = their_cache = tf.zeros([B, 2, T + 2, H, D // H])
    for t in range(T):
        now = inputs[:, t : t + 1]
        output, our_cache = ours(
            now, mask=cached_causal_mask(t, 1, T + 2), cache=our_cache, cache_index=t
        )
        expected, their_cache = theirs(
            now, self_attention_cache=their_cache, self_attention_cache_update_index=t
        )
        np.testing.assert_allclose(output, expected, atol=1e-4)
        np.testing.assert_allclose(our_cache, their_cache, atol=1e-4)


@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize("masked", [False, True])
def test_with_cross_attention_too(norm_first, masked):
    ours, theirs = twins(norm_first, cross_attention=True)
    inputs, context = normal(B, T, D), normal(B, K, D)
    valid = np.arange(K) < [[4], [K]] if masked else None
    output = ours(
        inputs,
        context=context,
        mask=causal_mask(T),
        context_mask=valid[:, None, None, :] if masked else None,
    )
    expected = theirs(inputs, context, encoder_padding_mask=valid)
    np.testing.assert_allclose(output, expected, atol=1e-4)


@pytest.mark.parametrize("norm_first", [True, False])
def test_the_encoder_block_equals_that_of_keras_nlp(norm_first):
    ours, theirs = twins(norm_first, make="TransformerEncoder")
    inputs = normal(B, T, D)
    valid = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], bool)
    mask = padding_mask(valid.astype(int))
    expected = theirs(inputs, padding_mask=valid)
    np.testing.assert_allclose(ours(inputs, padding_mask=mask), expected, atol=1e-4)


def test_gradients_equal_those_of_keras_nlp():
    ours, theirs = twins(norm_first=True)
    inputs = tf.constant(normal(B, T, D))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(inputs)
        our_loss = tf.reduce_mean(ours(inputs, mask=causal_mask(T)) ** 2)
        their_loss = tf.reduce_mean(theirs(inputs) ** 2)
    expected = tape.gradient(their_loss, inputs)
    np.testing.assert_allclose(tape.gradient(our_loss, inputs), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize("training", [False, True])
def test_no_output_depends_on_a_later_input(norm_first, training):
    def outputs(inputs):
        keras.utils.set_random_seed(1)  # the same units are dropped in both runs
        block = DecoderBlock(D, H, INNER, dropout=0.3, norm_first=norm_first)
        return block(inputs, mask=causal_mask(T), training=training).numpy()

    inputs = normal(B, T, D)
    for t in range(T):
        changed_inputs = inputs.copy()
        changed_inputs[:, t] += normal(B, D)
        changed = np.any(outputs(inputs) != outputs(changed_inputs), axis=(0, 2))
        assert not changed[:t].any()
        assert changed[t]
        assert changed[t:].all() or training  # dropout may cut the way to a later output


def test_a_post_norm_block_ends_in_a_norm_and_a_pre_norm_block_does_not():
    inputs = 100 * normal(B, T, D)
    post = DecoderBlock(D, H, INNER, norm_first=False)(inputs).numpy()
    np.testing.assert_allclose(post.mean(-1), np.zeros((B, T)), atol=1e-5)
    np.testing.assert_allclose(post.std(-1), np.ones((B, T)), atol=1e-3)
    pre = DecoderBlock(D, H, INNER, norm_first=True)(inputs).numpy()
    assert pre.std(-1).min() > 20


def test_dropout_is_off_outside_training():
    block = DecoderBlock(D, H, INNER, dropout=0.5)
    inputs = normal(B, T, D)
    np.testing.assert_array_equal(block(inputs), block(inputs))
    assert np.any(block(inputs) != block(inputs, training=True))


def test_weights_and_cache_are_returned_when_asked_for():
    block = DecoderBlock(D, H, INNER)
    inputs, cache = normal(B, T, D), tf.zeros([B, 2, T, H, D // H])
    output, weights = block(inputs, mask=causal_mask(T), return_weights=True)
    assert (output.shape, weights.shape) == ((B, T, D), (B, H, T, T))
    cached = block(inputs, mask=causal_mask(T), cache=cache, cache_index=0, return_weights=True)
    for one, other in zip(cached, (output, cached[1], weights), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
