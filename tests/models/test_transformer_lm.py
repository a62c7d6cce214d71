import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from assignment.config import TransformerConfig
from assignment.layers.masking import padding_mask
from assignment.layers.positional import sinusoidal_encoding
from assignment.models.transformer_lm import TransformerLM

RNG = np.random.default_rng(0)
V, D, T = 11, 12, 6
CONFIG = TransformerConfig(
    vocabulary_size=V,
    hidden_dim=D,
    num_layers=2,
    num_heads=3,
    intermediate_dim=20,
    max_sequence_length=9,
)
KINDS = [
    dataclasses.replace(CONFIG, positions=positions, norm_first=norm_first, tie_embeddings=tied)
    for positions, norm_first, tied in [
        ("sinusoidal", True, True),
        ("sinusoidal", False, True),
        ("learned", True, True),
        ("learned", False, False),
        ("rotary", True, False),
        ("rotary", True, True),
    ]
]
every_kind = pytest.mark.parametrize(
    "config", KINDS, ids=lambda c: f"{c.positions}-{c.norm_first}-{c.tie_embeddings}"
)


def make(config, **changes):
    """A model with random weights, biases and gains among them."""
    model = TransformerLM(dataclasses.replace(config, **changes))
    model.build()
    for weight in model.trainable_variables:
        weight.assign(RNG.normal(size=weight.shape) * 0.3)
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
@pytest.mark.parametrize("pieces", [[1] * T, [4, 1, 1], [2, 3, 1]])
def test_reading_step_by_step_gives_the_logits_of_reading_at_once(config, pieces):
    model = make(config)
    ids = tokens(2, T)
    state, index, logits = model.initial_state(2, 9), 0, []
    for length in pieces:
        new, state = model.step(ids[:, index : index + length], state, index)
        logits.append(new)
        index += length
    np.testing.assert_allclose(tf.concat(logits, 1), model(ids), atol=1e-4)


def test_the_position_of_a_step_may_be_a_tensor():
    for config in KINDS:
        model = make(config)
        ids = tokens(1, 2)
        _, state = model.step(ids[:, :1], model.initial_state(1, 4), 0)
        step = tf.function(model.step)
        logits, _ = step(tf.constant(ids[:, 1:]), state, tf.constant(1))
        np.testing.assert_allclose(logits[:, 0], model(ids)[:, 1], atol=1e-4)


@every_kind
@pytest.mark.parametrize("where", ["left", "right"])
def test_what_stands_under_the_padding_mask_does_not_matter(config, where):
    model = make(config)
    valid = np.array([[0, 0, 1, 1, 1, 1], [1] * T, [0, 1, 1, 1, 1, 1]], bool)
    valid = valid if where == "left" else valid[:, ::-1]
    mask = padding_mask(valid.astype(int))
    ids = tokens(3, T)
    logits = model(ids, padding_mask=mask).numpy()
    other = model(np.where(valid, ids, ids % (V - 1) + 1), padding_mask=mask).numpy()
    np.testing.assert_array_equal(logits[valid], other[valid])


@every_kind
def test_padding_on_the_right_changes_no_logit_of_the_text(config):
    model = make(config)
    ids = tokens(2, T)
    padded = np.pad(ids, ((0, 0), (0, 3)))
    logits = model(padded, padding_mask=padding_mask(padded))
    np.testing.assert_allclose(logits[:, :T], model(ids), atol=1e-4)


def test_rotary_positions_are_relative():
    model = make(CONFIG, positions="rotary")
    ids = tokens(2, T)
    padded = np.pad(ids, ((0, 0), (3, 0)))
    logits = model(padded, padding_mask=padding_mask(padded))
    np.testing.assert_allclose(logits[:, 3:], model(ids), atol=1e-4)


@pytest.mark.parametrize("positions", ["sinusoidal", "learned", "rotary"])
def test_the_order_of_tokens_matters(positions):
    model = make(CONFIG, positions=positions)
    one, other = model(np.array([[1, 2, 3]])), model(np.array([[2, 1, 3]]))
    assert np.abs(one[:, -1] - other[:, -1]).max() > 1e-3


def test_sinusoidal_positions_are_added_to_the_scaled_embedding():
    model = make(CONFIG)
    ids = tokens(2, T)
    table = model.token_embedding.embeddings.numpy()
    expected = table[ids] * np.sqrt(D) + sinusoidal_encoding(T, D).numpy()
    np.testing.assert_allclose(model.embed(ids), expected, atol=1e-5)
    np.testing.assert_allclose(
        model.embed(ids[:, 2:], first_position=2), expected[:, 2:], atol=1e-5
    )


def test_learned_and_rotary_positions_leave_the_embedding_unscaled():
    ids = tokens(2, T)
    learned, rotary = make(CONFIG, positions="learned"), make(CONFIG, positions="rotary")
    expected = learned.token_embedding.embeddings.numpy()[ids]
    expected = expected + learned.position_embedding.embeddings.numpy()[:T]
    np.testing.assert_allclose(learned.embed(ids), expected, atol=1e-6)
    np.testing.assert_array_equal(rotary.embed(ids), rotary.token_embedding.embeddings.numpy()[ids])


def test_a_fresh_embedding_is_about_as_large_as_the_sinusoids():
    config = dataclasses.replace(CONFIG, vocabulary_size=500, hidden_dim=60)
    model = TransformerLM(config)
    ids = np.arange(500)[:, None]
    without_positions = model.embed(ids) - sinusoidal_encoding(1, 60)
    assert 0.9 < np.std(without_positions) < 1.1


def test_what_fresh_blocks_add_does_not_depend_on_the_kind_of_positions():
    """An embedding that is not scaled must not drown in what the blocks add to it."""
    shape = {"vocabulary_size": 300, "hidden_dim": 60, "num_layers": 4, "intermediate_dim": 240}

    def added(positions):
        keras.utils.set_random_seed(1)
        model = TransformerLM(dataclasses.replace(CONFIG, **shape, positions=positions))
        model.build()
        embedded = x = model.embed(np.arange(45).reshape(5, 9))
        for block in model.blocks:
            x = block(x, mask=np.tri(9, dtype=bool))
        return np.std(x - embedded) / np.std(embedded)

    assert added("learned") == pytest.approx(added("sinusoidal"), rel=0.2)
    assert added("rotary") == pytest.approx(added("sinusoidal"), rel=0.2)


@pytest.mark.parametrize("norm_first", [True, False])
def test_the_model_is_its_parts_one_after_the_other(norm_first):
    model = make(CONFIG, norm_first=norm_first)
    ids = tokens(2, T)
    x = model.embed(ids)
    for block in model.blocks:
        x = block(x, mask=np.tri(T, dtype=bool))
    if norm_first:
        gain, bias = model.final_norm.gamma.numpy(), model.final_norm.beta.numpy()
        mean, variance = np.mean(x, -1, keepdims=True), np.var(x, -1, keepdims=True)
        x = (x - mean) / np.sqrt(variance + 1e-5) * gain + bias
    expected = np.asarray(x) @ model.token_embedding.embeddings.numpy().T
    np.testing.assert_allclose(model(ids), expected, atol=1e-4)


@every_kind
def test_the_weights_are_those_of_the_configuration(config):
    model = make(config)
    norms, block = 2 * D, 4 * (D * D + D) + (D * 20 + 20) + (20 * D + D) + 2 * 2 * D
    expected = V * D + 2 * block
    expected += 9 * D if config.positions == "learned" else 0
    expected += norms if config.norm_first else 0
    expected += 0 if config.tie_embeddings else V * D
    assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == expected


@every_kind
def test_every_weight_is_trained(config):
    model = make(config)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(tokens(2, 9), training=True) ** 2)
    for variable, gradient in zip(
        model.trainable_variables, tape.gradient(loss, model.trainable_variables), strict=True
    ):
        assert np.any(tf.convert_to_tensor(gradient)), variable.path


def test_attention_weights_are_distributions_over_the_past():
    model = make(CONFIG)
    weights = model.attention_weights(tokens(1, T))
    assert len(weights) == 2
    for block_weights in weights:
        assert block_weights.shape == (1, 3, T, T)
        np.testing.assert_allclose(np.sum(block_weights, -1), np.ones((1, 3, T)), atol=1e-5)
        assert not np.any(block_weights.numpy()[..., ~np.tri(T, dtype=bool)])


def test_dropout_is_active_while_training_only():
    model = make(CONFIG, dropout=0.3)
    ids = tokens(2, T)
    np.testing.assert_array_equal(model(ids), model(ids))
    assert np.any(model(ids, training=True) != model(ids, training=True))


def test_the_same_seed_gives_the_same_fresh_weights():
    models = []
    for _ in range(2):
        keras.utils.set_random_seed(3)
        model = TransformerLM(CONFIG)
        model.build()
        models.append(model)
    for one, other in zip(models[0].weights, models[1].weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_half_precision_logits_are_close():
    model = make(CONFIG, positions="rotary")
    half = TransformerLM(model.config, dtype="mixed_bfloat16")
    half.build()
    half.set_weights(model.get_weights())
    ids = tokens(2, T)
    logits = tf.cast(half(ids), tf.float32)
    assert half(ids).dtype == tf.bfloat16
    assert np.corrcoef(np.ravel(logits), np.ravel(model(ids)))[0, 1] > 0.99
    stepped, _ = half.step(ids, half.initial_state(2, T), 0)
    np.testing.assert_allclose(tf.cast(stepped, tf.float32), logits, atol=0.2)
