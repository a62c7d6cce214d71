"""The settings of sampling."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assignment.config.check import require, require_sampler


@dataclass(frozen=True)
class SampleConfig:
    """Text from a trained model."""

    run_dir: Path = Path("runs/transformer-tiny-stories")
    """The run directory of the model."""
    prompt: str = "\n"
    """What the text begins with; a line break makes the model begin a new line of its own."""
    samples: int = 3
    """How many texts."""
    max_new_tokens: int | None = None
    """Length of a text; None fills the model's context."""
    temperature: float = 0.8
    """Below 1 sharpens the distribution, above 1 flattens it; 0 takes the most probable token."""
    top_k: int = 0
    """Sample among the k most probable tokens only; 0 for no limit."""
    top_p: float = 1.0
    """Sample among the most probable tokens that together have this probability; 1 for no limit."""
    stop_at_newline: bool = False
    """End a text at its first line break: a story of the bundled corpus is one line."""
    seed: int = 0
    """The same seed gives the same texts."""
    checkpoint: Literal["best", "latest"] = "best"
    """Which checkpoint to use."""

    def check(self) -> None:
        """Raise ValueError for a value that no model can do anything with."""
        require(self, lambda v: v >= 1, "at least 1", "samples")
        require_sampler(self)
        if not self.prompt:
            raise ValueError('--prompt is empty. For a text without a given beginning use "\\n".')
        try:
            self.prompt.encode()
        except UnicodeEncodeError:
            raise ValueError(f"--prompt is not UTF-8. Received: {self.prompt!r}") from None
