"""The settings of group relative policy optimisation."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from assignment.config.check import require, require_rollouts
from assignment.config.stage import StageConfig


@dataclass(frozen=True)
class GRPOConfig(StageConfig):
    """Group relative policy optimisation with rewards by rule. What is None is the preset's."""

    stage: ClassVar = "grpo"
    source_stage: ClassVar = "sft-arithmetic"
    presets: ClassVar = {
        "smoke": {"steps": 10, "batch_size": 8, "learning_rate": 2e-4, "evaluate_every": 5},
        "tiny": {"steps": 80, "batch_size": 32, "learning_rate": 2e-4, "evaluate_every": 20},
    }

    data: str = "arithmetic"
    """The problems: arithmetic, or the path of a file of GSM8K's shape."""
    group_size: int = 8
    """G, how many responses to each prompt of a batch are compared."""
    max_new_tokens: int = 32
    """What is longer is cut off, and earns nothing for its form."""
    temperature: float = 1.0
    """Of sampling, and of all log-probabilities."""
    epochs: int = 1
    """How often the responses of a rollout are gone through."""
    minibatches: int = 2
    """Into how many updates an epoch is cut."""
    epsilon: float = 0.2
    """The ratio is clipped at 1 ± ε."""
    epsilon_high: float | None = None
    """Clip the ratio at 1 + this instead; DAPO's clip-higher has 0.28."""
    kl_coefficient: float = 0.0
    """β, the weight of the KL penalty in the loss. A reward by rule cannot be hacked as a learned
    one can, so there is none by default (as in DAPO); the paper has 0.04."""
    kl_kind: Literal["k1", "k2", "k3"] = "k3"
    """The estimator in that penalty."""
    aggregation: Literal["sequence", "token", "constant"] = "token"
    """How the tokens' losses become one: as in GRPO, DAPO or Dr. GRPO."""
    normalize_by_std: bool = True
    """Divide advantages by the group's standard deviation; --no-normalize-by-std: Dr. GRPO."""
    format_reward: float = 0.1
    """For a response that ends and has an answer in the right form; a right answer earns 1 more."""

    @property
    def updates_per_step(self) -> int:
        return self.epochs * self.minibatches

    def check(self) -> None:
        super().check()
        require(self, lambda v: v >= 2, "at least 2: a response is compared", "group_size")
        require_rollouts(self)
        require(self, lambda v: v is None or v > 0, "positive", "epsilon_high")
        require(self, lambda v: v >= 0, "0 or more", "kl_coefficient", "format_reward")
        if self.batch_size * self.group_size % self.minibatches:
            raise ValueError(
                "--minibatches must divide the responses of a rollout. Received: "
                f"{self.minibatches} minibatches, {self.batch_size} prompts of "
                f"{self.group_size} responses"
            )
