"""Record the reference curves that students' runs are compared with.

    python -m benchmarks.reference_curves

trains every default run with several seeds and writes `data/reference_curves/`. A run that was
finished before is not repeated, and one that was interrupted goes on.
"""

import dataclasses
import subprocess
import sys
from pathlib import Path

import tyro

from assignment.config import TrainConfig
from assignment.training.reference import record_reference, reference_path

SEEDS = {"transformer": 5, "lstm": 3, "rnn": 3}


@dataclasses.dataclass(frozen=True)
class ReferenceConfig:
    """Which curves to record."""

    presets: tuple[str, ...] = ("tiny", "smoke")
    """Sizes of model."""
    models: tuple[str, ...] = tuple(SEEDS)
    """Architectures."""
    corpus: str = "stories"
    """What is trained on."""
    runs: Path = Path("runs/reference")
    """Where the runs are kept."""


def main(config: ReferenceConfig) -> None:
    for preset in config.presets:
        for model in config.models:
            directories = []
            for seed in range(1, SEEDS[model] + 1):
                directory = config.runs / f"{model}-{preset}-{config.corpus}-{seed}"
                flags = {
                    "--model": model,
                    "--preset": preset,
                    "--corpus": config.corpus,
                    "--seed": str(seed),
                    "--run-dir": str(directory),
                }
                command = [sys.executable, "-m", "assignment.train"]
                subprocess.run([*command, *(x for pair in flags.items() for x in pair)], check=True)
                directories.append(directory)
            run = TrainConfig(corpus=config.corpus, model=model, preset=preset)
            resolved, model_config = run.resolve()
            path = reference_path("train", model_config, resolved.settings())
            record_reference(path, directories)
            print(f"{path}: {len(directories)} seeds")


if __name__ == "__main__":
    main(tyro.cli(ReferenceConfig, description=__doc__))
