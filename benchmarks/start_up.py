"""How long one waits: for --help, the first training step, the first graded check.

python -m benchmarks.start_up
"""

import dataclasses
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tyro

from benchmarks.turns import write_results

ROOT = Path(__file__).resolve().parents[1]


@dataclasses.dataclass(frozen=True)
class StartUpConfig:
    """What is measured."""

    rounds: int = 5
    """How many times."""


def seconds_until(command: list[str], expected: str | None = None) -> float:
    """Until a command has printed a line with a text; without one, until it has ended."""
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout:
            if expected and expected in line:
                waited = time.perf_counter() - started
                process.kill()
                return waited
        process.wait()
    if expected:
        raise RuntimeError(f"{command} never printed {expected!r}.")
    return time.perf_counter() - started


def main(config: StartUpConfig) -> None:
    def first_step() -> float:
        with tempfile.TemporaryDirectory() as directory:
            command = ["-m", "assignment.train", "--steps", "1", "--run-dir", f"{directory}/run"]
            return seconds_until(command)

    waits = {
        "`--help`": lambda: seconds_until(["-m", "assignment.train", "--help"]),
        "a training run of one step, from start to end": first_step,
        "an exercise graded, from start to end": lambda: seconds_until(
            ["-m", "autograder", "--exercise", "masking.causal"]
        ),
    }
    seconds = {
        name: statistics.median(wait() for _ in range(config.rounds))
        for name, wait in waits.items()
    }
    write_results("start_up", {name: round(value, 1) for name, value in seconds.items()})


if __name__ == "__main__":
    main(tyro.cli(StartUpConfig, description=__doc__))
