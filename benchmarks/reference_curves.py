"""Record the reference curves that students' runs are compared with.

    python -m benchmarks.reference_curves

trains every default run with several seeds, the post-training stages through the pipeline, and
writes `data/reference_curves/`. Where both have a seed, the pipeline's first stage is the
transformer's run. A run that was finished before is not repeated, and one that was interrupted goes
on.
"""

import dataclasses
import subprocess
import sys
from pathlib import Path

import tyro

from assignment.config import TrainConfig
from assignment.reporting.stages import STAGES
from assignment.training.reference import record_reference, reference_path
from assignment.training.runs import RunDirectory

SEEDS = {"transformer": 5, "lstm": 3, "rnn": 3}
PIPELINE_SEEDS = range(4)  # the default seed too, which most students run


@dataclasses.dataclass(frozen=True)
class ReferenceConfig:
    """Which curves to record."""

    presets: tuple[str, ...] = ("tiny", "smoke")
    """Sizes of model."""
    models: tuple[str, ...] = tuple(SEEDS)
    """Architectures to pre-train; none with --models."""
    pipelines: bool = True
    """Record the stages of post-training too."""
    corpus: str = "stories"
    """What is trained on."""
    runs: Path = Path("runs/reference")
    """Where the runs are kept."""


def main(config: ReferenceConfig) -> None:
    for preset in config.presets:
        if config.pipelines:
            record_stages(config, preset)
        for model in config.models:
            record_pre_training(config, preset, model)


def record_pre_training(config: ReferenceConfig, preset: str, model: str) -> None:
    """Train an architecture with several seeds, and record its curve."""
    directories = []
    for seed in range(1, SEEDS[model] + 1):
        pipeline = config.runs / f"pipeline-{preset}-{seed}"
        if model == "transformer" and config.corpus == "stories" and pipeline.exists():
            directories.append(pipeline / "train")
            continue
        directory = config.runs / f"{model}-{preset}-{config.corpus}-{seed}"
        flags = {"--model": model, "--corpus": config.corpus}
        run("train", directory, preset, seed, flags)
        directories.append(directory)
    training = TrainConfig(corpus=config.corpus, model=model, preset=preset)
    resolved, model_config = training.resolve()
    path = reference_path("train", model_config, resolved.settings())
    record_reference(path, "train", directories)
    print(f"{path}: {len(directories)} seeds")


def record_stages(config: ReferenceConfig, preset: str) -> None:
    """Run the pipeline with several seeds, and record the curve of each stage after the first."""
    pipelines = []
    for seed in PIPELINE_SEEDS:
        directory = config.runs / f"pipeline-{preset}-{seed}"
        run("pipeline", directory, preset, seed, {})
        pipelines.append(directory)
    for stage in STAGES:
        if not stage.parents:
            continue
        directories = [pipeline / stage.name for pipeline in pipelines]
        first = RunDirectory(directories[0])
        path = reference_path(first.stage(), first.model_config(), first.settings())
        record_reference(path, first.stage(), directories)
        print(f"{path}: {len(directories)} seeds")


def run(command: str, directory: Path, preset: str, seed: int, flags: dict[str, str]) -> None:
    """Run a command to its end."""
    flags = {"--run-dir": str(directory), "--preset": preset, "--seed": str(seed), **flags}
    arguments = [part for flag in flags.items() for part in flag]
    subprocess.run([sys.executable, "-m", f"assignment.{command}", *arguments], check=True)


if __name__ == "__main__":
    main(tyro.cli(ReferenceConfig, description=__doc__))
