"""Misconceptions of Part 2: the recurrence over time."""

from autograder.misconceptions import Misconception

_LOOP = """
projected = tf.matmul(inputs, self.kernel) + self.bias
state, history = tuple(initial_state), []
for t in range(inputs.shape[1]):
    new_state = self.update(projected[:, t], state)
    if mask is not None:
        keep = mask[:, t, tf.newaxis]
        new_state = tuple(tf.where(keep, new, old) for new, old in zip(new_state, state))
    state = new_state
    history.append(state[0])
outputs = tf.stack(history, axis=1)
last_state = state
"""


def _unrolled(identifier: str, *edits: tuple[str, str], hint: str) -> Misconception:
    """A loop over time with these edits, whatever the solution's own loop looks like."""
    body = _LOOP
    for old, new in edits:
        if body.count(old) != 1:
            raise ValueError(f"{old!r} does not stand once in the loop ({identifier})")
        body = body.replace(old, new)
    return Misconception(identifier, "recurrent.unroll", body=body, hint=hint)


MISCONCEPTIONS = [
    _unrolled(
        "mask_ignored",
        ("if mask is not None:", "if False:"),
        hint="The mask changes nothing: a masked step should leave the state as it was.",
    ),
    _unrolled(
        "mask_inverted",
        ("tf.where(keep, new, old)", "tf.where(keep, old, new)"),
        hint="True means that a step counts; here the others do.",
    ),
    _unrolled(
        "masked_state_lost",
        ("tf.where(keep, new, old)", "tf.where(keep, new, 0.0)"),
        hint=(
            "A masked step sets the state to 0, and what came before is forgotten. It should carry "
            "the state on."
        ),
    ),
    _unrolled(
        "masked_inputs",
        (
            "projected = tf.matmul(inputs,",
            "kept = True if mask is None else mask[..., tf.newaxis]\n"
            "projected = tf.matmul(tf.where(kept, inputs, 0.0),",
        ),
        ("if mask is not None:", "if False:"),
        hint=(
            "The masked inputs are set to 0, and the state moves on nevertheless: its recurrent "
            "term changes it. A masked step should not touch the state."
        ),
    ),
    _unrolled(
        "masked_outputs_zero",
        (
            "    history.append(state[0])",
            "    shown = True if mask is None else mask[:, t, tf.newaxis]\n"
            "    history.append(tf.where(shown, state[0], 0.0))",
        ),
        hint=(
            "The state is carried on, but the output of a masked step is 0. The outputs are the "
            "hidden states, at masked steps too."
        ),
    ),
    _unrolled(
        "cell_not_masked",
        (
            "new_state = tuple(tf.where(keep, new, old) for new, old in zip(new_state, state))",
            "new_state = (tf.where(keep, new_state[0], state[0]), *new_state[1:])",
        ),
        hint=(
            "At a masked step the hidden state stays and the cell moves on. All parts of the state "
            "should stay."
        ),
    ),
    _unrolled(
        "state_not_carried",
        ("self.update(projected[:, t], state)", "self.update(projected[:, t], initial_state)"),
        hint="Every step starts from the initial state: does step 2 depend on step 1?",
    ),
    _unrolled(
        "initial_state_ignored",
        ("tuple(initial_state), []", "tuple(tf.zeros_like(s) for s in initial_state), []"),
        hint="The sequence always starts from zero, also when an initial state is given.",
    ),
    _unrolled(
        "cell_starts_at_zero",
        (
            "tuple(initial_state), []",
            "(initial_state[0], *(tf.zeros_like(s) for s in initial_state[1:])), []",
        ),
        hint="The given hidden state is used and the given cell is not.",
    ),
    _unrolled(
        "backwards",
        ("range(inputs.shape[1])", "reversed(range(inputs.shape[1]))"),
        ("tf.stack(history", "tf.stack(history[::-1]"),
        hint="The loop runs from the last step to the first, so the past depends on the future.",
    ),
    _unrolled(
        "states_before_the_step",
        ("    history.append(state[0])", ""),
        ("    new_state = self", "    history.append(state[0])\n    new_state = self"),
        hint=(
            "The outputs are one step late: each is the state before its input was read. The first "
            "output should already depend on the first input."
        ),
    ),
    _unrolled(
        "time_first",
        ("tf.stack(history, axis=1)", "tf.stack(history, axis=0)"),
        hint="Time stands first in the outputs; the batch should: (B, T, units).",
    ),
    _unrolled(
        "last_output_only",
        ("tf.stack(history, axis=1)", "history[-1]"),
        hint="Only the last state is returned; the hidden states of all steps are asked for.",
    ),
    _unrolled(
        "no_bias",
        (" + self.bias", ""),
        hint="The layer's bias has no part in the result.",
    ),
    _unrolled(
        "first_state_returned",
        ("last_state = state", "last_state = tuple(initial_state)"),
        hint=(
            "The outputs are right; the state that is returned beside them is not the one after "
            "the last step."
        ),
    ),
    _unrolled(
        "cell_as_output",
        ("    history.append(state[0])", "    history.append(state[-1])"),
        hint="The LSTM's outputs are its cells; they should be its hidden states.",
    ),
    _unrolled(
        "projected_in_the_loop",
        ("projected = tf.matmul(inputs, self.kernel) + self.bias", "pass"),
        ("projected[:, t]", "tf.matmul(inputs[:, t], self.kernel) + self.bias"),
        hint=(
            "The values are right, but each step multiplies its own input by the kernel. That part "
            "needs no earlier step: all inputs can be projected at once, before the loop."
        ),
    ),
    Misconception(
        "gradient_cut",
        "recurrent.unroll",
        edits=[
            (
                "return self.update(x, state, kernel)",
                "return self.update(x, tuple(tf.stop_gradient(s) for s in state), kernel)",
            )
        ],
        hint=(
            "Without a mask no gradient flows from a step to the one before it: the network would "
            "never learn what to remember."
        ),
    ),
]
