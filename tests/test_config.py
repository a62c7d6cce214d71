import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assignment.config import PRESETS, RecurrentConfig, SFTConfig, TrainConfig, TransformerConfig


def transformer_parameters(config: TransformerConfig) -> int:
    width, inner = config.hidden_dim, config.intermediate_dim
    block = 4 * (width**2 + width) + (width * inner + inner) + (inner * width + width) + 4 * width
    total = config.vocabulary_size * width + config.num_layers * block + 2 * width
    return total + (config.max_sequence_length * width if config.positions == "learned" else 0)


@pytest.mark.parametrize(
    ("preset", "published"),
    [
        ("gpt2", 124_439_808),
        ("gpt2-medium", 354_823_168),
        ("gpt2-large", 774_030_080),
        ("gpt2-xl", 1_557_611_200),
    ],
)
def test_the_gpt2_presets_have_the_published_number_of_parameters(preset, published):
    config, model = TrainConfig(preset=preset).resolve()
    assert transformer_parameters(model) == published
    assert config.sequence_length == model.max_sequence_length == 1024
    assert (model.norm_first, model.tie_embeddings) == (True, True)


def test_the_formula_of_these_tests_counts_what_a_model_has():
    from assignment.models.transformer_lm import TransformerLM

    for positions in ("learned", "rotary", "sinusoidal"):
        config = TransformerConfig(11, 6, 2, 3, 10, 5, positions=positions)
        model = TransformerLM(config)
        model.build()
        trained = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
        assert trained == transformer_parameters(config)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fills_what_is_not_said(name):
    config, model = TrainConfig(preset=name).resolve()
    preset = PRESETS[name]
    assert None not in [v for k, v in dataclasses.asdict(config).items() if k != "run_dir"]
    assert model == preset.transformer
    assert (config.steps, config.batch_size) == (preset.steps, preset.batch_size)
    assert config.vocabulary_size == preset.transformer.vocabulary_size


def test_lora_brings_defaults_of_its_own():
    plain, adapted = SFTConfig().resolve(), SFTConfig(lora_rank=3).resolve()
    assert (plain.lora_embedding_rank, adapted.lora_embedding_rank) == (0, 6)
    assert adapted.learning_rate > plain.learning_rate
    assert adapted.batch_size > plain.batch_size
    said = SFTConfig(lora_rank=3, lora_embedding_rank=0, batch_size=8).resolve()
    assert (said.lora_embedding_rank, said.batch_size) == (0, 8)
    with pytest.raises(ValueError, match="--lora-embedding-rank must be 0 or more"):
        SFTConfig(lora_rank=3, lora_embedding_rank=-1).resolve()
    with pytest.raises(ValueError, match="give --lora-rank too"):
        SFTConfig(lora_embedding_rank=4).resolve()


def test_sums_alone_need_fewer_steps():
    assert SFTConfig(data="arithmetic").resolve().steps < SFTConfig().resolve().steps
    assert SFTConfig(data="arithmetic", steps=7).resolve().steps == 7


@pytest.mark.parametrize("ranks", [{"lora_rank": 9}, {"lora_rank": 5}])
def test_ranks_beyond_the_width_are_no_low_ones(ranks):
    SFTConfig(lora_rank=4).resolve().check_ranks(8)
    with pytest.raises(ValueError, match=r"must be at most 8, the model's width"):
        SFTConfig(**ranks).resolve().check_ranks(8)


def test_what_is_said_is_kept():
    config, model = TrainConfig(
        preset="smoke",
        steps=7,
        sequence_length=33,
        vocabulary_size=500,
        dropout=0.25,
        positions="learned",
        warmup_steps=0,
    ).resolve()
    assert (config.steps, config.warmup_steps, config.sequence_length) == (7, 0, 33)
    assert (model.vocabulary_size, model.max_sequence_length) == (500, 33)
    assert (model.dropout, model.positions) == (0.25, "learned")


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
@pytest.mark.parametrize("preset", [name for name, preset in PRESETS.items() if preset.units])
def test_recurrent_models_are_about_as_large_as_the_transformer(cell, preset):
    _, model = TrainConfig(model=cell, preset=preset, bahdanau=True, dropout=0.1).resolve()
    assert isinstance(model, RecurrentConfig)
    assert (model.cell, model.attention, model.dropout) == (cell, True, 0.1)
    gates, width, units = {"rnn": 1, "lstm": 4}[cell], model.hidden_dim, model.units
    parameters = model.vocabulary_size * width + units * width + width
    for _ in range(model.num_layers):
        parameters += gates * units * (width + units + 1)
        width = units
    assert 0.6 < parameters / transformer_parameters(PRESETS[preset].transformer) < 1.5


def test_a_preset_without_a_recurrent_model_says_which_have_one():
    with pytest.raises(ValueError, match=r"gpt2 has no recurrent model.*smoke, tiny, small"):
        TrainConfig(model="lstm", preset="gpt2").resolve()


def test_an_unknown_preset_lists_the_known():
    with pytest.raises(ValueError, match=r"Unknown preset 'huge'. Known: smoke, tiny"):
        TrainConfig(preset="huge").resolve()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("steps", 0),
        ("batch_size", 0),
        ("sequence_length", -1),
        ("evaluate_every", 0),
        ("log_every", 0),
        ("warmup_steps", -1),
        ("dropout", 1.0),
        ("dropout", -0.1),
    ],
)
def test_impossible_values_are_refused(field, value):
    flag = field.replace("_", "-")
    with pytest.raises(ValueError, match=rf"--{flag} must be .*Received: {value}"):
        TrainConfig(preset="smoke", **{field: value}).resolve()


def test_a_configuration_cannot_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainConfig().steps = 3


def test_settings_leave_out_where_a_run_is_and_how_it_is_watched():
    config = TrainConfig(preset="smoke", seed=3)
    elsewhere = dataclasses.replace(
        config, run_dir=Path("elsewhere"), resume=False, log_every=1, checkpoint_minutes=9.0
    )
    assert config.settings() == elsewhere.settings()
    assert config.settings()["seed"] == 3


def test_the_directory_is_named_after_model_preset_and_corpus():
    assert TrainConfig().directory() == Path("runs/transformer-tiny-stories")
    config = TrainConfig(model="lstm", preset="smoke", corpus="/some/where/my.text.txt")
    assert config.directory() == Path("runs/lstm-smoke-my.text")
    assert TrainConfig(run_dir=Path("x")).directory() == Path("x")


@pytest.mark.parametrize("module", ["config", "signals", "command_line"])
def test_help_need_not_wait_for_tensorflow(module):
    code = f"import sys, assignment.{module}; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
