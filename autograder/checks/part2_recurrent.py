"""Checks of Part 2: the recurrent cells."""

import numpy as np

from autograder.checks import check
from autograder.checks.tools import gradients, normal, tensor


@check("recurrent.rnn_cell")
def one_step(assignment, rng):
    """One step from a state that is not zero, of three rows and of one."""
    batch, width, units = 3, 5, 4
    x, h = tensor(normal(rng, batch, width)), tensor(normal(rng, batch, units, scale=0.7))
    weights = (
        tensor(normal(rng, width, units, scale=0.5)),
        tensor(normal(rng, units, units, scale=0.5)),
        tensor(normal(rng, units, scale=0.5)),
    )
    rnn_step = assignment.layers.recurrent.rnn_step
    return {"h": rnn_step(x, h, *weights), "h of one row": rnn_step(x[:1], h[:1], *weights)}


@check("recurrent.rnn_cell")
def equal_sizes(assignment, rng):
    """Batch, width and units are equal, so that an exchanged axis or argument still fits."""
    shapes = [(4, 4)] * 4 + [(4,)]
    inputs = [tensor(normal(rng, *shape, scale=0.7)) for shape in shapes]
    return {"h": assignment.layers.recurrent.rnn_step(*inputs)}


@check("recurrent.rnn_cell")
def projected_inputs(assignment, rng):
    """The step from inputs that are projected already, as the layer's loop takes it."""
    projected, h, recurrent_kernel = (normal(rng, *shape) for shape in ((3, 4), (3, 4), (4, 4)))
    inputs = (tensor(array) for array in (projected, h, recurrent_kernel))
    return {"h": assignment.layers.recurrent.rnn_update(*inputs)}


@check("recurrent.rnn_cell")
def large_inputs(assignment, rng):
    """Inputs in the hundreds leave the state between -1 and 1."""
    batch, width, units = 5, 2, 3
    h = assignment.layers.recurrent.rnn_step(
        tensor(normal(rng, batch, width, scale=300.0)),
        tensor(normal(rng, batch, units)),
        tensor(normal(rng, width, units)),
        tensor(normal(rng, units, units)),
        tensor(normal(rng, units)),
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


def _lstm_inputs(rng, batch, width, units, scale=0.6):
    """x, h, c, kernel, recurrent kernel and bias."""
    return (
        normal(rng, batch, width),
        normal(rng, batch, units, scale=0.7),
        normal(rng, batch, units),
        normal(rng, width, 4 * units, scale=scale),
        normal(rng, units, 4 * units, scale=scale),
        normal(rng, 4 * units, scale=scale),
    )


@check("recurrent.lstm_cell")
def one_lstm_step(assignment, rng):
    """One step from a state and a cell that are not zero, of three rows and of one."""
    lstm_step = assignment.layers.recurrent.lstm_step
    h, c = lstm_step(*map(tensor, _lstm_inputs(rng, 3, 5, 2)))
    one_h, one_c = lstm_step(*map(tensor, _lstm_inputs(rng, 1, 4, 2)))
    return {"h": h, "c": c, "h of one row": one_h, "c of one row": one_c}


@check("recurrent.lstm_cell")
def equal_lstm_sizes(assignment, rng):
    """Batch, width and units are equal, and the cell is far from the state."""
    inputs = list(_lstm_inputs(rng, 4, 4, 4))
    inputs[2] = inputs[2] + 3
    inputs[2][0] += 150  # a cell is not bounded
    h, c = assignment.layers.recurrent.lstm_step(*map(tensor, inputs))
    return {"h": h, "c": c}


@check("recurrent.lstm_cell")
def projected_lstm_inputs(assignment, rng):
    """The step from inputs that are projected already, as the layer's loop takes it."""
    _, state, cell, _, recurrent_kernel, _ = _lstm_inputs(rng, 3, 5, 2)
    inputs = (tensor(array) for array in (normal(rng, 3, 8), state, cell, recurrent_kernel))
    h, c = assignment.layers.recurrent.lstm_update(*inputs)
    return {"h": h, "c": c}


@check("recurrent.lstm_cell")
def open_and_closed_gates(assignment, rng):
    """With one gate wide open or shut at a time, what it does is seen alone."""
    batch, width, units = 2, 3, 3
    result = {}
    for position, name in enumerate(("first", "second", "third", "last")):
        inputs = list(_lstm_inputs(rng, batch, width, units, scale=0.3))
        inputs[2] = inputs[2] * 8  # a cell is not bounded
        for sign, word in ((80.0, "open"), (-80.0, "shut")):
            bias = inputs[5].copy()
            bias[position * units : (position + 1) * units] = sign
            arguments = (*inputs[:5], bias)
            h, c = assignment.layers.recurrent.lstm_step(*map(tensor, arguments))
            result |= {f"h, {name} block {word}": h, f"c, {name} block {word}": c}
    return result


@check("recurrent.lstm_cell")
def gradients_through_two_lstm_steps(assignment, rng):
    """The gradients of two steps with respect to the states and every weight."""
    x, *arrays = _lstm_inputs(rng, 2, 3, 5)
    h_weight, c_weight = (tensor(normal(rng, 2, 5)) for _ in range(2))

    def loss(h, c, *weights):
        import tensorflow as tf

        for _ in range(2):
            h, c = assignment.layers.recurrent.lstm_step(x, h, c, *weights)
        return tf.reduce_sum(h_weight * h + c_weight * c)

    names = ("h", "c", "kernel", "recurrent_kernel", "bias")
    found = gradients(loss, *arrays)
    return {f"gradient of {name}": value for name, value in zip(names, found, strict=True)}


@check("recurrent.lstm_cell")
def gradients_of_shut_gates(assignment, rng):
    """Gates that are wide open or shut leave finite gradients."""
    x, h, c, kernel, recurrent_kernel, bias = _lstm_inputs(rng, 2, 3, 2)
    h_weight, c_weight = (tensor(normal(rng, 2, 2)) for _ in range(2))
    bias = np.tile(np.float32([-80, 80]), 4)

    def loss(*inputs):
        import tensorflow as tf

        h, c = assignment.layers.recurrent.lstm_step(*inputs)
        return tf.reduce_sum(h_weight * h + c_weight * c)

    found = gradients(loss, x, h, c, kernel, recurrent_kernel, bias)
    return {"gradient of h": found[1], "gradient of c": found[2], "of the bias": found[5]}


@check("recurrent.lstm_cell", tolerance="exact")
def first_bias(assignment, rng):
    """The forget gate's bias starts at 1, the other biases at 0."""
    layer = assignment.layers.recurrent.LSTM(3)
    layer.build((None, None, 5))
    return {"bias": np.array(next(w for w in layer.weights if w.name == "bias"))}
