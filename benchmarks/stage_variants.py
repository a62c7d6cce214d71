"""Compare variants of a post-training stage over several seeds, as a table in Markdown.

    python -m benchmarks.stage_variants dpo --from runs/sft-transformer-tiny-stories \\
        --variants "--loss dpo" "--loss ipo" "--loss kto" --columns gold_reward kl response_length

A run that was finished before is not repeated, and one that was interrupted goes on.
"""

import dataclasses
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from assignment.training.tracking import read_metrics


@dataclasses.dataclass(frozen=True)
class VariantsConfig:
    """Which variants to run, and what to show of them."""

    stage: tyro.conf.Positional[str]
    """A stage: sft, reward_model, dpo, …"""
    from_run: Annotated[Path, tyro.conf.arg(name="from")]
    """The run that all of them start from."""
    columns: tuple[str, ...]
    """Validation metrics: the mean over seeds of their last value, and its standard deviation."""
    variants: tuple[str, ...] = ("",)
    """The flags of each variant."""
    seeds: int = 3
    """How many seeds each variant is run with."""
    runs: Path = Path("runs/variants")
    """Where the runs are kept."""


def main(config: VariantsConfig) -> None:
    print(f"| {config.stage} | {' | '.join(config.columns)} |")
    print(f"|---|{'---:|' * len(config.columns)}")
    before: list[dict] = []
    for variant in config.variants:
        lines = [validations(config, variant, seed) for seed in range(config.seeds)]
        if not before:
            before = [first for first, *_ in lines]
            print(row("before", before, config.columns), flush=True)
        print(row(variant or "defaults", [last for *_, last in lines], config.columns), flush=True)


def validations(config: VariantsConfig, variant: str, seed: int) -> list[dict]:
    """Run a variant to its end; the lines of its validations."""
    name = re.sub(r"[^\w.]+", "-", f"{config.stage} {variant}").strip("-")
    directory = config.runs / f"{name}-seed-{seed}"
    command = [sys.executable, "-m", f"assignment.{config.stage}", "--from", str(config.from_run)]
    command += ["--run-dir", str(directory), "--seed", str(seed), *shlex.split(variant)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    metrics = read_metrics(directory / "metrics.jsonl")
    return [line for line in metrics if line["prefix"] == "validation"]


def row(title: str, lines: list[dict], columns: tuple[str, ...]) -> str:
    """A line of the table; more digits than the seeds agree on say nothing."""
    cells = []
    for column in columns:
        values = np.array([line[column] for line in lines])
        spread = f" ± {values.std(ddof=1):.2f}" if len(values) > 1 else ""
        cells.append(f"{values.mean():.2f}{spread}")
    return f"| {title} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main(tyro.cli(VariantsConfig, description=__doc__))
