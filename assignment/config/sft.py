"""The settings of supervised fine-tuning."""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar, Self

from assignment.config.check import require
from assignment.config.stage import StageConfig

LORA_DEFAULTS = {"learning_rate": 1e-2, "batch_size": 32}
"""Low-rank changes want larger steps than all weights together, and less noise in them."""

ARITHMETIC_STEPS = {"smoke": 200, "tiny": 1600}
"""Sums alone are learned sooner than among stories and questions."""


@dataclass(frozen=True)
class SFTConfig(StageConfig):
    """Supervised fine-tuning of a pre-trained model. What is None is the preset's."""

    stage: ClassVar = "sft"
    source_stage: ClassVar = None
    presets: ClassVar = {
        "smoke": {"steps": 200, "batch_size": 16, "learning_rate": 2e-3, "evaluate_every": 100},
        "tiny": {"steps": 2000, "batch_size": 16, "learning_rate": 2e-3, "evaluate_every": 400},
    }

    data: str = "instructions"
    """What to learn: instructions, arithmetic, or the path of a file of conversations."""
    worked: float = 1.0
    """Data arithmetic: the share of answers that show their steps."""
    noise: float = 0.0
    """Data arithmetic: the share of wrong answers, for a start that GRPO can improve on."""
    per_sequence: bool = True
    """Give every example the same weight: else a long story counts ten times as much as a short
    answer. --no-per-sequence gives every token the same weight."""
    lora_rank: int = 0
    """Train only low-rank changes of this rank, and merge them in the end; 0 trains all weights.
    The learning rate is then 1e-2 and the batch size 32, unless others are given."""
    lora_embedding_rank: int | None = None
    """LoRA: the rank of the embedding's change; 0 leaves it as it is. None: twice --lora-rank."""
    lora_alpha: float = 16.0
    """LoRA: a change is scaled by alpha / rank."""

    @property
    def label(self) -> str:
        return "sft-arithmetic" if self.data == "arithmetic" else "sft"

    def resolve(self) -> Self:
        defaults = {"lora_embedding_rank": 2 * self.lora_rank}
        if self.lora_rank:
            defaults |= LORA_DEFAULTS
        if self.data == "arithmetic":
            defaults["steps"] = ARITHMETIC_STEPS[self.preset]
        missing = {name: v for name, v in defaults.items() if getattr(self, name) is None}
        return super(SFTConfig, dataclasses.replace(self, **missing)).resolve()

    def check(self) -> None:
        super().check()
        require(self, lambda v: 0 <= v <= 1, "from 0 to 1", "worked", "noise")
        require(self, lambda v: v >= 0, "0 or more", "lora_rank", "lora_embedding_rank")
        require(self, lambda v: v > 0, "positive", "lora_alpha")
        if self.lora_embedding_rank and not self.lora_rank:
            raise ValueError(
                "--lora-embedding-rank belongs to low-rank training: give --lora-rank too. "
                f"Received: {self.lora_embedding_rank}, and no --lora-rank"
            )

    def check_ranks(self, width: int) -> None:
        """Raise ValueError if a rank is no low one for matrices of this width."""
        wanted = f"at most {width}, the model's width"
        require(self, lambda v: v <= width, wanted, "lora_rank", "lora_embedding_rank")
