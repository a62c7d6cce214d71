"""Configuration: frozen dataclasses, whose fields are the flags of the command line, and presets.

This module must not import TensorFlow: `--help` answers before that import.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Positions = Literal["sinusoidal", "learned", "rotary"]
Cell = Literal["rnn", "lstm"]


@dataclass(frozen=True)
class TransformerConfig:
    """The shape of a decoder-only transformer."""

    vocabulary_size: int
    hidden_dim: int
    num_layers: int
    num_heads: int
    intermediate_dim: int
    max_sequence_length: int
    dropout: float = 0.0
    positions: Positions = "sinusoidal"
    norm_first: bool = True
    tie_embeddings: bool = True


@dataclass(frozen=True)
class RecurrentConfig:
    """The shape of a recurrent language model."""

    vocabulary_size: int
    hidden_dim: int
    """Width of the token embedding."""
    units: int
    """Width of the hidden state."""
    num_layers: int
    max_sequence_length: int
    cell: Cell = "lstm"
    attention: bool = False
    """Whether the last layer's states look back at one another by Bahdanau attention."""
    dropout: float = 0.0


ModelConfig = TransformerConfig | RecurrentConfig


def _gpt2(hidden_dim: int, num_layers: int, num_heads: int) -> TransformerConfig:
    """The shapes of Radford et al. 2019, table 2, with GPT-2's vocabulary."""
    return TransformerConfig(
        vocabulary_size=50257,
        hidden_dim=hidden_dim,
        num_layers=num_layers,
        num_heads=num_heads,
        intermediate_dim=4 * hidden_dim,
        max_sequence_length=1024,
        dropout=0.1,
        positions="learned",
    )


@dataclass(frozen=True)
class Preset:
    """A size of model, with the training run that suits it.

    A recurrent model of a preset has about as many weights, and costs about as many operations per
    token, as the preset's transformer.
    """

    transformer: TransformerConfig
    units: dict[Cell, int] | None
    """Units of a recurrent model of one layer; None where the preset has none."""
    batch_size: int
    steps: int
    learning_rate: float
    warmup_steps: int
    evaluate_every: int


def _small(vocabulary_size, hidden_dim, num_layers, num_heads, length) -> TransformerConfig:
    return TransformerConfig(
        vocabulary_size=vocabulary_size,
        hidden_dim=hidden_dim,
        num_layers=num_layers,
        num_heads=num_heads,
        intermediate_dim=4 * hidden_dim,
        max_sequence_length=length,
    )


PRESETS = {
    "smoke": Preset(
        transformer=_small(1408, 64, 2, 2, 64),
        units={"rnn": 224, "lstm": 112},
        batch_size=16,
        steps=600,
        learning_rate=5e-3,
        warmup_steps=50,
        evaluate_every=150,
    ),
    "tiny": Preset(
        transformer=_small(1408, 128, 4, 4, 128),
        units={"rnn": 768, "lstm": 384},
        batch_size=16,
        steps=2000,
        learning_rate=3e-3,
        warmup_steps=100,
        evaluate_every=200,
    ),
    "small": Preset(
        transformer=_small(4096, 256, 6, 8, 256),
        units={"rnn": 2048, "lstm": 960},
        batch_size=32,
        steps=10_000,
        learning_rate=1e-3,
        warmup_steps=500,
        evaluate_every=500,
    ),
    **{
        name: Preset(
            transformer=_gpt2(*shape),
            units=None,
            batch_size=8,
            steps=100_000,
            learning_rate=rate,
            warmup_steps=2000,
            evaluate_every=1000,
        )
        for name, shape, rate in (
            ("gpt2", (768, 12, 12), 6e-4),
            ("gpt2-medium", (1024, 24, 16), 3e-4),
            ("gpt2-large", (1280, 36, 20), 2.5e-4),
            ("gpt2-xl", (1600, 48, 25), 2e-4),
        )
    },
}


@dataclass(frozen=True)
class TrainConfig:
    """A pre-training run. What is None is the preset's."""

    corpus: str = "stories"
    """A name of data/registry.toml, or the path of a UTF-8 text file."""
    model: Literal["transformer", "lstm", "rnn"] = "transformer"
    """The architecture."""
    preset: str = "tiny"
    """Size of model and run: smoke (a minute), tiny (minutes), small (hours on a CPU), gpt2,
    gpt2-medium, gpt2-large, gpt2-xl."""
    run_dir: Path | None = None
    """Where everything is written; runs/<model>-<preset>-<corpus> when None."""
    resume: bool = True
    """Go on with the run in run_dir, if there is one. --no-resume refuses to touch an old run."""
    seed: int = 0
    """Of the initial weights, the batches and the samples."""
    steps: int | None = None
    """How many training steps."""
    batch_size: int | None = None
    """Windows in a batch, over all replicas."""
    sequence_length: int | None = None
    """Tokens in a window: the model's context."""
    vocabulary_size: int | None = None
    """Tokens of the vocabulary that is trained on the corpus."""
    learning_rate: float | None = None
    """Peak of the schedule."""
    warmup_steps: int | None = None
    """Steps of linear warm-up."""
    final_rate: float = 0.02
    """The rate at the end of the cosine, as a fraction of the peak."""
    weight_decay: float = 0.1
    """Decoupled decay of the kernels, per unit of the learning rate."""
    beta_2: float = 0.99
    """AdamW's decay of the second moment; 0.99 suits short runs."""
    max_norm: float = 1.0
    """Gradients are clipped to this global norm."""
    dropout: float | None = None
    """Rate of dropout; useful when the corpus is read many times over."""
    positions: Positions | None = None
    """How the transformer knows positions."""
    bahdanau: bool = False
    """Recurrent models: let the last layer look back by Bahdanau attention."""
    strategy: Literal["none", "mirrored", "multi-worker"] = "none"
    """Train on all GPUs of this machine, or on the machines listed in TF_CONFIG."""
    evaluate_every: int | None = None
    """Steps between validations, samples and attention maps."""
    log_every: int = 20
    """Steps between the scalars in TensorBoard."""
    checkpoint_minutes: float = 2.0
    """Save at least this often, besides at every validation."""

    @property
    def corpus_name(self) -> str:
        return Path(self.corpus).stem

    def directory(self) -> Path:
        return self.run_dir or Path("runs") / f"{self.model}-{self.preset}-{self.corpus_name}"

    def resolve(self) -> tuple["TrainConfig", ModelConfig]:
        """This configuration with the preset's values in place of None, and the model's.

        Raises:
            ValueError: The preset is unknown, or has no model of this kind, or a value is
                impossible.
        """
        if self.preset not in PRESETS:
            raise ValueError(f"Unknown preset {self.preset!r}. Known: {', '.join(PRESETS)}.")
        preset = PRESETS[self.preset]
        shape = preset.transformer
        defaults = {
            "steps": preset.steps,
            "batch_size": preset.batch_size,
            "sequence_length": shape.max_sequence_length,
            "vocabulary_size": shape.vocabulary_size,
            "learning_rate": preset.learning_rate,
            "warmup_steps": preset.warmup_steps,
            "evaluate_every": preset.evaluate_every,
            "dropout": shape.dropout,
            "positions": shape.positions,
        }
        missing = {name: value for name, value in defaults.items() if getattr(self, name) is None}
        config = dataclasses.replace(self, **missing)
        for name in ("steps", "batch_size", "sequence_length", "evaluate_every", "log_every"):
            if getattr(config, name) < 1:
                raise ValueError(f"{name} must be at least 1. Received: {getattr(config, name)}")
        for name in ("seed", "warmup_steps", "weight_decay", "checkpoint_minutes"):
            if getattr(config, name) < 0:
                raise ValueError(f"{name} must not be negative. Received: {getattr(config, name)}")
        for name in ("learning_rate", "max_norm"):
            if not getattr(config, name) > 0:
                raise ValueError(f"{name} must be positive. Received: {getattr(config, name)}")
        for name in ("dropout", "beta_2"):
            if not 0 <= getattr(config, name) < 1:
                raise ValueError(f"{name} must be in [0, 1). Received: {getattr(config, name)}")
        return config, config._model_config(preset)

    def _model_config(self, preset: Preset) -> ModelConfig:
        if self.model == "transformer":
            return dataclasses.replace(
                preset.transformer,
                vocabulary_size=self.vocabulary_size,
                max_sequence_length=self.sequence_length,
                dropout=self.dropout,
                positions=self.positions,
            )
        if preset.units is None:
            with_units = ", ".join(name for name, p in PRESETS.items() if p.units)
            raise ValueError(
                f"The preset {self.preset} has no recurrent model. These have one: {with_units}."
            )
        return RecurrentConfig(
            vocabulary_size=self.vocabulary_size,
            hidden_dim=preset.transformer.hidden_dim,
            units=preset.units[self.model],
            num_layers=1,
            max_sequence_length=self.sequence_length,
            cell=self.model,
            attention=self.bahdanau,
            dropout=self.dropout,
        )

    def settings(self) -> dict:
        """What a run's result depends on: everything except where it is and how it is watched."""
        watching = {"run_dir", "resume", "log_every", "checkpoint_minutes"}
        values = dataclasses.asdict(self)
        return {name: value for name, value in values.items() if name not in watching}


@dataclass(frozen=True)
class SampleConfig:
    """Text from a trained model."""

    run_dir: Path = Path("runs/transformer-tiny-stories")
    """The run directory of the model."""
    prompt: str = "\n"
    """What the text begins with; a line break makes the model begin a new line of its own."""
    samples: int = 3
    """How many texts."""
    max_new_tokens: int | None = None
    """Length of a text; None fills the model's context."""
    temperature: float = 0.8
    """Below 1 sharpens the distribution, above 1 flattens it; 0 takes the most probable token."""
    top_k: int = 0
    """Sample among the k most probable tokens only; 0 for no limit."""
    top_p: float = 1.0
    """Sample among the most probable tokens that together have this probability; 1 for no limit."""
    stop_at_newline: bool = False
    """End a text at its first line break: a story of the bundled corpus is one line."""
    seed: int = 0
    """The same seed gives the same texts."""
    checkpoint: Literal["best", "latest"] = "best"
    """Which checkpoint to use."""


@dataclass(frozen=True)
class EvaluateConfig:
    """The loss of a trained model on a validation text."""

    run_dir: Path = Path("runs/transformer-tiny-stories")
    """The run directory of the model."""
    corpus: str | None = None
    """Name or path of the corpus; the one that the model was trained on when None."""
    checkpoint: Literal["best", "latest"] = "best"
    """Which checkpoint to use."""
    json: Path | None = None
    """Also write the figures to this file."""
