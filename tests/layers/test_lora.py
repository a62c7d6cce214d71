import keras
import numpy as np
import pytest
import tensorflow as tf

from assignment.config import TransformerConfig
from assignment.layers.feed_forward import FeedForward
from assignment.layers.lora import LoRADense, LoRAEmbedding, apply_lora, merge_lora
from assignment.models.transformer_lm import TransformerLM

RNG = np.random.default_rng(0)
IDS = RNG.integers(0, 23, (2, 6))


def language_model(**changes):
    fields = {
        "vocabulary_size": 23,
        "hidden_dim": 16,
        "num_layers": 2,
        "num_heads": 4,
        "intermediate_dim": 24,
        "max_sequence_length": 12,
    }
    model = TransformerLM(TransformerConfig(**{**fields, **changes}))
    model(IDS)
    return model


def randomise(model, seed=1):
    """Give every trainable weight a change, as training would."""
    rng = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        variable.assign_add(0.3 * rng.normal(size=variable.shape))


def adapted_dense(activation=None, use_bias=True):
    base = keras.layers.Dense(5, activation=activation, use_bias=use_bias)
    base.build((None, 7))
    if use_bias:
        base.bias.assign(RNG.normal(size=5))
    layer = LoRADense(base, rank=3, alpha=6.0)
    layer.build((None, 7))
    return layer


@pytest.mark.parametrize("activation", [None, "tanh"])
@pytest.mark.parametrize("use_bias", [True, False])
def test_the_output_is_that_of_the_changed_kernel(activation, use_bias):
    layer = adapted_dense(activation, use_bias)
    layer.lora_b.assign(RNG.normal(size=(3, 5)))
    x = RNG.normal(size=(2, 4, 7)).astype("float32")
    kernel = layer.base.kernel.numpy() + 2.0 * layer.lora_a.numpy() @ layer.lora_b.numpy()
    expected = x @ kernel + (layer.base.bias.numpy() if use_bias else 0)
    if activation:
        expected = np.tanh(expected)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.merged_kernel(), kernel, rtol=1e-5, atol=1e-6)


def test_the_output_equals_that_of_keras_own_lora():
    layer = adapted_dense()
    oracle = keras.layers.Dense(5)
    oracle.build((None, 7))
    oracle.set_weights(layer.base.get_weights())
    oracle.enable_lora(rank=3, lora_alpha=6.0)
    layer.lora_b.assign(RNG.normal(size=(3, 5)))
    oracle.lora_kernel_a.assign(layer.lora_a)
    oracle.lora_kernel_b.assign(layer.lora_b)
    x = RNG.normal(size=(2, 7)).astype("float32")
    np.testing.assert_allclose(layer(x), oracle(x), rtol=1e-5, atol=1e-5)


def test_a_new_layer_equals_its_base_and_trains_only_a_and_b():
    layer = adapted_dense()
    x = RNG.normal(size=(2, 7)).astype("float32")
    np.testing.assert_allclose(layer(x), layer.base(x), rtol=1e-6, atol=1e-6)
    assert layer.trainable_variables == [layer.lora_a, layer.lora_b]
    assert [tuple(v.shape) for v in layer.trainable_variables] == [(7, 3), (3, 5)]
    assert np.std(layer.lora_a) > 0
    np.testing.assert_array_equal(layer.lora_b, np.zeros((3, 5)))


def test_the_first_gradient_reaches_b_alone():
    layer = adapted_dense()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(layer(RNG.normal(size=(2, 7)).astype("float32"))))
    into_a, into_b = tape.gradient(loss, [layer.lora_a.value, layer.lora_b.value])
    np.testing.assert_array_equal(into_a, np.zeros((7, 3)))
    assert np.abs(into_b).min() > 0


def test_an_unbuilt_base_is_built_with_the_layer():
    layer = LoRADense(keras.layers.Dense(5), rank=2, alpha=2.0)
    assert layer(np.ones((3, 7), "float32")).shape == (3, 5)
    assert layer.trainable_variables == [layer.lora_a, layer.lora_b]


def test_a_rank_below_one_is_refused():
    with pytest.raises(ValueError, match="rank must be at least 1"):
        LoRADense(keras.layers.Dense(5), rank=0, alpha=1.0)


def test_the_seed_decides_a():
    first, again = adapted_dense(), adapted_dense()
    np.testing.assert_array_equal(first.lora_a, again.lora_a)
    model = language_model()
    apply_lora(model, 2, 4.0, seed=5)
    attention = model.blocks[0].self_attention
    assert np.abs(attention.query_dense.lora_a.numpy() - attention.key_dense.lora_a).max() > 0.01


def adapted_embedding():
    base = keras.layers.Embedding(9, 5)
    base.build()
    layer = LoRAEmbedding(base, rank=3, alpha=6.0, seed=0, name="adapted")
    layer.lora_a.assign(RNG.normal(size=(9, 3)))
    return layer


def test_an_adapted_embedding_equals_keras_own():
    layer = adapted_embedding()
    oracle = keras.layers.Embedding(9, 5)
    oracle.build()
    oracle.set_weights(layer.base.get_weights())
    oracle.enable_lora(rank=3, lora_alpha=6.0)
    oracle.lora_embeddings_a.assign(layer.lora_a)
    oracle.lora_embeddings_b.assign(layer.lora_b)
    ids = RNG.integers(0, 9, (2, 4))
    np.testing.assert_allclose(layer(ids), oracle(ids), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(layer.embeddings, oracle.embeddings, rtol=1e-5, atol=1e-5)


def test_only_the_tokens_that_occur_change_their_vectors():
    layer = adapted_embedding()
    layer.lora_a.assign(np.zeros((9, 3)))
    np.testing.assert_array_equal(layer.embeddings, layer.base.embeddings)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(layer(np.array([2, 5]))))
    into_a, into_b = tape.gradient(loss, [layer.lora_a.value, layer.lora_b.value])
    rows = tf.convert_to_tensor(into_a).numpy()
    assert np.flatnonzero(np.abs(rows).sum(axis=1)).tolist() == [2, 5]
    np.testing.assert_array_equal(into_b, np.zeros((3, 5)))


@pytest.mark.parametrize("tie_embeddings", [True, False])
def test_the_embedding_is_adapted_on_demand(tie_embeddings):
    model = language_model(tie_embeddings=tie_embeddings)
    before, paths = model(IDS).numpy(), [v.path for v in model.variables]
    apply_lora(model, rank=2, alpha=4.0, embedding_rank=3)
    np.testing.assert_allclose(model(IDS), before, rtol=1e-5, atol=1e-5)
    assert {v.name for v in model.trainable_variables} == {"lora_a", "lora_b"}
    shapes = [tuple(v.shape) for v in model.token_embedding.trainable_variables]
    assert shapes == [(23, 3), (3, 16)]

    randomise(model)
    adapted = model(IDS).numpy()
    assert np.abs(adapted - before).max() > 0.1
    state = model.initial_state(2, 6)
    np.testing.assert_allclose(model.step(IDS, state, 0)[0], adapted, rtol=1e-4, atol=1e-4)

    merge_lora(model)
    assert type(model.token_embedding) is keras.layers.Embedding
    np.testing.assert_allclose(model(IDS), adapted, rtol=1e-4, atol=1e-4)
    assert [v.path for v in model.variables] == paths
    assert len(model.trainable_variables) == len(paths)


@pytest.mark.parametrize("tie_embeddings", [True, False])
def test_every_projection_of_every_block_is_adapted_and_all_else_frozen(tie_embeddings):
    model = language_model(tie_embeddings=tie_embeddings)
    before, num_weights = model(IDS).numpy(), model.count_params()
    apply_lora(model, rank=2, alpha=4.0)
    np.testing.assert_allclose(model(IDS), before, rtol=1e-5, atol=1e-5)
    for block in model.blocks:
        for name in ("query_dense", "key_dense", "value_dense", "output_dense"):
            assert isinstance(getattr(block.self_attention, name), LoRADense)
        assert isinstance(block.feed_forward.intermediate_dense, LoRADense)
        assert isinstance(block.feed_forward.output_dense, LoRADense)
    if not tie_embeddings:
        assert isinstance(model.output_dense, keras.layers.Dense)
    assert {v.name for v in model.trainable_variables} == {"lora_a", "lora_b"}
    assert len(model.trainable_variables) == 2 * 6 * 2
    # Four projections 16 → 16, two feed-forward layers between 16 and 24, in two blocks.
    added = 2 * 2 * (4 * (16 + 16) + 2 * (16 + 24))
    assert sum(np.prod(v.shape) for v in model.trainable_variables) == added
    assert model.count_params() == num_weights + added


def test_training_changes_a_and_b_and_nothing_else():
    model = language_model()
    apply_lora(model, rank=2, alpha=4.0)
    frozen = [v.numpy() for v in model.non_trainable_variables]
    before = model(IDS).numpy()
    optimizer = keras.optimizers.Adam(0.01)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(IDS, model(IDS, training=True))
            )
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    losses = [float(step()) for _ in range(15)]
    assert losses[-1] < losses[0] - 0.05
    assert np.abs(model(IDS) - before).max() > 0.01
    for variable, value in zip(model.non_trainable_variables, frozen, strict=True):
        np.testing.assert_array_equal(variable, value)


@pytest.mark.parametrize("positions", ["sinusoidal", "rotary"])
def test_the_merged_model_is_plain_and_computes_the_same(positions):
    model = language_model(positions=positions)
    paths = [v.path for v in model.variables]
    apply_lora(model, rank=3, alpha=5.0)
    randomise(model)
    adapted = model(IDS).numpy()
    merge_lora(model)
    np.testing.assert_allclose(model(IDS), adapted, rtol=1e-4, atol=1e-4)
    assert type(model.blocks[1].feed_forward.output_dense) is keras.layers.Dense
    assert [v.path for v in model.variables] == paths
    assert len(model.trainable_variables) == len(paths)

    merge_lora(model)
    np.testing.assert_allclose(model(IDS), adapted, rtol=1e-4, atol=1e-4)


def test_a_merged_model_can_be_adapted_again():
    model = language_model()
    for seed in (1, 2):
        apply_lora(model, rank=2, alpha=2.0)
        randomise(model, seed)
        adapted = model(IDS).numpy()
        merge_lora(model)
        np.testing.assert_allclose(model(IDS), adapted, rtol=1e-4, atol=1e-4)


def test_merging_a_model_without_lora_changes_nothing():
    model = language_model()
    model.token_embedding.trainable = False
    before = model(IDS).numpy()
    merge_lora(model)
    np.testing.assert_array_equal(model(IDS), before)
    assert not model.token_embedding.trainable


def test_cached_decoding_goes_through_the_adapted_layers():
    model = language_model()
    apply_lora(model, rank=2, alpha=4.0)
    randomise(model)
    state, logits = model.initial_state(2, 6), []
    for index in range(6):
        step_logits, state = model.step(IDS[:, index : index + 1], state, index)
        logits.append(step_logits)
    np.testing.assert_allclose(tf.concat(logits, 1), model(IDS), rtol=1e-4, atol=1e-4)


def checkpoint(model, **others):
    # The variables by themselves: through `model=model` TensorFlow would not find those of layers
    # that Keras keeps in a list, and would not say so.
    return tf.train.Checkpoint(variables=list(model.variables), **others)


def adam(model):
    optimizer = keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)
    return optimizer


@pytest.mark.parametrize("embedding_rank", [0, 3])
def test_a_checkpoint_restores_an_adapted_model_and_its_optimizer(tmp_path, embedding_rank):
    model = language_model()
    apply_lora(model, rank=2, alpha=4.0, embedding_rank=embedding_rank)
    randomise(model)
    path = checkpoint(model, optimizer=adam(model)).write(str(tmp_path / "adapted"))

    other = language_model()
    apply_lora(other, rank=2, alpha=4.0, seed=9, embedding_rank=embedding_rank)
    status = checkpoint(other, optimizer=adam(other)).read(path)
    status.assert_consumed().assert_existing_objects_matched()
    np.testing.assert_array_equal(other(IDS), model(IDS))


def test_a_checkpoint_of_a_merged_model_loads_into_a_plain_one(tmp_path):
    model = language_model()
    apply_lora(model, rank=2, alpha=4.0)
    randomise(model)
    merge_lora(model)
    path = checkpoint(model).write(str(tmp_path / "merged"))
    plain = language_model()
    checkpoint(plain).read(path).assert_consumed()
    np.testing.assert_array_equal(plain(IDS), model(IDS))


@pytest.mark.parametrize("embedding_rank", [0, 3])
def test_half_precision_computes_in_it_and_keeps_float32_weights(embedding_rank):
    keras.utils.set_random_seed(0)  # how much is rounded off depends on the weights
    model = TransformerLM(language_model().config, dtype="mixed_bfloat16")
    model(IDS)
    apply_lora(model, rank=2, alpha=4.0, embedding_rank=embedding_rank)
    randomise(model)
    adapted = model(IDS)
    assert adapted.dtype == tf.bfloat16
    assert all(v.dtype == "float32" for v in model.trainable_variables)
    merge_lora(model)
    difference = np.abs(np.asarray(model(IDS), "float32") - np.asarray(adapted, "float32"))
    assert difference.max() < 0.05 * np.abs(np.asarray(adapted, "float32")).max()


def test_what_cannot_be_adapted_is_refused():
    with pytest.raises(ValueError, match="no weights yet"):
        apply_lora(TransformerLM(language_model().config), 2, 4.0)
    model = language_model()
    apply_lora(model, 2, 4.0)
    with pytest.raises(ValueError, match="adapted already"):
        apply_lora(model, 2, 4.0)
    plain = keras.Sequential([keras.Input((3,)), keras.layers.LayerNormalization()])
    with pytest.raises(ValueError, match="has a Dense layer"):
        apply_lora(plain, 2, 4.0)
    without = keras.Sequential([keras.Input((None, 3)), FeedForward(3, 4)])
    with pytest.raises(ValueError, match="no Embedding of its own"):
        apply_lora(without, 2, 4.0, embedding_rank=2)
