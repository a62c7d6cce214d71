"""What the report card shows: the figures of every finished stage of a pipeline."""

import dataclasses

from assignment.reporting.measured import Measured
from assignment.reporting.runner import Record
from assignment.reporting.stages import PipelineStage

REWARD_MODEL, FINE_TUNED = "reward_model", "sft"


@dataclasses.dataclass(frozen=True)
class Card:
    """What the report card shows. The dictionaries are by the names of the stages."""

    preset: str
    seed: int
    measured: dict[str, Measured]
    comparisons: dict[str, dict[str, float]]
    """With the fine-tuned model."""
    reward_model: dict[str, float]
    best_of_n: list[dict[str, float]]
    records: dict[str, Record]
    metrics: dict[str, list[dict]]
    """The lines of their `metrics.jsonl`."""
    missing: list[PipelineStage]

    def figures(self) -> dict:
        """Everything that does not depend on the machine's speed."""
        return {
            "preset": self.preset,
            "seed": self.seed,
            "stages": {
                name: measured.figures | self.comparisons.get(name, {})
                for name, measured in self.measured.items()
            },
            "reward_model": self.reward_model,
            "best_of_n": self.best_of_n,
        }
