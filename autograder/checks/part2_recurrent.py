"""Checks of Part 2: recurrent baselines."""

from autograder.checks import check
from autograder.checks.tools import gradients, normal, tensor


@check("recurrent.rnn_cell")
def one_step(assignment, rng):
    """One step from a state that is not zero."""
    batch, width, units = 3, 5, 4
    h = assignment.layers.recurrent.rnn_step(
        tensor(normal(rng, batch, width)),
        tensor(normal(rng, batch, units, scale=0.7)),
        tensor(normal(rng, width, units, scale=0.5)),
        tensor(normal(rng, units, units, scale=0.5)),
        tensor(normal(rng, units, scale=0.5)),
    )
    return {"h": h}


@check("recurrent.rnn_cell")
def gradients_through_two_steps(assignment, rng):
    """The gradients of two steps with respect to every weight."""
    batch, width, units = 2, 3, 6
    x = tensor(normal(rng, batch, width))
    weight = tensor(normal(rng, batch, units))

    def loss(h, kernel, recurrent_kernel, bias):
        import tensorflow as tf

        for _ in range(2):
            h = assignment.layers.recurrent.rnn_step(x, h, kernel, recurrent_kernel, bias)
        return tf.reduce_sum(weight * h)

    names = ("h", "kernel", "recurrent_kernel", "bias")
    inputs = (
        normal(rng, batch, units, scale=0.5),
        normal(rng, width, units, scale=0.5),
        normal(rng, units, units, scale=0.5),
        normal(rng, units, scale=0.5),
    )
    found = gradients(loss, *inputs)
    return {f"gradient of {name}": value for name, value in zip(names, found, strict=True)}
