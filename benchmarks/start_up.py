"""How long one waits: for --help, a first training step, a run of one step, a graded exercise.

python -m benchmarks.start_up
"""

import dataclasses
import statistics
import tempfile
import time
from pathlib import Path

import tyro

from benchmarks.commands import run, start
from benchmarks.turns import write_results


@dataclasses.dataclass(frozen=True)
class StartUpConfig:
    """What is measured."""

    rounds: int = 5
    """How many times."""


def seconds_of(*arguments: str) -> float:
    """How long a command of Python takes, from start to end."""
    return run(*arguments)[0]


def first_step() -> float:
    """How long it takes until a training run has made its first step."""
    with tempfile.TemporaryDirectory() as directory:
        arguments = ("-m", "assignment.train", "--log-every", "1", "--run-dir", f"{directory}/run")
        metrics = Path(directory, "run", "metrics.jsonl")
        started = time.perf_counter()
        process = start(*arguments)
        while process.poll() is None and not _has_content(metrics):
            time.sleep(0.05)
        seconds = time.perf_counter() - started
        process.kill()
        if process.wait() >= 0:
            raise RuntimeError(f"{' '.join(arguments)} ended before its first step")
        return seconds


def _has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def one_step() -> float:
    """How long a training run of one step takes."""
    with tempfile.TemporaryDirectory() as directory:
        return seconds_of("-m", "assignment.train", "--steps", "1", "--run-dir", f"{directory}/run")


def main(config: StartUpConfig) -> None:
    waits = {
        "`--help`": lambda: seconds_of("-m", "assignment.train", "--help"),
        "the first training step": first_step,
        "a training run of one step, from start to end": one_step,
        "an exercise graded, from start to end": lambda: seconds_of(
            "-m", "autograder", "--exercise", "masking.causal"
        ),
    }
    seconds = {
        name: statistics.median(wait() for _ in range(config.rounds))
        for name, wait in waits.items()
    }
    write_results("start_up", {name: round(value, 1) for name, value in seconds.items()})


if __name__ == "__main__":
    main(tyro.cli(StartUpConfig, description=__doc__))
