"""Single pieces, against those of Keras and KerasNLP: optimizer, loss, samplers.

python -m benchmarks.pieces
"""

import dataclasses

import tyro

from assignment import command_line
from benchmarks.training_step import TINY, model_config
from benchmarks.turns import comparison, take_turns, write_results

SAMPLED_ROWS, TOP_K, TOP_P = 64, 40, 0.9


@dataclasses.dataclass(frozen=True)
class PiecesConfig:
    """What is measured."""

    rounds: int = 21
    """How many turns."""


def optimizer_sides() -> dict:
    """An update of all weights of the tiny model."""
    import keras
    import tensorflow as tf

    from assignment.models.building import build_model
    from assignment.training.optimizers import AdamW

    def update(optimizer):
        variables = build_model(model_config(TINY)).trainable_variables
        optimizer.build(variables)
        gradients = [tf.random.normal(variable.shape) for variable in variables]

        @tf.function(jit_compile=True)
        def apply():
            optimizer.apply_gradients(zip(gradients, variables, strict=True))
            return variables[0][0, 0]

        return lambda: apply().numpy()

    return {"ours": update(AdamW(1e-3)), "Keras": update(keras.optimizers.AdamW(1e-3))}


def loss_sides() -> dict:
    """The cross-entropy of a batch of the tiny model, and its gradient."""
    import keras
    import tensorflow as tf

    from assignment.training.losses import next_token_loss

    shape = (TINY["batch_size"], TINY["length"])
    logits = tf.random.normal((*shape, TINY["vocabulary_size"]))
    targets = tf.random.uniform(shape, maxval=TINY["vocabulary_size"], dtype=tf.int32)
    theirs = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def gradient_of(loss_fn):
        @tf.function(jit_compile=True)
        def gradient(logits):
            with tf.GradientTape() as tape:
                tape.watch(logits)
                loss = loss_fn(logits, targets)
            return loss, tape.gradient(loss, logits)

        return lambda: gradient(logits)[0].numpy()

    return {
        "ours": gradient_of(next_token_loss),
        "Keras": gradient_of(lambda logits, targets: theirs(targets, logits)),
    }


def sampler_sides(kind: str) -> dict:
    """A token for each row."""
    import keras_nlp
    import tensorflow as tf

    from assignment.generation.sampling import make_sampler

    logits = tf.random.normal((SAMPLED_ROWS, TINY["vocabulary_size"]))
    ours = make_sampler(top_k=TOP_K) if kind == "top-k" else make_sampler(top_p=TOP_P)
    theirs = {
        "top-k": lambda: keras_nlp.samplers.TopKSampler(k=TOP_K),
        "top-p": lambda: keras_nlp.samplers.TopPSampler(p=TOP_P),
    }[kind]()

    @tf.function(jit_compile=True)
    def our_tokens(logits):
        return ours(logits, tf.constant([0, 1]))

    @tf.function(jit_compile=True)
    def their_tokens(logits):
        return theirs.get_next_token(tf.nn.softmax(logits))

    return {
        "ours": lambda: our_tokens(logits).numpy(),
        "Keras": lambda: their_tokens(logits).numpy(),
    }


def main(config: PiecesConfig) -> None:
    command_line.keep_freed_memory()
    pieces = {
        "AdamW": optimizer_sides(),
        "cross-entropy": loss_sides(),
        f"top-k, {SAMPLED_ROWS} rows": sampler_sides("top-k"),
        f"top-p, {SAMPLED_ROWS} rows": sampler_sides("top-p"),
    }
    write_results(
        "pieces",
        {name: comparison(take_turns(sides, config.rounds)) for name, sides in pieces.items()},
    )


if __name__ == "__main__":
    main(tyro.cli(PiecesConfig, description=__doc__))
