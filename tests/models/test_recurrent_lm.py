import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from assignment.config import RecurrentConfig
from assignment.layers.masking import padding_mask
from assignment.models.recurrent_lm import RecurrentLM

RNG = np.random.default_rng(0)
V, D, U, T = 11, 4, 6, 5
KINDS = [
    RecurrentConfig(
        vocabulary_size=V,
        hidden_dim=D,
        units=U,
        num_layers=2,
        max_sequence_length=9,
        cell=cell,
        attention=attention,
    )
    for cell in ("rnn", "lstm")
    for attention in (False, True)
]
every_kind = pytest.mark.parametrize(
    "config", KINDS, ids=lambda c: c.cell + ("-bahdanau" if c.attention else "")
)


def make(config, **changes):
    """A model with random weights, biases among them."""
    model = RecurrentLM(dataclasses.replace(config, **changes))
    model.build()
    for weight in model.trainable_variables:
        weight.assign(RNG.normal(size=weight.shape) * 0.5)
    return model


def tokens(*shape):
    return RNG.integers(1, V, shape)


@every_kind
@pytest.mark.parametrize("training", [False, True])
def test_no_logit_depends_on_a_later_token(config, training):
    model = make(config, dropout=0.2)

    def logits(ids):
        for variable in model.non_trainable_variables:  # the same units are dropped each time
            variable.assign(tf.zeros_like(variable))
        return model(ids, training=training).numpy()

    ids = tokens(2, T)
    for t in range(T):
        other_ids = ids.copy()
        other_ids[:, t] = ids[:, t] % (V - 1) + 1
        changed = np.any(logits(ids) != logits(other_ids), axis=(0, 2))
        assert not changed[:t].any()
        assert changed[t:].any()
        assert changed[t:].all() or training  # dropout may cut the way to a later logit


@every_kind
@pytest.mark.parametrize("pieces", [[1] * T, [3, 1, 1]])
def test_reading_step_by_step_gives_the_logits_of_reading_at_once(config, pieces):
    model = make(config)
    ids = tokens(2, T)
    state, index, logits = model.initial_state(2, 9), 0, []
    for length in pieces:
        new, state = model.step(ids[:, index : index + length], state, index)
        logits.append(new)
        index += length
    np.testing.assert_allclose(tf.concat(logits, 1), model(ids), atol=1e-5)


@every_kind
def test_padding_on_the_right_changes_no_logit_of_the_text(config):
    model = make(config)
    ids = tokens(2, T)
    padded = np.pad(ids, ((0, 0), (0, 3)))
    logits = model(padded, padding_mask=padding_mask(padded))
    np.testing.assert_allclose(logits[:, :T], model(ids), atol=1e-5)


@every_kind
def test_padding_on_the_left_changes_no_logit_of_the_text(config):
    model = make(config)
    ids = tokens(2, T)
    padded = np.pad(ids, ((0, 0), (3, 0)))
    logits = model(padded, padding_mask=padding_mask(padded))
    np.testing.assert_allclose(logits[:, 3:], model(ids), atol=1e-5)


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_the_model_is_keras_layers_one_after_the_other(cell):
    model = make(KINDS[0] if cell == "rnn" else KINDS[2])
    ids = tokens(2, T)
    table = model.token_embedding.embeddings.numpy()
    x = table[ids] * np.sqrt(D)
    for layer in model.recurrent_layers:
        keras_class = keras.layers.SimpleRNN if cell == "rnn" else keras.layers.LSTM
        keras_layer = keras_class(U, return_sequences=True)
        keras_layer.build(x.shape)
        keras_layer.set_weights(layer.get_weights())
        x = np.asarray(keras_layer(x))
    dense = model.output_dense
    expected = (x @ dense.kernel.numpy() + dense.bias.numpy()) @ table.T
    np.testing.assert_allclose(model(ids), expected, atol=1e-5)


def test_bahdanau_attention_looks_back_at_each_earlier_state():
    layer = make(KINDS[1]).attention
    states = RNG.normal(size=(2, T, U)).astype(np.float32)
    output = layer(states, states, np.tri(T, dtype=bool))
    w_query, w_key, v, kernel = (np.asarray(w) for w in layer.weights)
    for b, t in np.ndindex(2, T):
        past = states[b, : t + 1]
        scores = np.tanh(states[b, t] @ w_query + past @ w_key) @ v
        weights = np.exp(scores) / np.exp(scores).sum()
        expected = np.tanh(np.concatenate([states[b, t], weights @ past]) @ kernel)
        np.testing.assert_allclose(output[b, t], expected, atol=1e-5)


@every_kind
def test_every_weight_is_trained(config):
    model = make(config)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(tokens(2, T), training=True) ** 2)
    for variable, gradient in zip(
        model.trainable_variables, tape.gradient(loss, model.trainable_variables), strict=True
    ):
        assert np.any(tf.convert_to_tensor(gradient)), variable.path


def test_dropout_is_active_while_training_only():
    model = make(KINDS[3], dropout=0.3)
    ids = tokens(2, T)
    np.testing.assert_array_equal(model(ids), model(ids))
    assert np.any(model(ids, training=True) != model(ids, training=True))
