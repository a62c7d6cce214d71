"""GPT-2's published weights in our `TransformerLM`.

GPT-2 (Radford et al. 2019) is the architecture of this course: learned positions, pre-norm, the
tanh approximation of GELU, and an output tied to the embedding.
"""

import json
from pathlib import Path

import numpy as np

from assignment.config import TransformerConfig
from assignment.models.transformer_lm import TransformerLM

Weights = dict[str, np.ndarray]


def load_gpt2(source) -> TransformerLM:
    """A `TransformerLM` with the weights of a GPT-2.

    Args:
        source: A `keras_nlp` GPT-2 backbone; the name of one of its presets, such as
            "gpt2_base_en", which `keras_nlp` downloads; or a directory in Hugging Face's format,
            with `config.json` and `model.safetensors`.

    Raises:
        ValueError: A directory without these files, a model of another kind, or weights that do
            not fit.
    """
    if isinstance(source, str | Path) and Path(source).is_dir():
        try:
            config, weights = _read_directory(Path(source))
        except KeyError as error:
            raise ValueError(f"{source} is no complete GPT-2: it has no {error}.") from error
    else:
        if isinstance(source, str | Path):
            import keras_nlp

            source = keras_nlp.models.GPT2Backbone.from_preset(str(source))
        try:
            config, weights = _read_backbone(source)
        except (KeyError, AttributeError) as error:
            raise ValueError(
                f"Not a GPT-2 backbone of keras_nlp: {error}. Received: {type(source).__name__}"
            ) from error
    model = TransformerLM(config)
    model.build()
    _assign(model, weights)
    return model


def _config(vocabulary: int, width: int, layers: int, heads: int, inner: int, length: int):
    return TransformerConfig(
        vocabulary_size=vocabulary,
        hidden_dim=width,
        num_layers=layers,
        num_heads=heads,
        intermediate_dim=inner,
        max_sequence_length=length,
        positions="learned",
    )


def _read_directory(directory: Path) -> tuple[TransformerConfig, Weights]:
    """Configuration and weights, by our names, of a Hugging Face directory."""
    from safetensors.numpy import load_file

    for name in ("config.json", "model.safetensors"):
        if not (directory / name).is_file():
            raise ValueError(f"{directory} has no {name}: not a GPT-2 in Hugging Face's format.")
    described = json.loads((directory / "config.json").read_text())
    if described.get("model_type") != "gpt2":
        raise ValueError(
            f"{directory} holds a model of type {described.get('model_type')!r}, not 'gpt2'."
        )
    config = _config(
        described["vocab_size"],
        described["n_embd"],
        described["n_layer"],
        described["n_head"],
        described.get("n_inner") or 4 * described["n_embd"],
        described["n_positions"],
    )
    stored = load_file(directory / "model.safetensors")
    # The whole model's file puts "transformer." before each name, the backbone's does not.
    stored = {name.removeprefix("transformer."): array for name, array in stored.items()}

    weights = {
        "token_embedding/embeddings": stored["wte.weight"],
        "position_embedding/embeddings": stored["wpe.weight"],
        "final_norm/gamma": stored["ln_f.weight"],
        "final_norm/beta": stored["ln_f.bias"],
    }
    for layer in range(config.num_layers):
        theirs, ours = f"h.{layer}.", f"block_{layer}/"
        for their_norm, our_norm in (
            ("ln_1", "self_attention_norm"),
            ("ln_2", "feed_forward_norm"),
        ):
            weights[f"{ours}{our_norm}/gamma"] = stored[f"{theirs}{their_norm}.weight"]
            weights[f"{ours}{our_norm}/beta"] = stored[f"{theirs}{their_norm}.bias"]
        # One matrix (D, 3D) makes query, key and value.
        kernels = np.split(stored[theirs + "attn.c_attn.weight"], 3, axis=1)
        biases = np.split(stored[theirs + "attn.c_attn.bias"], 3)
        for name, kernel, bias in zip(("query", "key", "value"), kernels, biases, strict=True):
            weights[f"{ours}self_attention/{name}_dense/kernel"] = kernel
            weights[f"{ours}self_attention/{name}_dense/bias"] = bias
        for their_dense, our_dense in (
            ("attn.c_proj", "self_attention/output_dense"),
            ("mlp.c_fc", "feed_forward/intermediate_dense"),
            ("mlp.c_proj", "feed_forward/output_dense"),
        ):
            weights[f"{ours}{our_dense}/kernel"] = stored[f"{theirs}{their_dense}.weight"]
            weights[f"{ours}{our_dense}/bias"] = stored[f"{theirs}{their_dense}.bias"]
    return config, weights


def _read_backbone(backbone) -> tuple[TransformerConfig, Weights]:
    """Configuration and weights, by our names, of a `keras_nlp` backbone."""
    described = backbone.get_config()
    config = _config(
        described["vocabulary_size"],
        described["hidden_dim"],
        described["num_layers"],
        described["num_heads"],
        described["intermediate_dim"],
        described["max_sequence_length"],
    )
    positions, layers = backbone.position_embedding, backbone.transformer_layers
    width = config.hidden_dim
    weights = {
        "token_embedding/embeddings": backbone.token_embedding.embeddings,
        "position_embedding/embeddings": positions.position_embeddings,
        "final_norm/gamma": backbone.layer_norm.gamma,
        "final_norm/beta": backbone.layer_norm.beta,
    }
    for index, layer in enumerate(layers):
        ours = f"block_{index}/"
        attention = layer._self_attention_layer
        for name, norm in (
            ("self_attention_norm", layer._self_attention_layer_norm),
            ("feed_forward_norm", layer._feedforward_layer_norm),
        ):
            weights[f"{ours}{name}/gamma"] = norm.gamma
            weights[f"{ours}{name}/beta"] = norm.beta
        for name in ("query", "key", "value", "output"):
            dense = getattr(attention, f"_{name}_dense")
            # Keras keeps the heads apart, (D, H, d) and (H, d, D): ours are one matrix (D, D).
            weights[f"{ours}self_attention/{name}_dense/kernel"] = np.reshape(
                dense.kernel, (width, width)
            )
            weights[f"{ours}self_attention/{name}_dense/bias"] = np.reshape(dense.bias, width)
        for name, dense in (
            ("intermediate_dense", layer._feedforward_intermediate_dense),
            ("output_dense", layer._feedforward_output_dense),
        ):
            weights[f"{ours}feed_forward/{name}/kernel"] = dense.kernel
            weights[f"{ours}feed_forward/{name}/bias"] = dense.bias
    return config, {name: np.asarray(value) for name, value in weights.items()}


def _assign(model: TransformerLM, weights: Weights) -> None:
    """Set every weight of the model, by the path that it has inside the model."""
    left = dict(weights)
    for variable in model.weights:
        path = variable.path.split("/", 1)[1]  # without the model's own name
        if path not in left or left[path].shape != tuple(variable.shape):
            found = left[path].shape if path in left else "nothing"
            raise ValueError(f"{path} needs {tuple(variable.shape)}. Received: {found}")
        variable.assign(left.pop(path))
    if left:
        raise ValueError(f"Weights without a place in the model: {', '.join(sorted(left))}")
