"""Throughput of the transformer's training step, against a peer and against the machine's limit.

    python -m benchmarks.training_step --peer-python PEER_ENVIRONMENT/bin/python

Both sides make the same step (forward, backward, clipping, AdamW) on the same shapes, in turn; the
ratio is taken pair by pair. The limit is the float32 rate of a large matrix product, measured in
the same turns.
"""

import dataclasses
import json
import subprocess
import time
from pathlib import Path

import numpy as np
import tyro

from assignment import command_line
from assignment.config import TransformerConfig

TINY = {
    "vocabulary_size": 1408,
    "hidden_dim": 128,
    "num_layers": 4,
    "num_heads": 4,
    "length": 128,
    "batch_size": 16,
}
SHAPES = {
    "tiny": TINY,
    "wider": TINY | {"hidden_dim": 256, "num_heads": 8},
    "longer": TINY | {"length": 512, "batch_size": 4},
}


@dataclasses.dataclass(frozen=True)
class StepConfig:
    """What is measured."""

    peer_python: Path
    """The Python of an environment made from benchmarks/requirements.txt."""
    shapes: tuple[str, ...] = tuple(SHAPES)
    """Which shapes."""
    rounds: int = 15
    """How many turns."""
    json: Path | None = None
    """Where to write the figures."""


class Peer:
    """A peer process that makes a step for each line."""

    def __init__(self, python: Path, shape: dict, kind: str):
        script = Path(__file__).with_name("peer_step.py")
        self.process = subprocess.Popen(
            [str(python), str(script), json.dumps(shape), kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self) -> float:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def our_step(shape: dict):
    """A function that makes one step of ours."""
    import tensorflow as tf

    from assignment.models.building import build_model
    from assignment.training.distribution import compile_step
    from assignment.training.losses import next_token_loss
    from assignment.training.optimizers import AdamW

    model = build_model(
        TransformerConfig(
            vocabulary_size=shape["vocabulary_size"],
            hidden_dim=shape["hidden_dim"],
            num_layers=shape["num_layers"],
            num_heads=shape["num_heads"],
            intermediate_dim=4 * shape["hidden_dim"],
            max_sequence_length=shape["length"],
            positions="learned",
        )
    )
    optimizer = AdamW(1e-3)
    optimizer.build(model.trainable_variables)
    step = compile_step(model, optimizer, next_token_loss, 1.0, tf.distribute.get_strategy())
    shape_of_batch = (shape["batch_size"], shape["length"] + 1)
    tokens = np.random.default_rng(0).integers(0, shape["vocabulary_size"], shape_of_batch)
    inputs, targets = tf.constant(tokens[:, :-1], tf.int32), tf.constant(tokens[:, 1:], tf.int32)
    return lambda: float(step(inputs, targets)["loss"])


def matrix_product():
    """A function that makes one large product, and its number of operations."""
    import tensorflow as tf

    a, b = tf.random.normal((2048, 1024)), tf.random.normal((1024, 1024))
    product = tf.function(tf.matmul)
    return lambda: product(a, b).numpy()[0, 0], 2 * 2048 * 1024 * 1024


def step_operations(shape: dict) -> int:
    """Floating-point operations of a training step: 6 per weight and token, and attention."""
    tokens = shape["batch_size"] * shape["length"]
    width, layers = shape["hidden_dim"], shape["num_layers"]
    weights = 12 * width * width * layers + shape["vocabulary_size"] * width
    return 6 * weights * tokens + 12 * layers * shape["length"] * width * tokens


def main(config: StepConfig) -> None:
    command_line.keep_freed_memory()
    product, product_operations = matrix_product()
    results = {}
    for name in config.shapes:
        shape = SHAPES[name]
        sides = {
            "ours": our_step(shape),
            "peer compiled": Peer(config.peer_python, shape, "compiled"),
            "peer eager": Peer(config.peer_python, shape, "eager"),
            "product": product,
        }
        for side in sides.values():  # compile, and warm up
            side()
            side()
        seconds = {side: [] for side in sides}
        for _ in range(config.rounds):
            for side, step in sides.items():
                started = time.perf_counter()
                step()
                seconds[side].append(time.perf_counter() - started)
        median = {side: float(np.median(times)) for side, times in seconds.items()}
        tokens = shape["batch_size"] * shape["length"]
        pairs = {
            peer: float(np.median(np.divide(seconds[f"peer {peer}"], seconds["ours"])))
            for peer in ("compiled", "eager")
        }
        limit = product_operations / median["product"]
        results[name] = {
            "shape": shape,
            "tokens_per_second": {s: tokens / median[s] for s in sides if s != "product"},
            "times_faster_than_peer": pairs,
            "matmul_gflops": limit / 1e9,
            "share_of_matmul_rate": step_operations(shape) / median["ours"] / limit,
        }
        print(json.dumps({name: results[name]}, indent=2), flush=True)
        for side in sides.values():
            if isinstance(side, Peer):
                side.process.kill()
    if config.json:
        config.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main(tyro.cli(StepConfig, description=__doc__))
