"""The settings of a chat."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assignment.config.check import require_sampler


@dataclass(frozen=True)
class ChatConfig:
    """A conversation with a trained model."""

    run_dir: Path = Path("runs/sft-transformer-tiny-stories")
    """The run directory of the model."""
    temperature: float = 0.7
    """Below 1 sharpens the distribution, above 1 flattens it; 0 takes the most probable token."""
    top_k: int = 0
    """Sample among the k most probable tokens only; 0 for no limit."""
    top_p: float = 1.0
    """Sample among the most probable tokens that together have this probability; 1 for no limit."""
    remember: bool = False
    """Let the model see what was said before. The course's models are fine-tuned on conversations
    of one message and one answer, and answer worse behind another one."""
    seed: int = 0
    """The same seed and the same messages give the same answers."""
    checkpoint: Literal["best", "latest"] = "best"
    """Which checkpoint to use."""

    def check(self) -> None:
        """Raise ValueError for a value that no model can do anything with."""
        require_sampler(self)
