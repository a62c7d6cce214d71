"""The settings of the pipeline."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assignment.config.check import require, require_seed


@dataclass(frozen=True)
class PipelineConfig:
    """Every stage, from the corpus to a policy that reasons, and a report card that compares them.

    What was finished before is not repeated, and a stage that was interrupted goes on.
    """

    preset: Literal["smoke", "tiny"] = "tiny"
    """The size of the model and the effort: smoke (minutes, to see that it works) or tiny (the
    course's own, about half an hour on two cores)."""
    run_dir: Path | None = None
    """Where the stages and the report card are written, one directory for each stage. None:
    runs/pipeline, or runs/pipeline-smoke."""
    effort: float = 1.0
    """Of the preset's steps, the share that each stage makes: 0.1 to see soon how it all fits."""
    seed: int = 0
    """Of all stages."""

    def check(self) -> None:
        """Raise ValueError if a value is impossible."""
        require(self, lambda v: 0 < v <= 10, "above 0 and at most 10", "effort")
        require_seed(self)

    def directory(self) -> Path:
        """Where everything is written."""
        names = {"tiny": "pipeline", "smoke": "pipeline-smoke"}
        return self.run_dir or Path("runs") / names[self.preset]
