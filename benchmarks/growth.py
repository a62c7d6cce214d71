"""How the cost of a training step grows with each size of the model.

    python -m benchmarks.growth

Each size is changed alone, from the tiny preset's; longer contexts go in smaller batches, so that
the number of tokens stays the same.
"""

import dataclasses

import tyro

from assignment import command_line
from benchmarks.training_step import TINY, our_step
from benchmarks.turns import comparison, take_turns, write_results

TOKENS = TINY["batch_size"] * TINY["length"]
SIZES = {
    "length": (64, 128, 256, 512, 1024),
    "hidden_dim": (64, 128, 256, 512),
    "num_layers": (1, 2, 4, 8),
    "vocabulary_size": (512, 1408, 4096, 8192),
}


@dataclasses.dataclass(frozen=True)
class GrowthConfig:
    """What is measured."""

    rounds: int = 5
    """How many turns."""


def changed(size: str, value: int) -> dict:
    """The tiny shape with another value of a size."""
    shape = TINY | {size: value}
    if size == "length":
        shape["batch_size"] = TOKENS // value
    if size == "hidden_dim":  # heads keep their width
        shape["num_heads"] = max(1, value * TINY["num_heads"] // TINY["hidden_dim"])
    return shape


def main(config: GrowthConfig) -> None:
    command_line.keep_freed_memory()
    results = {}
    for size, values in SIZES.items():
        sides = {str(value): our_step(changed(size, value)) for value in values}
        seconds = take_turns(sides, config.rounds)
        results[size] = comparison(seconds, ours=str(values[0]))["seconds"]
    write_results("growth", results)


if __name__ == "__main__":
    main(tyro.cli(GrowthConfig, description=__doc__))
