"""Configuration: frozen dataclasses, whose fields are the flags of the command line, and presets.

This module must not import TensorFlow: `--help` answers before that import.
"""

import dataclasses
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


ModelConfig = TransformerConfig | RecurrentConfig


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
