"""The settings of evaluation."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class EvaluateConfig:
    """The loss of a trained model on a validation text."""

    run_dir: Path = Path("runs/transformer-tiny-stories")
    """The run directory of the model."""
    corpus: str | None = None
    """Name or path of the corpus; the one that the model was trained on when None."""
    checkpoint: Literal["best", "latest"] = "best"
    """Which checkpoint to use."""
    json: Path | None = None
    """Also write the figures to this file."""
