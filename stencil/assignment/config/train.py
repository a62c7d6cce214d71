"""The settings of pre-training."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assignment.config.check import require, require_training
from assignment.config.model import (
    PRESETS,
    ModelConfig,
    Positions,
    Preset,
    RecurrentConfig,
)


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
        if self.model == "transformer" and self.bahdanau:
            raise ValueError("--bahdanau is an option of recurrent models: add --model lstm.")
        if self.model != "transformer" and self.positions:
            raise ValueError(
                "--positions is an option of the transformer: a recurrent model reads in order. "
                f"Leave it out. Received: {self.positions} with --model {self.model}"
            )
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
        config._check()
        return config, config._model_config(preset)

    def _check(self) -> None:
        """Raise ValueError if a value of the resolved configuration is impossible."""
        require_training(self)
        require(self, lambda v: v >= 1, "at least 1", "sequence_length")
        require(self, lambda v: v >= 0, "0 or more", "weight_decay")
        require(self, lambda v: 0 <= v < 1, "from 0 to below 1", "dropout", "beta_2")

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
