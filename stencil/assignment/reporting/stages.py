"""The stages of the pipeline: what each is called, what it needs, how it is started."""

import dataclasses
import json
from pathlib import Path

from assignment.config import (
    PRESETS,
    DPOConfig,
    GRPOConfig,
    PipelineConfig,
    PPOConfig,
    RewardTrainingConfig,
    SFTConfig,
    StageConfig,
    TrainConfig,
)


@dataclasses.dataclass(frozen=True)
class PipelineStage:
    """One stage.

    `parents` are the stages whose runs it needs, the one that it starts from first. In its options,
    which are fields of its configuration, `{name}` stands for the run directory of the stage of
    that name.
    """

    name: str
    """Of its directory too."""
    title: str
    command: str
    """The module below `assignment` that is run."""
    config: type[TrainConfig | StageConfig]
    parents: tuple[str, ...]
    seconds: dict[str, float]
    """About how long it takes with each preset, for the first estimate."""
    options: dict[str, str | float] = dataclasses.field(default_factory=dict)

    def steps(self, config: PipelineConfig) -> int:
        """How many steps it makes."""
        if self.config is TrainConfig:
            steps = PRESETS[config.preset].steps
        else:
            steps = self.config(preset=config.preset, **self.options).resolve().steps
        return max(1, round(config.effort * steps))

    def arguments(self, config: PipelineConfig) -> list[str]:
        """What follows `python -m`."""
        directory = config.directory()
        directories = {stage.name: str(directory / stage.name) for stage in STAGES}
        flags = ["--run-dir", directories[self.name], "--preset", config.preset]
        flags += ["--seed", str(config.seed), "--steps", str(self.steps(config))]
        if self.parents:
            flags += ["--from", directories[self.parents[0]]]
        for name, value in self.options.items():
            flags += [f"--{name.replace('_', '-')}", str(value).format(**directories)]
        return [f"assignment.{self.command}", *flags]


STAGES = (
    PipelineStage(
        "train",
        "pre-trained",
        "train",
        TrainConfig,
        parents=(),
        seconds={"smoke": 60, "tiny": 340},
    ),
    PipelineStage(
        "sft",
        "SFT",
        "sft",
        SFTConfig,
        parents=("train",),
        seconds={"smoke": 40, "tiny": 305},
    ),
    PipelineStage(
        "reward_model",
        "reward model",
        "reward_model",
        RewardTrainingConfig,
        parents=("sft",),
        seconds={"smoke": 30, "tiny": 425},
    ),
    PipelineStage(
        "dpo",
        "DPO",
        "dpo",
        DPOConfig,
        parents=("sft",),
        seconds={"smoke": 30, "tiny": 280},
    ),
    PipelineStage(
        "ppo",
        "PPO",
        "ppo",
        PPOConfig,
        options={"reward_model": "{reward_model}"},
        parents=("sft", "reward_model"),
        seconds={"smoke": 40, "tiny": 215},
    ),
    PipelineStage(
        "sft-arithmetic",
        "SFT on noisy sums",
        "sft",
        SFTConfig,
        options={"data": "arithmetic", "noise": 0.4},
        parents=("train",),
        seconds={"smoke": 30, "tiny": 155},
    ),
    PipelineStage(
        "grpo",
        "GRPO",
        "grpo",
        GRPOConfig,
        parents=("sft-arithmetic",),
        seconds={"smoke": 30, "tiny": 155},
    ),
)


def progress_of(run_dir: Path) -> tuple[int, int]:
    """How many steps a run has logged, and how many it is to make; (0, 1) before it begins."""
    try:
        total = json.loads((run_dir / "config.json").read_text())["settings"]["steps"]
        last = (run_dir / "metrics.jsonl").read_bytes().rstrip(b"\n").rpartition(b"\n")[2]
        return min(json.loads(last)["step"], total), total
    except (OSError, ValueError, KeyError):
        return 0, 1
