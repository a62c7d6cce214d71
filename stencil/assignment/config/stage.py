"""What the settings of every post-training stage have in common."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import tyro

from assignment.config.check import require_training

# What the names of default run directories begin with; a later stage puts its own in place of it.
LABELS = (
    *("sft-arithmetic", "sft", "reward_model", "ppo", "grpo"),
    *("dpo", "ipo", "kto", "orpo", "r-dpo", "simpo"),
)

# What makes the default run of a stage that others start from; None is pre-training.
SOURCE_COMMANDS = {
    None: "python -m assignment.train",
    "sft": "python -m assignment.sft",
    "sft-arithmetic": "python -m assignment.sft --data arithmetic --noise 0.4",
}


@dataclass(frozen=True)
class StageConfig:
    """A post-training run: it starts from a finished run. What is None is the preset's."""

    stage: ClassVar[str]
    """The name of the stage."""
    source_stage: ClassVar[str | None] = "sft"
    """The label of the stage whose default run it starts from; None for pre-training."""
    presets: ClassVar[dict[str, dict[str, Any]]]
    """For each preset the values of the fields that are None."""

    from_run: Annotated[Path | None, tyro.conf.arg(name="from")] = None
    """The run directory of the model to start from. None: the default run, of this preset, of the
    stage before."""
    run_dir: Path | None = None
    """Where everything is written. None: runs/<stage>-<name of the pre-training run>."""
    preset: Literal["smoke", "tiny"] = "tiny"
    """The effort: smoke (seconds, to see that it works) or tiny (minutes)."""
    resume: bool = True
    """Go on with the run in run_dir, if there is one. --no-resume refuses to touch an old run."""
    seed: int = 0
    """Of the batches, the new weights and the samples."""
    steps: int | None = None
    """How many updates; with rollouts, how many rollouts."""
    batch_size: int | None = None
    """Examples, pairs or prompts in a step."""
    learning_rate: float | None = None
    """Peak of the schedule."""
    warmup_steps: int = 20
    """Steps of linear warm-up."""
    final_rate: float = 0.1
    """The rate at the end of the cosine, as a fraction of the peak; 1 keeps the peak."""
    max_norm: float = 1.0
    """Gradients are clipped to this global norm."""
    evaluate_every: int | None = None
    """Steps between validations and samples."""
    log_every: int = 10
    """Steps between the scalars in TensorBoard."""
    checkpoint_minutes: float = 2.0
    """Save at least this often, besides at every validation."""

    @property
    def label(self) -> str:
        """What the name of a run of this configuration begins with; one of `LABELS`."""
        return self.stage

    @property
    def source_command(self) -> str:
        """What makes the default run that it starts from."""
        return SOURCE_COMMANDS[self.source_stage] + self.preset_flag

    @property
    def preset_flag(self) -> str:
        """What a command of another stage needs behind it, to be of the same preset."""
        return "" if self.preset == "tiny" else f" --preset {self.preset}"

    @property
    def source(self) -> Path:
        """The run directory of the model to start from."""
        if self.from_run:
            return self.from_run
        stage = f"{self.source_stage}-" if self.source_stage else ""
        return Path("runs") / f"{stage}transformer-{self.preset}-stories"

    def directory(self) -> Path:
        """Where everything is written."""
        if self.run_dir:
            return self.run_dir
        name = self.source.resolve().name
        for label in LABELS:
            name = name.removeprefix(f"{label}-")
        return Path("runs") / f"{self.label}-{name}"

    def resolve(self) -> Self:
        """This configuration with the preset's values in place of None.

        Raises:
            ValueError: A value is impossible.
        """
        defaults = self.presets[self.preset]
        missing = {name: value for name, value in defaults.items() if getattr(self, name) is None}
        config = dataclasses.replace(self, **missing)
        config.check()
        return config

    def check(self) -> None:
        """Raise ValueError if a value of the resolved configuration is impossible."""
        require_training(self)

    def settings(self) -> dict[str, Any]:
        """What a run's result depends on, besides its parent and its model."""
        elsewhere = {"from_run", "run_dir", "resume", "log_every", "checkpoint_minutes"}
        values = dataclasses.asdict(self)
        return {
            name: str(value) if isinstance(value, Path) else value
            for name, value in values.items()
            if name not in elsewhere
        }
