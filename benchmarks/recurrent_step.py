"""Forward and backward pass of our recurrent layers, against those of Keras.

    python -m benchmarks.recurrent_step

Both sides are compiled by XLA, have the same weights and read the same batch.
"""

import dataclasses

import tyro

from assignment import command_line
from benchmarks.turns import comparison, take_turns, write_results

# The widths of the presets' recurrent models, and the tiny preset's batch.
LAYERS = {"LSTM, 384 units": ("LSTM", 384), "SimpleRNN, 768 units": ("SimpleRNN", 768)}
BATCH_SIZE, LENGTH, WIDTH = 16, 128, 128


@dataclasses.dataclass(frozen=True)
class RecurrentStepConfig:
    """What is measured."""

    rounds: int = 11
    """How many turns."""


def passes(layer, inputs):
    """A function that computes the gradients of a loss of the layer's output."""
    import tensorflow as tf

    @tf.function(jit_compile=True)
    def gradients(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.reduce_mean(tf.square(layer(inputs)))
        return tape.gradient(loss, [inputs, *layer.trainable_variables])

    return lambda: gradients(inputs)[0].numpy()


def main(config: RecurrentStepConfig) -> None:
    command_line.keep_freed_memory()
    import keras
    import tensorflow as tf

    from assignment.layers import recurrent

    inputs = tf.random.normal((BATCH_SIZE, LENGTH, WIDTH))
    results = {}
    for name, (kind, units) in LAYERS.items():
        ours = getattr(recurrent, kind)(units)
        theirs = getattr(keras.layers, kind)(units, return_sequences=True)
        for layer in (ours, theirs):
            layer.build(inputs.shape)
        theirs.set_weights(ours.get_weights())
        sides = {"ours": passes(ours, inputs), "Keras": passes(theirs, inputs)}
        results[name] = comparison(take_turns(sides, config.rounds))
    write_results("recurrent_step", results)


if __name__ == "__main__":
    main(tyro.cli(RecurrentStepConfig, description=__doc__))
