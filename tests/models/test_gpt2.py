import json

import keras_nlp
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from assignment.models.gpt2 import load_gpt2

RNG = np.random.default_rng(0)
V, D, LAYERS, HEADS, LENGTH = 17, 12, 2, 3, 8
IDS = RNG.integers(1, V, (2, 6))


@pytest.fixture(scope="module")
def causal_lm():
    """A GPT-2 of keras_nlp with random weights, biases and gains among them."""
    backbone = keras_nlp.models.GPT2Backbone(
        vocabulary_size=V,
        num_layers=LAYERS,
        num_heads=HEADS,
        hidden_dim=D,
        intermediate_dim=30,
        dropout=0.1,
        max_sequence_length=LENGTH,
    )
    for weight in backbone.weights:
        if "seed" not in weight.path:
            weight.assign(RNG.normal(size=weight.shape) * 0.3)
    return keras_nlp.models.GPT2CausalLM(backbone)


@pytest.fixture(scope="module")
def expected_logits(causal_lm):
    inputs = {"token_ids": IDS, "padding_mask": np.ones_like(IDS)}
    return np.asarray(causal_lm(inputs))


def write_directory(directory, backbone, prefix="", inner=30):
    """The backbone in the format of Hugging Face's GPT-2: Conv1D kernels are (inputs, outputs)."""
    tensors = {
        "wte.weight": backbone.token_embedding.embeddings,
        "wpe.weight": backbone.position_embedding.position_embeddings,
        "ln_f.weight": backbone.layer_norm.gamma,
        "ln_f.bias": backbone.layer_norm.beta,
    }
    for i, layer in enumerate(backbone.transformer_layers):
        attention = layer._self_attention_layer
        projections = [getattr(attention, f"_{name}_dense") for name in ("query", "key", "value")]
        kernels = [np.reshape(dense.kernel, (D, D)) for dense in projections]
        biases = [np.reshape(dense.bias, D) for dense in projections]
        tensors |= {
            f"h.{i}.ln_1.weight": layer._self_attention_layer_norm.gamma,
            f"h.{i}.ln_1.bias": layer._self_attention_layer_norm.beta,
            f"h.{i}.attn.bias": np.tri(LENGTH)[None, None],  # the causal mask, not a weight
            f"h.{i}.attn.c_attn.weight": np.concatenate(kernels, axis=1),
            f"h.{i}.attn.c_attn.bias": np.concatenate(biases),
            f"h.{i}.attn.c_proj.weight": np.reshape(attention._output_dense.kernel, (D, D)),
            f"h.{i}.attn.c_proj.bias": attention._output_dense.bias,
            f"h.{i}.ln_2.weight": layer._feedforward_layer_norm.gamma,
            f"h.{i}.ln_2.bias": layer._feedforward_layer_norm.beta,
            f"h.{i}.mlp.c_fc.weight": layer._feedforward_intermediate_dense.kernel,
            f"h.{i}.mlp.c_fc.bias": layer._feedforward_intermediate_dense.bias,
            f"h.{i}.mlp.c_proj.weight": layer._feedforward_output_dense.kernel,
            f"h.{i}.mlp.c_proj.bias": layer._feedforward_output_dense.bias,
        }
    arrays = {prefix + k: np.ascontiguousarray(v, np.float32) for k, v in tensors.items()}
    if prefix:
        arrays["lm_head.weight"] = arrays["transformer.wte.weight"].copy()
    directory.mkdir(exist_ok=True)
    save_file(arrays, directory / "model.safetensors")
    config = {
        "model_type": "gpt2",
        "vocab_size": V,
        "n_embd": D,
        "n_layer": LAYERS,
        "n_head": HEADS,
        "n_positions": LENGTH,
        "n_inner": inner,
        "activation_function": "gelu_new",
        "layer_norm_epsilon": 1e-5,
    }
    (directory / "config.json").write_text(json.dumps(config))
    return directory


@pytest.fixture
def directory(tmp_path, causal_lm):
    return write_directory(tmp_path / "gpt2", causal_lm.backbone)


def test_a_backbone_of_keras_nlp_has_the_same_logits(causal_lm, expected_logits):
    model = load_gpt2(causal_lm.backbone)
    np.testing.assert_allclose(model(IDS), expected_logits, atol=1e-4)


@pytest.mark.parametrize("prefix", ["", "transformer."])
@pytest.mark.parametrize("make_path", [str, lambda path: path])
def test_a_directory_of_hugging_face_has_the_same_logits(
    tmp_path, causal_lm, expected_logits, prefix, make_path
):
    directory = write_directory(tmp_path / "gpt2", causal_lm.backbone, prefix)
    model = load_gpt2(make_path(directory))
    np.testing.assert_allclose(model(IDS), expected_logits, atol=1e-4)
    assert model.config.max_sequence_length == LENGTH


def test_the_inner_width_is_four_times_the_width_unless_said_otherwise(tmp_path):
    backbone = keras_nlp.models.GPT2Backbone(V, 1, HEADS, D, 4 * D, max_sequence_length=LENGTH)
    directory = write_directory(tmp_path / "gpt2", backbone, inner=None)
    config = json.loads((directory / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps(config | {"n_layer": 1}))
    assert load_gpt2(directory).config.intermediate_dim == 4 * D


def test_the_loaded_model_decodes_as_it_reads(causal_lm, expected_logits):
    model = load_gpt2(causal_lm.backbone)
    state = model.initial_state(2, LENGTH)
    for t in range(IDS.shape[1]):
        logits, state = model.step(IDS[:, t : t + 1], state, t)
        np.testing.assert_allclose(logits[:, 0], expected_logits[:, t], atol=1e-4)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_directory_without_one_of_the_files_is_refused(directory, name):
    (directory / name).unlink()
    with pytest.raises(ValueError, match=f"has no {name}"):
        load_gpt2(directory)


def test_a_model_of_another_kind_is_refused(directory):
    (directory / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(ValueError, match="type 'llama', not 'gpt2'"):
        load_gpt2(directory)


@pytest.mark.parametrize("name", ["wte.weight", "h.1.attn.c_attn.weight", "h.0.mlp.c_fc.bias"])
def test_a_missing_weight_is_named(directory, name):
    arrays = load_file(directory / "model.safetensors")
    del arrays[name]
    save_file(arrays, directory / "model.safetensors")
    with pytest.raises(ValueError, match=name):
        load_gpt2(directory)


def test_a_weight_of_another_shape_is_refused(directory):
    arrays = load_file(directory / "model.safetensors")
    arrays["wpe.weight"] = arrays["wpe.weight"][:-1].copy()
    save_file(arrays, directory / "model.safetensors")
    with pytest.raises(
        ValueError, match=r"position_embedding/embeddings needs \(8, 12\).*\(7, 12\)"
    ):
        load_gpt2(directory)


def test_a_backbone_of_another_kind_is_refused():
    other = keras_nlp.models.BertBackbone(V, 1, HEADS, D, 30, max_sequence_length=LENGTH)
    with pytest.raises(ValueError, match=r"Not a GPT-2 backbone.*BertBackbone"):
        load_gpt2(other)
