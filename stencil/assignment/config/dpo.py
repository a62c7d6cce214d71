"""The settings of direct preference optimisation and its family."""

import dataclasses
import math
from dataclasses import dataclass
from typing import ClassVar, Literal, Self

from assignment.config.check import require
from assignment.config.stage import StageConfig

PreferenceLoss = Literal["dpo", "ipo", "kto", "orpo", "r-dpo", "simpo"]

# What works for models of this size. Those of billions of weights take beta from 0.01 to 0.1 and
# rates a hundred times smaller. ORPO and SimPO have no reference to hold them.
LOSS_DEFAULTS: dict[str, dict[str, float]] = {
    "dpo": {"beta": 0.5},
    "ipo": {"tau": 0.1},
    "kto": {"beta": 0.5},
    "orpo": {"beta": 5.0, "learning_rate": 1e-4},
    "r-dpo": {"beta": 0.5, "alpha": 0.05},
    "simpo": {"beta": 10.0, "gamma": 1.0, "sft_weight": 1.0, "learning_rate": 1e-4},
}
WITHOUT_REFERENCE = ("orpo", "simpo")
# A log-ratio per token is so many times smaller than the sum over a response of the kit's stories.
TYPICAL_LENGTH = 60
NEUTRAL = {"beta": 0.0, "tau": 0.0, "alpha": 0.0, "gamma": 0.0, "sft_weight": 0.0}


@dataclass(frozen=True)
class DPOConfig(StageConfig):
    """Preference optimisation without a reward model. None: the preset's or the loss's value."""

    stage: ClassVar = "dpo"
    presets: ClassVar = {
        "smoke": {"steps": 60, "batch_size": 16, "learning_rate": 1e-4, "evaluate_every": 30},
        "tiny": {"steps": 300, "batch_size": 32, "learning_rate": 2e-4, "evaluate_every": 100},
    }

    loss: PreferenceLoss = "dpo"
    """Which of the losses."""
    data: str = "preferences"
    """What to learn from: preferences, or the path of a file of preferences."""
    beta: float | None = None
    """DPO, KTO, R-DPO, SimPO: how sharply the margin counts; ORPO: the weight of the preference."""
    tau: float | None = None
    """IPO: the margin has the target 1 / (2 tau)."""
    alpha: float | None = None
    """R-DPO: what a token of length costs."""
    gamma: float | None = None
    """SimPO: the margin that is asked for."""
    sft_weight: float | None = None
    """The weight of the chosen responses' own loss beside the preference (SimPO needs it here)."""
    average: bool = False
    """DPO, IPO, KTO, R-DPO: log-ratios per token instead of their sums, as the lecture has them;
    beta and tau are 60 times as large by default then."""
    desirable_weight: float = 1.0
    """KTO: the weight of chosen responses."""
    undesirable_weight: float = 1.0
    """KTO: the weight of rejected responses."""

    @property
    def label(self) -> str:
        return self.loss

    def resolve(self) -> Self:
        """This configuration with the defaults of its loss and its preset in place of None."""
        values = NEUTRAL | LOSS_DEFAULTS[self.loss]
        if self.average:
            values |= {name: values[name] * TYPICAL_LENGTH for name in ("beta", "tau")}
        missing = {name: value for name, value in values.items() if getattr(self, name) is None}
        return super(DPOConfig, dataclasses.replace(self, **missing)).resolve()

    def check(self) -> None:
        super().check()
        if self.average and self.loss in WITHOUT_REFERENCE:
            raise ValueError(
                "--average is an option of dpo, ipo, kto and r-dpo: the other losses are defined "
                f"on averages anyway. Leave it out. Received: --loss {self.loss}"
            )
        needed = "tau" if self.loss == "ipo" else "beta"
        require(self, lambda v: 0 < v < math.inf, "positive, and finite", needed)
        require(self, lambda v: v >= 0, "0 or more", "sft_weight", "alpha", "gamma")
        require(self, lambda v: v >= 0, "0 or more", "desirable_weight", "undesirable_weight")
