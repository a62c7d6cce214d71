"""Checks of Part 2: the recurrent layers, with weights given as arrays."""

import numpy as np

from autograder.checks import check
from autograder.checks.tools import compiled, normal, tensor

CELLS = {"SimpleRNN": 1, "LSTM": 4}
RNN, LSTM = "recurrent.rnn_cell", "recurrent.lstm_cell"


def _layer(assignment, rng, kind, width, units):
    layer = getattr(assignment.layers.recurrent, kind)(units)
    layer.build((None, None, width))
    for weight in layer.weights:
        weight.assign(normal(rng, *weight.shape, scale=0.6))
    return layer


def _states(rng, kind, batch, units):
    count = 2 if kind == "LSTM" else 1
    return tuple(tensor(normal(rng, batch, units)) for _ in range(count))


def _holes():
    """A row with a hole, a short one, one that begins late, a full one, an empty one."""
    return np.array(
        [[1, 1, 0, 0, 1, 1], [1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 0], [1] * 6, [0] * 6], bool
    )


@check("recurrent.unroll", needs=[RNN])
def rnn_sequence(assignment, rng):
    """SimpleRNN over a sequence."""
    layer = _layer(assignment, rng, "SimpleRNN", 5, 4)
    long = layer(tensor(normal(rng, 2, 20, 5)))
    return {"outputs": layer(tensor(normal(rng, 3, 7, 5))), "outputs of many steps": long}


@check("recurrent.unroll", needs=[LSTM])
def lstm_sequence(assignment, rng):
    """LSTM over a sequence."""
    layer = _layer(assignment, rng, "LSTM", 3, 2)
    return {"outputs": layer(tensor(normal(rng, 4, 6, 3)))}


@check("recurrent.unroll", needs=[RNN, LSTM])
def initial_states(assignment, rng):
    """The sequence starts from the given state: a tensor for SimpleRNN, (h, c) for LSTM."""
    rnn = _layer(assignment, rng, "SimpleRNN", 4, 3)
    lstm = _layer(assignment, rng, "LSTM", 4, 3)
    inputs = tensor(normal(rng, 2, 5, 4))
    (state,) = _states(rng, "SimpleRNN", 2, 3)
    return {
        "SimpleRNN": rnn(inputs, initial_state=state),
        "LSTM": lstm(inputs, initial_state=_states(rng, "LSTM", 2, 3)),
        "one step": rnn(inputs[:, :1], initial_state=state),
        "one step of one row": lstm(inputs[:1, :1]),
    }


@check("recurrent.unroll", needs=[RNN])
def masked_rnn_steps(assignment, rng):
    """SimpleRNN: a masked step leaves the state as it was, wherever it stands."""
    layer = _layer(assignment, rng, "SimpleRNN", 3, 4)
    inputs, mask = tensor(normal(rng, 5, 6, 3)), tensor(_holes())
    (state,) = _states(rng, "SimpleRNN", 5, 4)
    return {
        "outputs": layer(inputs, mask=mask),
        "outputs from a state": layer(inputs, mask=mask, initial_state=state),
        "outputs once more": layer(inputs, mask=mask),  # nothing stays from a call before
        "outputs of one row": layer(inputs[:1], mask=mask[:1]),
    }


@check("recurrent.unroll", needs=[LSTM])
def masked_lstm_steps(assignment, rng):
    """LSTM: a masked step leaves both h and c as they were; compiled too."""
    layer = _layer(assignment, rng, "LSTM", 4, 3)
    inputs, mask = tensor(normal(rng, 5, 6, 4)), tensor(_holes())
    states = _states(rng, "LSTM", 5, 3)
    in_training = compiled(lambda inputs, mask: layer(inputs, mask=mask))
    return {
        "outputs": layer(inputs, mask=mask, initial_state=states),
        "outputs, compiled": in_training(inputs, mask),
    }


@check("recurrent.unroll", needs=[LSTM])
def as_many_steps_as_rows(assignment, rng):
    """B = T = D = U: a mask or an output with its axes exchanged still fits."""
    layer = _layer(assignment, rng, "LSTM", 4, 4)
    mask = np.array([[1, 1, 1, 1], [1, 0, 0, 0], [0, 1, 1, 0], [1, 1, 0, 1]], bool)
    return {"outputs": layer(tensor(normal(rng, 4, 4, 4)), mask=tensor(mask))}


@check("recurrent.unroll", needs=[RNN, LSTM])
def sequence_in_two_parts(assignment, rng):
    """A sequence run in two parts, the second from the first's last state, as in decoding."""
    result = {}
    for kind in CELLS:
        layer = _layer(assignment, rng, kind, 2, 3)
        inputs, mask = tensor(normal(rng, 5, 6, 2)), _holes()
        early, state = layer(inputs[:, :4], mask=tensor(mask[:, :4]), return_state=True)
        late, state = layer(inputs[:, 4:], initial_state=state, return_state=True)
        once_more, _ = layer(inputs[:, 4:], return_state=True)  # from zeros: nothing stays
        result |= {f"{kind}, early": early, f"{kind}, late": late, f"{kind}, new": once_more}
        result |= {f"{kind}, last state {i}": part for i, part in enumerate(state)}
    return result


@check("recurrent.unroll", needs=[RNN, LSTM])
def gradients_through_time(assignment, rng):
    """Gradients reach the first input through every step that is not masked."""
    import tensorflow as tf

    result = {}
    for kind in CELLS:
        layer = _layer(assignment, rng, kind, 3, 2)
        inputs = tensor(normal(rng, 2, 4, 3))
        mask = tensor(np.array([[True, True, False, True], [True, False, True, True]]))
        direction = tensor(normal(rng, 2, 2))
        weights = {weight.name: weight for weight in layer.trainable_weights}
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            last = layer(inputs, mask=mask)[:, -1]
            value = tf.reduce_sum(direction * last)
        found = tape.gradient(value, [inputs, *(weights[name].value for name in sorted(weights))])
        for name, gradient in zip(("inputs", *sorted(weights)), found, strict=True):
            result[f"{kind}, {name}"] = gradient
    return result


@check("recurrent.unroll", needs=[RNN, LSTM])
def gradients_without_a_mask(assignment, rng):
    """Without a mask too: from every output and the last state, to inputs, weights, first state."""
    import tensorflow as tf

    result = {}
    for kind in CELLS:
        layer = _layer(assignment, rng, kind, 3, 2)
        inputs, states = tensor(normal(rng, 2, 4, 3)), _states(rng, kind, 2, 2)
        direction, of_last = tensor(normal(rng, 2, 4, 2)), _states(rng, kind, 2, 2)
        weights = {weight.name: weight for weight in layer.trainable_weights}
        sources = [inputs, *states, *(weights[name].value for name in sorted(weights))]
        with tf.GradientTape() as tape:
            tape.watch((inputs, states))
            outputs, last = layer(inputs, initial_state=states, return_state=True)
            value = tf.reduce_sum(direction * outputs)
            value += sum(tf.reduce_sum(d * s) for d, s in zip(of_last, last, strict=True))
        found = tape.gradient(value, sources, unconnected_gradients="zero")
        names = ("inputs", *(f"state {i}" for i in range(len(states))), *sorted(weights))
        result |= {f"{kind}, {name}": g for name, g in zip(names, found, strict=True)}
    return result


@check("recurrent.unroll", needs=[RNN, LSTM])
def inputs_projected_at_once(assignment, rng):
    """The inputs of all steps are multiplied by the kernel in one product, outside the loop."""
    length, width, units = 6, 5, 3
    result = {}
    for kind, gates in CELLS.items():
        layer = _layer(assignment, rng, kind, width, units)
        inputs = tensor(normal(rng, 2, length, width))
        outputs, operands = _matrix_products(lambda layer=layer, x=inputs: layer(x))
        columns = gates * units
        # Products in the loop: with the kernel, or with both kernels stacked.
        in_loop = [
            sum((rows, columns) in shapes or (columns, rows) in shapes for shapes in operands)
            >= length
            for rows in (width, width + units)
        ]
        result |= {kind: outputs, f"{kind}, in the loop": np.array(in_loop)}
    return result


def _matrix_products(function):
    """What the function returns, and the shapes (last two axes) of each product's operands."""
    from tensorflow.python.framework import op_callbacks

    found = []

    def remember(op_type, inputs, attributes, outputs, op_name=None, graph=None):
        name = op_type if isinstance(op_type, str) else op_type.decode()
        if any(product in name for product in ("MatMul", "Einsum", "Conv")):
            found.append([tuple(operand.shape)[-2:] for operand in inputs])

    op_callbacks.add_op_callback(remember)
    try:
        return function(), found
    finally:
        op_callbacks.remove_op_callback(remember)
