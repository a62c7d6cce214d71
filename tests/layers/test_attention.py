import keras
import numpy as np
import pytest
import tensorflow as tf

from assignment.layers import attention
from assignment.layers.attention import (
    MultiHeadAttention,
    attention_in_blocks,
    attention_over_cache,
    scaled_dot_product_attention,
)
from assignment.layers.masking import (
    cached_causal_mask,
    causal_mask,
    combine_masks,
    padding_mask,
)

RNG = np.random.default_rng(0)
B, H, Q, K, D = 2, 3, 4, 5, 12


def normal(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def brute_force_attention(query, key, value, mask):
    """One query at a time, over the keys that it may see."""
    output = np.zeros((*query.shape[:-1], value.shape[-1]))
    for place in np.ndindex(query.shape[:-1]):
        *lead, q = place
        visible = [k for k in range(key.shape[-2]) if mask[q, k]]
        scores = [query[place] @ key[(*lead, k)] / np.sqrt(query.shape[-1]) for k in visible]
        exponentials = np.exp(np.array(scores) - max(scores))
        for weight, k in zip(exponentials / exponentials.sum(), visible, strict=True):
            output[place] += weight * value[(*lead, k)]
    return output


@pytest.mark.parametrize("lead", [(), (B,), (B, H), (1, B, H)])
@pytest.mark.parametrize("masked", [False, True])
def test_attention_equals_one_query_at_a_time(lead, masked):
    query, key, value = normal(*lead, Q, 6), normal(*lead, K, 6), normal(*lead, K, 7)
    mask = np.asarray(causal_mask(Q, K)) if masked else None
    output, weights = scaled_dot_product_attention(query, key, value, mask)
    everything = np.ones((Q, K), bool)
    expected = brute_force_attention(query, key, value, mask if masked else everything)
    np.testing.assert_allclose(output, expected, atol=1e-6)
    np.testing.assert_allclose(tf.matmul(weights, value), output, atol=1e-6)
    np.testing.assert_allclose(tf.reduce_sum(weights, -1), np.ones((*lead, Q)), atol=1e-6)


def test_a_hidden_key_has_no_weight_at_all():
    _, weights = scaled_dot_product_attention(
        normal(Q, 6), normal(Q, 6), normal(Q, 6), causal_mask(Q)
    )
    assert not np.any(weights.numpy()[~np.tri(Q, dtype=bool)])


def test_a_query_that_may_attend_nowhere_gives_finite_numbers_and_gradients():
    mask = np.ones((Q, K), bool)
    mask[1] = False
    query, key, value = (tf.constant(x) for x in (normal(Q, 6), normal(K, 6), normal(K, 6)))
    with tf.GradientTape() as tape:
        tape.watch([query, key, value])
        output, weights = scaled_dot_product_attention(query, key, value, mask)
        loss = tf.reduce_sum(tf.square(output))
    for array in (output, weights, *tape.gradient(loss, [query, key, value])):
        assert np.isfinite(array).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_large_scores_stay_finite_and_hidden_keys_hidden(dtype):
    query = tf.constant([[100.0, 100.0], [100.0, -100.0]], dtype)
    key = tf.constant([[-100.0, -100.0], [100.0, 100.0]], dtype)
    value = tf.constant([[1.0], [2.0]], dtype)
    output, weights = scaled_dot_product_attention(query, key, value, causal_mask(2))
    assert weights.dtype == dtype
    np.testing.assert_array_equal(tf.cast(weights[0], tf.float32), [1, 0])
    assert np.isfinite(tf.cast(output, tf.float32)).all()


def sliding_window(query_length, key_length):
    """Each query sees three keys, the last of them its own."""
    causal = np.asarray(causal_mask(query_length, key_length))
    return tf.constant(
        causal & ~np.tri(query_length, key_length, key_length - query_length - 3, bool)
    )


@pytest.mark.parametrize(
    ("make_mask", "query_length", "key_length"),
    [(causal_mask, 11, 11), (causal_mask, 9, 12), (sliding_window, 10, 13)],
)
def test_attention_in_blocks_equals_attention(monkeypatch, make_mask, query_length, key_length):
    monkeypatch.setattr(attention, "SMALLEST_BLOCK", 2)
    met = []

    def watched(query, key, value, mask):
        met.append((query.shape[-2], key.shape[-2]))
        return scaled_dot_product_attention(query, key, value, mask)

    tensors = [normal(B, H, n, 6) for n in (query_length, key_length, key_length)]
    coefficients = normal(B, H, query_length, 6), normal(B, H, query_length, key_length)

    @tf.function
    def results(attend):
        query, key, value = map(tf.convert_to_tensor, tensors)
        with tf.GradientTape() as tape:
            tape.watch((query, key, value))
            output, weights = attend(query, key, value, make_mask(query_length, key_length))
            total = tf.reduce_sum(output * coefficients[0])
            total += tf.reduce_sum(weights * coefficients[1])
        return output, weights, *tape.gradient(total, (query, key, value))

    expected = results(scaled_dot_product_attention)
    monkeypatch.setattr(attention, "scaled_dot_product_attention", watched)
    for got, wanted in zip(results(attention_in_blocks), expected, strict=True):
        np.testing.assert_allclose(got, wanted, atol=2e-6)
    assert len(met) > 2
    assert sum(queries for queries, _ in met) == query_length
    assert sum(q * k for q, k in met) < 0.85 * query_length * key_length


@pytest.mark.parametrize("kind", ["none", "with padding", "not known", "a row that sees nothing"])
def test_masks_that_hide_nothing_for_certain_make_one_block(monkeypatch, kind):
    monkeypatch.setattr(attention, "SMALLEST_BLOCK", 2)
    calls = []

    def watched(*arguments):
        calls.append(arguments)
        return scaled_dot_product_attention(*arguments)

    monkeypatch.setattr(attention, "scaled_dot_product_attention", watched)
    query, key, value = (tf.constant(normal(1, H, 8, 6)) for _ in range(3))

    @tf.function
    def attend(length):
        masks = {
            "none": None,
            "with padding": combine_masks(causal_mask(8), padding_mask(tf.range(length)[None])),
            "not known": causal_mask(length),
            "a row that sees nothing": tf.constant(np.tri(8, k=-1, dtype=bool)),
        }
        return attention_in_blocks(query, key, value, masks[kind])

    attend(tf.constant(8))
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("kind", "written", "read"),
    [
        ("causal", 1, 4),
        ("causal", 5, 8),
        ("causal", 13, 13),
        ("several queries", 6, 8),
        ("with padding", 5, 8),
        ("of each head", 7, 8),
        ("none", 5, 13),
        ("one for all keys", 5, 13),
        ("a row that sees nothing", 5, 13),
    ],
)
@pytest.mark.parametrize("jit_compile", [False, True])
def test_attention_over_a_cache_equals_attention(monkeypatch, jit_compile, kind, written, read):
    """The keys behind the last visible one are nan here: they must not be read."""
    for name, value in (("SMALLEST_PART", 2), ("MOST_PARTS", 4), ("LONGEST_SUM", 3)):
        monkeypatch.setattr(attention, name, value)
    length, queries = 13, 3 if kind == "several queries" else 1
    query, cache = normal(B, H, queries, 6), normal(B, 2, length, H, 6)
    cache[:, :, read:] = np.nan
    masks = {
        "with padding": lambda mask: mask & padding_mask(tf.constant([[0, *[1] * (length - 1)]])),
        "of each head": lambda mask: mask & (tf.range(H)[:, None, None] <= tf.range(length)),
        "none": lambda mask: None,
        "one for all keys": lambda mask: tf.constant([[True]]),
        "a row that sees nothing": lambda mask: mask & (tf.range(B) > 0)[:, None, None, None],
    }

    @tf.function(jit_compile=jit_compile)
    def results(attend, index):
        mask = cached_causal_mask(index, queries, length)
        return attend(query, cache, masks.get(kind, lambda mask: mask)(mask))

    def whole(query, cache, mask):
        key, value = np.moveaxis(np.nan_to_num(cache), (1, 3), (0, 2))
        return scaled_dot_product_attention(query, key, value, mask)

    index = tf.constant(written - queries)
    got = results(attention_over_cache, index)
    for array, expected in zip(got, results(whole, index), strict=True):
        np.testing.assert_allclose(array, expected, atol=1e-6)


def test_gradients_equal_those_of_the_ready_made_softmax():
    query, key, value = (tf.constant(normal(B, Q, 6)) for _ in range(3))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([query, key, value])
        ours = tf.reduce_sum(
            scaled_dot_product_attention(query, key, value, causal_mask(Q))[0] ** 3
        )
        theirs = keras.ops.dot_product_attention(  # it wants (B, T, H, d)
            *(tensor[:, :, None] for tensor in (query, key, value)), mask=causal_mask(Q)[None, None]
        )
        theirs = tf.reduce_sum(theirs**3)
    for variable in (query, key, value):
        expected = tape.gradient(theirs, variable)
        np.testing.assert_allclose(tape.gradient(ours, variable), expected, atol=1e-4)


def twins(context_width=None):
    """Our layer and Keras' own, with the same random weights."""
    ours = MultiHeadAttention(D, H)
    ours.build((B, Q, D), (B, K, context_width) if context_width else None)
    for weight in ours.weights:
        weight.assign(normal(*weight.shape) * 0.5)
    theirs = keras.layers.MultiHeadAttention(H, D // H)
    context_shape = (B, K, context_width or D)
    theirs.build((B, Q, D), context_shape, context_shape)
    for name in ("query", "key", "value", "output"):
        dense, keras_dense = getattr(ours, f"{name}_dense"), getattr(theirs, f"_{name}_dense")
        keras_dense.kernel.assign(np.reshape(dense.kernel, keras_dense.kernel.shape))
        keras_dense.bias.assign(np.reshape(dense.bias, keras_dense.bias.shape))
    return ours, theirs


def compare(results, expected):
    for one, other in zip(results, expected, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("mask", [None, "causal", "padding"])
def test_self_attention_equals_the_keras_layer(mask):
    ours, theirs = twins()
    inputs = normal(B, Q, D)
    mask = {
        None: None,
        "causal": causal_mask(Q)[None],
        "padding": padding_mask(np.array([[1, 1, 1, 0], [1, 0, 0, 0]])),
    }[mask]
    expected = theirs(inputs, inputs, attention_mask=mask, return_attention_scores=True)
    compare(ours(inputs, mask=mask, return_weights=True), expected)


@pytest.mark.parametrize("masked", [False, True])
def test_cross_attention_equals_the_keras_layer(masked):
    ours, theirs = twins(context_width=9)
    inputs, context = normal(B, Q, D), normal(B, K, 9)
    mask = padding_mask(np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])) if masked else None
    expected = theirs(inputs, context, attention_mask=mask, return_attention_scores=True)
    compare(ours(inputs, context=context, mask=mask, return_weights=True), expected)


def test_gradients_equal_those_of_the_keras_layer():
    ours, theirs = twins()
    inputs = tf.constant(normal(B, Q, D))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(inputs)
        our_loss = tf.reduce_sum(ours(inputs, mask=causal_mask(Q)) ** 2)
        their_loss = tf.reduce_sum(theirs(inputs, inputs, use_causal_mask=True) ** 2)
    expected = tape.gradient(their_loss, inputs)
    np.testing.assert_allclose(tape.gradient(our_loss, inputs), expected, rtol=1e-3, atol=1e-3)


def test_the_sub_layers_have_the_documented_names_and_shapes():
    layer = MultiHeadAttention(D, H)
    layer.build((B, Q, D), (B, K, 9))
    for name, rows in (("query", D), ("key", 9), ("value", 9), ("output", D)):
        dense = getattr(layer, f"{name}_dense")
        assert dense.kernel.shape == (rows, D)
        assert dense.bias.shape == (D,)


def test_a_width_that_the_heads_cannot_share_is_refused():
    with pytest.raises(ValueError, match="hidden_dim=10, num_heads=3"):
        MultiHeadAttention(10, 3)


@pytest.mark.parametrize("rotary", [False, True])
@pytest.mark.parametrize("pieces", [[1] * 6, [4, 1, 1], [2, 3, 1]])
def test_reading_with_a_cache_equals_reading_at_once(rotary, pieces):
    layer = MultiHeadAttention(D, H, rotary=rotary)
    inputs = normal(B, 6, D)
    expected = layer(inputs, mask=causal_mask(6))
    cache, index, outputs = tf.zeros([B, 2, 8, H, D // H]), 0, []
    for length in pieces:
        output, cache = layer(
            inputs[:, index : index + length],
            mask=cached_causal_mask(index, length, 8),
            cache=cache,
            cache_index=index,
        )
        outputs.append(output)
        index += length
    np.testing.assert_allclose(tf.concat(outputs, 1), expected, atol=1e-5)


def test_the_cache_holds_keys_and_values_where_they_belong():
    layer = MultiHeadAttention(D, H)
    inputs, old = normal(B, 2, D), normal(B, 2, 8, H, D // H)
    _, cache = layer(inputs, mask=cached_causal_mask(3, 2, 8), cache=old, cache_index=3)
    expected = old.copy()
    expected[:, 0, 3:5] = np.reshape(layer.key_dense(inputs), (B, 2, H, D // H))
    expected[:, 1, 3:5] = np.reshape(layer.value_dense(inputs), (B, 2, H, D // H))
    np.testing.assert_allclose(cache, expected, atol=1e-6)


def test_output_cache_and_weights_come_in_this_order():
    layer = MultiHeadAttention(D, H)
    cache = tf.zeros([B, 2, Q, H, D // H])
    results = layer(
        normal(B, Q, D), mask=causal_mask(Q), cache=cache, cache_index=0, return_weights=True
    )
    assert [r.shape for r in results] == [(B, Q, D), cache.shape, (B, H, Q, Q)]
    assert layer(normal(B, Q, D)).shape == (B, Q, D)


def test_dropout_acts_on_the_weights_while_training_only():
    layer = MultiHeadAttention(D, 1, dropout=0.5)
    inputs = normal(B, Q, D)
    layer.build((B, Q, D))
    layer.value_dense.kernel.assign(np.eye(D))
    layer.output_dense.kernel.assign(np.eye(D))
    quiet, weights = layer(inputs, return_weights=True)
    np.testing.assert_array_equal(layer(inputs), quiet)
    noisy = layer(inputs, training=True).numpy()
    # With the identity as projections each output is Σ_k w_k x_k: find the w that were used.
    used = np.stack([np.linalg.lstsq(x.T, y.T, rcond=None)[0].T for x, y in zip(inputs, noisy)])  # noqa: B905
    dropped = np.abs(used) < 1e-4
    assert 0 < dropped.sum() < dropped.size
    np.testing.assert_allclose(used[~dropped], 2 * weights[:, 0].numpy()[~dropped], rtol=1e-2)


def test_heads_are_independent_of_one_another():
    layer = MultiHeadAttention(D, H)
    inputs = normal(B, Q, D)
    layer.build((B, Q, D))
    layer.output_dense.kernel.assign(np.eye(D))
    before = layer(inputs).numpy()
    kernel = layer.query_dense.kernel.numpy()
    kernel[:, : D // H] += 1
    layer.query_dense.kernel.assign(kernel)
    changed = np.any(before != layer(inputs).numpy(), axis=(0, 1))
    assert changed[: D // H].all()
    assert not changed[D // H :].any()


def test_heads_begin_by_passing_on_what_they_attend_to():
    layer = MultiHeadAttention(hidden_dim=64, num_heads=4)
    layer.build((None, None, 64))
    product = np.array(layer.value_dense.kernel) @ np.array(layer.output_dense.kernel)
    others = product[~np.eye(64, dtype=bool)]
    np.testing.assert_allclose(np.diag(product).mean(), 1.0, atol=0.1)
    assert np.abs(others).mean() < 0.2
