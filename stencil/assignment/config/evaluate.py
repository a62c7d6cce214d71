"""The settings of evaluation."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assignment.config.check import require_seed

Task = Literal["text", "instructions", "stories", "arithmetic", "pairs"]


@dataclass(frozen=True)
class EvaluateConfig:
    """What a trained model is worth, in the figures that suit its stage.

    text: loss, perplexity and nats per character on the held-out part of a corpus, and the gap to
    its entropy floor. instructions: how many are followed, by kind. stories: the gold reward of
    stories on request, the KL divergence from the model that training started from, and how often
    the gold reward prefers its stories to those of --against. arithmetic: pass@k of sampled
    answers, and the share of right greedy ones. pairs: a reward model's accuracy, calibration, and
    agreement with the gold reward.
    """

    run_dir: Path = Path("runs/transformer-tiny-stories")
    """The run directory of the model."""
    tasks: tuple[Task, ...] | None = None
    """What to measure, see above. None: what suits the stage of the run."""
    against: Path | None = None
    """Stories: the run to compare with. None: the run that this one started from."""
    reward_model: Path | None = None
    """Stories: a reward model, whose scores are shown, and which chooses the best of n answers.
    None: the one that the run was trained with, if any."""
    corpus: str | None = None
    """Text: name or path of the corpus; the one that the model was pre-trained on when None."""
    checkpoint: Literal["best", "latest"] = "best"
    """Which checkpoint to use."""
    seed: int = 0
    """Of the answers."""
    json: Path | None = None
    """Also write the figures to this file."""

    def check(self) -> None:
        """Raise ValueError if a value is impossible."""
        require_seed(self)
        if self.json and not self.json.parent.is_dir():
            raise ValueError(f"--json {self.json}: there is no directory {self.json.parent}")
