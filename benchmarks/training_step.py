"""Throughput of the transformer's training step, against peers and against the machine's limit.

    python -m benchmarks.training_step --peer-python PEER_ENVIRONMENT/bin/python

Every side makes the same step (forward, backward, clipping, AdamW) on the same shapes. The limit is
the float32 rate of a large matrix product, measured in the same turns.
"""

import contextlib
import dataclasses
from pathlib import Path

import numpy as np
import tyro

from assignment import command_line
from assignment.config import TransformerConfig
from benchmarks.peers import Peer
from benchmarks.turns import comparison, take_turns, write_results

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
PRODUCT_SHAPE = (2048, 1024, 1024)


@dataclasses.dataclass(frozen=True)
class StepConfig:
    """What is measured."""

    peer_python: Path
    """The Python of an environment made from benchmarks/requirements.txt."""
    shapes: tuple[str, ...] = tuple(SHAPES)
    """Which shapes."""
    rounds: int = 15
    """How many turns."""


def model_config(shape: dict) -> TransformerConfig:
    """Our model of a shape, as GPT-2 is made."""
    return TransformerConfig(
        vocabulary_size=shape["vocabulary_size"],
        hidden_dim=shape["hidden_dim"],
        num_layers=shape["num_layers"],
        num_heads=shape["num_heads"],
        intermediate_dim=4 * shape["hidden_dim"],
        max_sequence_length=shape["length"],
        positions="learned",
    )


def random_batch(shape: dict):
    """Inputs and targets."""
    import tensorflow as tf

    shape_of_batch = (shape["batch_size"], shape["length"] + 1)
    tokens = np.random.default_rng(0).integers(0, shape["vocabulary_size"], shape_of_batch)
    return tf.constant(tokens[:, :-1], tf.int32), tf.constant(tokens[:, 1:], tf.int32)


def compiled_step(shape: dict, loss_fn=None, in_parts: bool = True):
    """Our compiled step, of `next_token_loss` if of no other loss, and its batch."""
    import tensorflow as tf

    from assignment.models.building import build_model
    from assignment.training.distribution import compile_step
    from assignment.training.losses import next_token_loss
    from assignment.training.optimizers import AdamW

    model = build_model(model_config(shape))
    optimizer = AdamW(1e-3)
    optimizer.build(model.trainable_variables)
    strategy = tf.distribute.get_strategy()
    step = compile_step(model, optimizer, loss_fn or next_token_loss, 1.0, strategy, in_parts)
    return step, random_batch(shape)


def our_step(shape: dict):
    """A function that makes one step of ours."""
    step, batch = compiled_step(shape)
    return lambda: float(step(*batch)["loss"])


def keras_step(shape: dict):
    """The same model of Keras' and KerasNLP's layers, trained by Keras' own compiled step."""
    import keras
    import keras_nlp

    embedding = keras_nlp.layers.TokenAndPositionEmbedding(
        shape["vocabulary_size"], shape["length"], shape["hidden_dim"], tie_weights=True
    )
    inputs = keras.Input((shape["length"],), dtype="int32")
    x = embedding(inputs)
    for _ in range(shape["num_layers"]):
        x = keras_nlp.layers.TransformerDecoder(
            4 * shape["hidden_dim"],
            shape["num_heads"],
            activation="gelu",
            normalize_first=True,
        )(x)
    x = keras.layers.LayerNormalization()(x)
    model = keras.Model(inputs, embedding.token_embedding(x, reverse=True))
    model.compile(
        keras.optimizers.AdamW(1e-3, global_clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=True,
    )
    batch = random_batch(shape)
    return lambda: model.train_on_batch(*batch)


def matrix_product():
    """A function that makes one large product, and its number of operations."""
    import tensorflow as tf

    rows, inner, columns = PRODUCT_SHAPE
    a, b = tf.random.normal((rows, inner)), tf.random.normal((inner, columns))
    product = tf.function(tf.matmul)
    return lambda: product(a, b).numpy()[0, 0], 2 * rows * inner * columns


def step_operations(shape: dict) -> int:
    """Floating-point operations of a training step: 6 per weight and token, and attention.

    Attention counts as if nothing were hidden, which is the field's convention.
    """
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
        with contextlib.ExitStack() as peers:
            seconds = take_turns(
                {
                    "ours": our_step(shape),
                    "PyTorch, compiled": peers.enter_context(
                        Peer(config.peer_python, "training step, compiled", shape)
                    ),
                    "PyTorch, eager": peers.enter_context(
                        Peer(config.peer_python, "training step", shape)
                    ),
                    "KerasNLP": keras_step(shape),
                    "product": product,
                },
                config.rounds,
            )
        products = seconds.pop("product")
        limit = product_operations / float(np.median(products))
        compared = comparison(seconds)
        results[name] = compared | {
            "shape": shape,
            "tokens_per_second": round(
                shape["batch_size"] * shape["length"] / compared["seconds"]["ours"]
            ),
            "matmul_gflops": round(limit / 1e9),
            "share_of_matmul_rate": round(
                step_operations(shape) / compared["seconds"]["ours"] / limit, 2
            ),
        }
    write_results("training_step", results)


if __name__ == "__main__":
    main(tyro.cli(StepConfig, description=__doc__))
