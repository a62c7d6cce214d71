"""The settings of the reward model's training."""

from dataclasses import dataclass
from typing import ClassVar

from assignment.config.check import require
from assignment.config.stage import StageConfig


@dataclass(frozen=True)
class RewardTrainingConfig(StageConfig):
    """A reward model, learned from preferences. What is None is the preset's."""

    stage: ClassVar = "reward_model"
    presets: ClassVar = {
        "smoke": {
            "steps": 60,
            "batch_size": 16,
            "learning_rate": 1e-3,
            "evaluate_every": 30,
            "ranked_prompts": 25,
        },
        "tiny": {
            "steps": 750,
            "batch_size": 32,
            "learning_rate": 1e-3,
            "evaluate_every": 150,
            "ranked_prompts": 500,
        },
    }

    data: str = "preferences"
    """What to learn from: preferences, or the path of a file of preferences."""
    ranked_prompts: int | None = None
    """Data preferences: let the source write to so many requests, and learn from rankings of what
    it wrote as well; a policy is scored on its own writing, not on that of others. 0 for none."""
    ranked_responses: int = 4
    """How many responses make a ranking."""

    def check(self) -> None:
        super().check()
        require(self, lambda v: v >= 0, "0 or more", "ranked_prompts")
        require(self, lambda v: v >= 2, "at least 2", "ranked_responses")
