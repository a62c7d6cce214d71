import keras
import numpy as np
import pytest
import tensorflow as tf

from assignment.layers.recurrent import (
    LSTM,
    SimpleRNN,
    additive_attention,
    lstm_step,
    rnn_step,
)

RNG = np.random.default_rng(0)
B, T, D, U, K, A = 2, 6, 3, 5, 4, 7
MASK = np.array([[1, 1, 0, 1, 0, 0], [1, 0, 1, 1, 1, 1]], bool)


def normal(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_a_step_of_the_simple_network_worked_by_hand():
    x, h, w, u, b = normal(B, D), normal(B, U), normal(D, U), normal(U, U), normal(U)
    np.testing.assert_allclose(rnn_step(x, h, w, u, b), np.tanh(x @ w + h @ u + b), atol=1e-6)


def test_a_step_of_the_lstm_worked_by_hand():
    x, h, c = normal(B, D), normal(B, U), normal(B, U)
    w, u, b = normal(D, 4 * U), normal(U, 4 * U), normal(4 * U)
    i, f, g, o = np.split(x @ w + h @ u + b, 4, axis=1)
    expected_c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    new_h, new_c = lstm_step(x, h, c, w, u, b)
    np.testing.assert_allclose(new_c, expected_c, atol=1e-6)
    np.testing.assert_allclose(new_h, sigmoid(o) * np.tanh(expected_c), atol=1e-6)


KINDS = [(SimpleRNN, keras.layers.SimpleRNN, 1), (LSTM, keras.layers.LSTM, 2)]
both_kinds = pytest.mark.parametrize(("our_class", "keras_class", "num_states"), KINDS)


def twins(our_class, keras_class):
    """Our layer and Keras' own, with the same random weights."""
    ours = our_class(U)
    theirs = keras_class(U, return_sequences=True, return_state=True)
    ours.build((B, T, D))
    theirs.build((B, T, D))
    weights = [normal(*weight.shape) for weight in ours.weights]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    return ours, theirs


@both_kinds
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("with_state", [False, True])
def test_the_layer_equals_that_of_keras(our_class, keras_class, num_states, masked, with_state):
    ours, theirs = twins(our_class, keras_class)
    inputs = normal(B, T, D)
    mask = MASK if masked else None
    state = tuple(normal(B, U) for _ in range(num_states)) if with_state else None
    expected, *expected_state = theirs(
        inputs, mask=mask, initial_state=list(state) if state else None
    )
    outputs, last_state = ours(inputs, mask=mask, initial_state=state, return_state=True)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    for one, other in zip(last_state, expected_state, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@both_kinds
def test_gradients_equal_those_of_keras(our_class, keras_class, num_states):
    ours, theirs = twins(our_class, keras_class)
    inputs = tf.constant(normal(B, T, D))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(inputs)
        our_loss = tf.reduce_sum(ours(inputs, mask=MASK) ** 2)
        their_loss = tf.reduce_sum(theirs(inputs, mask=MASK)[0] ** 2)
    for one, other in zip(
        tape.gradient(our_loss, [inputs, *ours.trainable_variables]),
        tape.gradient(their_loss, [inputs, *theirs.trainable_variables]),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


@both_kinds
def test_a_masked_step_leaves_the_state_as_it_was(our_class, keras_class, num_states):
    ours, _ = twins(our_class, keras_class)
    inputs, start = normal(1, T, D), [normal(1, U) for _ in range(num_states)]
    kept = [1, 3, 4]
    mask = np.isin(np.arange(T), kept)[None]
    outputs, state = ours(inputs, mask=mask, initial_state=start, return_state=True)
    short_outputs, short_state = ours(inputs[:, kept], initial_state=start, return_state=True)
    np.testing.assert_allclose(outputs.numpy()[:, kept], short_outputs, atol=1e-6)
    np.testing.assert_allclose(outputs[:, 0], start[0], atol=1e-6)
    np.testing.assert_allclose(outputs[:, 2], outputs[:, 1], atol=1e-6)
    for one, other in zip(state, short_state, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@both_kinds
def test_what_stands_at_a_masked_step_does_not_matter(our_class, keras_class, num_states):
    ours, _ = twins(our_class, keras_class)
    inputs = normal(B, T, D)
    other = np.where(MASK[..., None], inputs, 99)
    np.testing.assert_array_equal(ours(inputs, mask=MASK), ours(other, mask=MASK))


@both_kinds
def test_reading_in_pieces_equals_reading_at_once(our_class, keras_class, num_states):
    ours, _ = twins(our_class, keras_class)
    inputs = normal(B, T, D)
    first, state = ours(inputs[:, :4], return_state=True)
    second = ours(inputs[:, 4:], initial_state=state)
    np.testing.assert_allclose(tf.concat([first, second], 1), ours(inputs), atol=1e-5)


def test_a_single_state_need_not_be_a_tuple():
    ours, _ = twins(SimpleRNN, keras.layers.SimpleRNN)
    inputs, h = normal(B, T, D), normal(B, U)
    np.testing.assert_array_equal(ours(inputs, initial_state=h), ours(inputs, initial_state=(h,)))


def test_the_forget_gate_of_a_fresh_lstm_is_open_and_its_other_biases_are_zero():
    layer, keras_layer = LSTM(U), keras.layers.LSTM(U)
    layer.build((B, T, D))
    keras_layer.build((B, T, D))
    np.testing.assert_array_equal(layer.bias, keras_layer.cell.bias)
    assert [weight.shape for weight in layer.weights] == [(D, 4 * U), (U, 4 * U), (4 * U,)]


@both_kinds
def test_the_input_projection_stands_outside_the_loop(our_class, keras_class, num_states):
    layer, _ = twins(our_class, keras_class)
    call = tf.function(layer).get_concrete_function(tf.TensorSpec([B, T, D]))
    outside = [op.type for op in call.graph.get_operations()]
    (body,) = [
        function.graph
        for function in call.graph._functions.values()
        if "while_body" in function.name.decode()
    ]
    assert "While" in outside or "StatelessWhile" in outside
    assert outside.count("MatMul") + outside.count("BatchMatMulV2") == 1
    assert [op.type for op in body.get_operations()].count("MatMul") == 1  # h U alone


def brute_force_additive_attention(query, keys, values, w_query, w_key, v, mask):
    context, weights = np.zeros((B, values.shape[-1])), np.zeros((B, K))
    for b in range(B):
        visible = np.flatnonzero(mask[b])
        scores = [v @ np.tanh(query[b] @ w_query + keys[b, k] @ w_key) for k in visible]
        exponentials = np.exp(scores)
        for weight, k in zip(exponentials / exponentials.sum(), visible, strict=True):
            weights[b, k] = weight
            context[b] += weight * values[b, k]
    return context, weights


@pytest.mark.parametrize("masked", [False, True])
def test_additive_attention_equals_one_key_at_a_time(masked):
    query, keys, values = normal(B, 3), normal(B, K, 4), normal(B, K, 6)
    projections = normal(3, A), normal(4, A), normal(A)
    mask = np.array([[1, 1, 0, 1], [0, 1, 0, 0]], bool) if masked else np.ones((B, K), bool)
    result = additive_attention(query, keys, values, *projections, mask if masked else None)
    expected = brute_force_additive_attention(query, keys, values, *projections, mask)
    for one, other in zip(result, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_additive_attention_equals_the_keras_layer():
    query, keys, values = normal(B, 3), normal(B, K, 4), normal(B, K, A)
    w_query, w_key, v = normal(3, A), normal(4, A), normal(A)
    layer = keras.layers.AdditiveAttention()
    inputs = [(query @ w_query)[:, None], values, keys @ w_key]
    layer.build([x.shape for x in inputs])
    layer.scale.assign(v)
    context, weights = layer(inputs, return_attention_scores=True)
    result = additive_attention(query, keys, values, w_query, w_key, v)
    np.testing.assert_allclose(result[0], context[:, 0], atol=1e-5)
    np.testing.assert_allclose(result[1], weights[:, 0], atol=1e-5)


def test_a_query_with_every_key_hidden_gives_finite_numbers():
    mask = np.array([[0, 0, 0, 0], [1, 1, 1, 1]], bool)
    arguments = (
        normal(B, 3),
        normal(B, K, 4),
        normal(B, K, 6),
        normal(3, A),
        normal(4, A),
        normal(A),
    )
    for array in additive_attention(*arguments, mask):
        assert np.isfinite(array).all()


@pytest.mark.parametrize("batch_size", [B, 9])  # 9: a batched product of TensorFlow's is wrong
def test_many_queries_may_share_their_keys(batch_size):
    queries, keys = normal(batch_size, T, 3), normal(batch_size, K, 4)
    values = normal(batch_size, K, 6)
    projections = normal(3, A), normal(4, A), normal(A)
    context, weights = additive_attention(queries, keys[:, None], values[:, None], *projections)
    for t in range(T):
        expected = additive_attention(queries[:, t], keys, values, *projections)
        np.testing.assert_allclose(context[:, t], expected[0], atol=1e-6)
        np.testing.assert_allclose(weights[:, t], expected[1], atol=1e-6)
