"""The settings of supervised fine-tuning."""

from dataclasses import dataclass
from typing import ClassVar

from assignment.config.stage import StageConfig, require


@dataclass(frozen=True)
class SFTConfig(StageConfig):
    """Supervised fine-tuning of a pre-trained model. What is None is the preset's."""

    stage: ClassVar = "sft"
    source_stage: ClassVar = None
    presets: ClassVar = {
        "smoke": {"steps": 200, "batch_size": 16, "learning_rate": 2e-3, "evaluate_every": 100},
        "tiny": {"steps": 1000, "batch_size": 32, "learning_rate": 2e-3, "evaluate_every": 250},
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
    """Train only low-rank changes of this rank, and merge them in the end; 0 trains all weights."""
    lora_embedding_rank: int = 0
    """LoRA: change the embedding too, by a change of this rank; 0 leaves it as it is."""
    lora_alpha: float = 16.0
    """LoRA: a change is scaled by alpha / rank."""

    @property
    def label(self) -> str:
        return "sft-arithmetic" if self.data == "arithmetic" else "sft"

    def check(self) -> None:
        super().check()
        require(self, lambda v: 0 <= v <= 1, "from 0 to 1", "worked", "noise")
        require(self, lambda v: v >= 0, "0 or more", "lora_rank", "lora_embedding_rank")
        require(self, lambda v: v > 0, "positive", "lora_alpha")
