"""Reference curves: what the default runs reach on the way, as mean and band over seeds.

Of pre-training and fine-tuning it is the validation loss; of the other stages what they are for.
"""

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np

from assignment.config import ModelConfig
from assignment.text.registry import find_data_directory
from assignment.training.tracking import read_metrics

# What may differ between a run and the runs that its reference was recorded from.
NOT_COMPARED = {"seed", "strategy", "reward_model"}
BAND_DEVIATIONS = 3.0
# The validation metric of each stage, and whether a larger one is better.
METRICS = {
    "train": ("loss", False),
    "sft": ("loss", False),
    "reward_model": ("accuracy", True),
    "dpo": ("gold_reward", True),
    "ppo": ("gold_reward", True),
    "grpo": ("pass_at_1", True),
}
# A band over a few seeds can be too narrow by chance; it is at least this share of the mean.
NARROWEST_BAND = 0.01


@dataclasses.dataclass(frozen=True)
class ReferenceCurve:
    """A validation metric over training: `mean`, `lower` and `upper` at each of `steps`."""

    steps: np.ndarray
    mean: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    seeds: int
    metric: str = "loss"
    higher_is_better: bool = False

    def at(self, step: int) -> dict[str, float] | None:
        """Mean and band at a step, or None where none was recorded."""
        (places,) = np.nonzero(self.steps == step)
        if not len(places):
            return None
        place = places[0]
        return {
            "mean": float(self.mean[place]),
            "lower": float(self.lower[place]),
            "upper": float(self.upper[place]),
        }

    def verdict(self, metrics: list[dict]) -> str:
        """Where a run lies against the band, and since when.

        Args:
            metrics: The lines of the run's `metrics.jsonl`.
        """
        sides = []
        for line in metrics:
            band = self.at(line["step"]) if line["prefix"] == "validation" else None
            if band is not None:
                value = line[self.metric]
                side = "above" if value > band["upper"] else "inside"
                side = "below" if value < band["lower"] else side
                sides.append((line["step"], side))
        if not sides:
            return "no step in common with the reference"
        last_side = sides[-1][1]
        since = next(
            step for i, (step, _) in enumerate(sides) if all(s == last_side for _, s in sides[i:])
        )
        better, worse = ("above", "below") if self.higher_is_better else ("below", "above")
        meaning = {
            "inside": "as expected",
            better: "better than the reference",
            worse: "worse than the reference: something may be wrong",
        }
        return (
            f"{last_side} the band of {self.seeds} seeds since step {since} ({meaning[last_side]})"
        )


def reference_path(stage: str, model: ModelConfig, settings: dict) -> Path:
    """Where the reference of a configuration lies; it exists for the defaults only."""
    compared = {name: value for name, value in settings.items() if name not in NOT_COMPARED}
    key = json.dumps([dataclasses.asdict(model), compared], sort_keys=True)
    names = [stage, settings.get("corpus", settings.get("data")), settings.get("model")]
    # Of a file the name is enough: the digest tells apart what else there is.
    names = [Path(name).name for name in names if name]
    digest = hashlib.sha256(key.encode()).hexdigest()[:8]
    file = "-".join([*names, settings["preset"], digest]) + ".json"
    return find_data_directory() / "reference_curves" / file


def load_reference(stage: str, model: ModelConfig, settings: dict) -> ReferenceCurve | None:
    """The reference curve of a configuration, if one was recorded."""
    path = reference_path(stage, model, settings)
    if not path.is_file():
        return None
    record = json.loads(path.read_text())
    values = np.asarray(record["values"])  # (seeds, steps)
    mean = values.mean(axis=0)
    deviation = values.std(axis=0, ddof=1)
    half = np.maximum(BAND_DEVIATIONS * deviation, NARROWEST_BAND * np.abs(mean))
    steps = np.asarray(record["steps"])
    return ReferenceCurve(steps, mean, mean - half, mean + half, len(values), *METRICS[stage])


def record_reference(path: Path, stage: str, runs: list[Path]) -> None:
    """Write the reference of several runs of a stage that differ in their seed alone."""
    metric, _ = METRICS[stage]
    curves = []
    for run in runs:
        lines = read_metrics(run / "metrics.jsonl")
        curves.append({x["step"]: x[metric] for x in lines if x["prefix"] == "validation"})
    steps = sorted(set.intersection(*(set(curve) for curve in curves)))
    values = [[round(curve[step], 5) for step in steps] for curve in curves]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"metric": metric, "steps": steps, "values": values}) + "\n")
