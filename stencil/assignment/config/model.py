"""The shapes of the models, and the presets: a size of model with the run that suits it."""

from dataclasses import dataclass
from typing import Literal

Positions = Literal["sinusoidal", "learned", "rotary"]
Cell = Literal["rnn", "lstm"]


@dataclass(frozen=True)
class TransformerConfig:
    """The shape of a decoder-only transformer."""

    vocabulary_size: int
    hidden_dim: int
    num_layers: int
    num_heads: int
    intermediate_dim: int
    max_sequence_length: int
    dropout: float = 0.0
    positions: Positions = "sinusoidal"
    norm_first: bool = True
    tie_embeddings: bool = True


@dataclass(frozen=True)
class RecurrentConfig:
    """The shape of a recurrent language model."""

    vocabulary_size: int
    hidden_dim: int
    """Width of the token embedding."""
    units: int
    """Width of the hidden state."""
    num_layers: int
    max_sequence_length: int
    cell: Cell = "lstm"
    attention: bool = False
    """Whether the last layer's states look back at one another by Bahdanau attention."""
    dropout: float = 0.0


@dataclass(frozen=True)
class RewardModelConfig(TransformerConfig):
    """The shape of a reward model or critic: a transformer with one number in place of logits."""


ModelConfig = TransformerConfig | RecurrentConfig | RewardModelConfig


def _gpt2(hidden_dim: int, num_layers: int, num_heads: int) -> TransformerConfig:
    """The shapes of Radford et al. 2019, table 2, with GPT-2's vocabulary."""
    return TransformerConfig(
        vocabulary_size=50257,
        hidden_dim=hidden_dim,
        num_layers=num_layers,
        num_heads=num_heads,
        intermediate_dim=4 * hidden_dim,
        max_sequence_length=1024,
        dropout=0.1,
        positions="learned",
    )


@dataclass(frozen=True)
class Preset:
    """A size of model, with the training run that suits it.

    A recurrent model of a preset has about as many weights, and costs about as many operations per
    token, as the preset's transformer.
    """

    transformer: TransformerConfig
    units: dict[Cell, int] | None
    """Units of a recurrent model of one layer; None where the preset has none."""
    batch_size: int
    steps: int
    learning_rate: float
    warmup_steps: int
    evaluate_every: int


def _small(vocabulary_size, hidden_dim, num_layers, num_heads, length) -> TransformerConfig:
    return TransformerConfig(
        vocabulary_size=vocabulary_size,
        hidden_dim=hidden_dim,
        num_layers=num_layers,
        num_heads=num_heads,
        intermediate_dim=4 * hidden_dim,
        max_sequence_length=length,
    )


PRESETS = {
    "smoke": Preset(
        transformer=_small(1408, 64, 2, 2, 96),  # long enough for a request and its story
        units={"rnn": 224, "lstm": 112},
        batch_size=12,
        steps=600,
        learning_rate=5e-3,
        warmup_steps=50,
        evaluate_every=150,
    ),
    "tiny": Preset(
        transformer=_small(1408, 128, 4, 4, 128),
        units={"rnn": 768, "lstm": 384},
        batch_size=16,
        steps=1500,
        learning_rate=4.5e-3,
        warmup_steps=100,
        evaluate_every=150,
    ),
    "small": Preset(
        transformer=_small(4096, 256, 6, 8, 256),
        units={"rnn": 2048, "lstm": 960},
        batch_size=32,
        steps=10_000,
        learning_rate=1e-3,
        warmup_steps=500,
        evaluate_every=500,
    ),
    **{
        name: Preset(
            transformer=_gpt2(*shape),
            units=None,
            batch_size=8,
            steps=100_000,
            learning_rate=rate,
            warmup_steps=2000,
            evaluate_every=1000,
        )
        for name, shape, rate in (
            ("gpt2", (768, 12, 12), 6e-4),
            ("gpt2-medium", (1024, 24, 16), 3e-4),
            ("gpt2-large", (1280, 36, 20), 2.5e-4),
            ("gpt2-xl", (1600, 48, 25), 2e-4),
        )
    },
}
