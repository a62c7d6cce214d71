"""Configuration: frozen dataclasses, whose fields are the flags of the command line, and presets.

Nothing in this package imports TensorFlow: `--help` answers before that import.
"""

from assignment.config.chat import ChatConfig
from assignment.config.dpo import DPOConfig
from assignment.config.evaluate import EvaluateConfig
from assignment.config.grpo import GRPOConfig
from assignment.config.model import (
    PRESETS,
    Cell,
    ModelConfig,
    Positions,
    Preset,
    RecurrentConfig,
    RewardModelConfig,
    TransformerConfig,
)
from assignment.config.pipeline import PipelineConfig
from assignment.config.ppo import PPOConfig
from assignment.config.reward_model import RewardTrainingConfig
from assignment.config.sample import SampleConfig
from assignment.config.sft import SFTConfig
from assignment.config.stage import StageConfig
from assignment.config.train import TrainConfig

__all__ = [
    "PRESETS",
    "Cell",
    "ChatConfig",
    "DPOConfig",
    "EvaluateConfig",
    "GRPOConfig",
    "ModelConfig",
    "PPOConfig",
    "PipelineConfig",
    "Positions",
    "Preset",
    "RecurrentConfig",
    "RewardModelConfig",
    "RewardTrainingConfig",
    "SFTConfig",
    "SampleConfig",
    "StageConfig",
    "TrainConfig",
    "TransformerConfig",
]
