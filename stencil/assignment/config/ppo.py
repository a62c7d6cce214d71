"""The settings of proximal policy optimisation."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from assignment.config.check import require, require_rollouts
from assignment.config.reward_model import RewardTrainingConfig
from assignment.config.stage import StageConfig


@dataclass(frozen=True)
class PPOConfig(StageConfig):
    """Proximal policy optimisation against a reward model. What is None is the preset's."""

    stage: ClassVar = "ppo"
    presets: ClassVar = {
        "smoke": {"steps": 8, "batch_size": 16, "learning_rate": 3e-4, "evaluate_every": 4},
        "tiny": {"steps": 40, "batch_size": 64, "learning_rate": 1e-4, "evaluate_every": 10},
    }
    warmup_steps: int = 5
    """Steps of linear warm-up."""
    log_every: int = 2
    """Steps between the scalars in TensorBoard."""

    reward_model: Path | None = None
    """The run directory of the reward model. None: the default run of python -m
    assignment.reward_model beside the source."""
    data: str = "preferences"
    """Where the prompts come from: preferences, or the path of a file of preferences."""
    max_new_tokens: int = 72
    """What is longer is cut off, and pays the penalty for a missing end."""
    temperature: float = 1.0
    """Of sampling, and of all log-probabilities."""
    critic: Literal["reward-model", "policy"] = "reward-model"
    """Whose weights the critic starts from."""
    critic_rate: float = 3e-4
    """Peak of the critic's learning rate; the policy's is --learning-rate."""
    kl_coefficient: float = 0.1
    """β, the penalty on each token for leaving the reference; 0 shows reward hacking."""
    kl_target: float | None = None
    """Adapt β, so that the KL per response comes near this number of nats."""
    gamma: float = 1.0
    """The discount of GAE."""
    lam: float = 0.95
    """λ of generalised advantage estimation."""
    whiten_advantages: bool = True
    """Give the advantages of a rollout mean 0 and variance 1."""
    epsilon: float = 0.2
    """The ratio is clipped at 1 ± ε."""
    value_epsilon: float = 0.5
    """A value may leave its old one by so much before it is clipped."""
    epochs: int = 2
    """How often the responses of a rollout are gone through."""
    minibatches: int = 2
    """Into how many updates an epoch is cut."""
    missing_eos_penalty: float = 1.0
    """Taken from the score of a response that is cut off."""
    entropy_coefficient: float = 0.0
    """Weight of the entropy bonus."""
    ptx_coefficient: float = 0.0
    """PPO-ptx: weight of the loss on windows of the pre-training text, against forgetting."""

    @property
    def updates_per_step(self) -> int:
        return self.epochs * self.minibatches

    def check(self) -> None:
        super().check()
        require_rollouts(self)
        require(self, lambda v: v > 0, "positive", "critic_rate", "value_epsilon")
        require(self, lambda v: v is None or v > 0, "positive", "kl_target")
        require(self, lambda v: 0 <= v <= 1, "from 0 to 1", "gamma", "lam")
        require(
            self,
            lambda v: v >= 0,
            "0 or more",
            *("kl_coefficient", "missing_eos_penalty", "entropy_coefficient", "ptx_coefficient"),
        )
        if self.kl_target and not self.kl_coefficient:
            raise ValueError("--kl-target adapts --kl-coefficient, which must not start at 0.")
        if self.batch_size % self.minibatches:
            raise ValueError(
                "--minibatches must divide --batch-size. Received: "
                f"{self.minibatches} and {self.batch_size}"
            )

    def reward_model_directory(self) -> Path:
        """Where the reward model lies."""
        return self.reward_model or RewardTrainingConfig(from_run=self.source).directory()
