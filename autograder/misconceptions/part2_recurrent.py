"""Misconceptions of Part 2: the recurrent cells."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "no_bias",
        "recurrent.rnn_cell",
        edits=[("tf.matmul(x, kernel) + bias", "tf.matmul(x, kernel)")],
        hint="One term of the formula's sum is missing: which argument is not used?",
    ),
    Misconception(
        "no_recurrence",
        "recurrent.rnn_cell",
        edits=[("projected + tf.matmul(h, recurrent_kernel)", "projected")],
        hint="The new state does not depend on the old one, so nothing is remembered.",
    ),
    Misconception(
        "no_tanh",
        "recurrent.rnn_cell",
        edits=[
            (
                "tf.tanh(projected + tf.matmul(h, recurrent_kernel))",
                "projected + tf.matmul(h, recurrent_kernel)",
            )
        ],
        hint="The new state is linear in the old one: what keeps it between -1 and 1?",
    ),
    Misconception(
        "sigmoid",
        "recurrent.rnn_cell",
        edits=[("tf.tanh(", "tf.sigmoid(")],
        hint="The state should lie between -1 and 1. Which non-linearity does the formula name?",
    ),
    Misconception(
        "relu",
        "recurrent.rnn_cell",
        edits=[("tf.tanh(", "tf.nn.relu(")],
        hint="The state is never negative and can grow without end: the formula bounds it.",
    ),
    Misconception(
        "transposed_kernel",
        "recurrent.rnn_cell",
        edits=[
            ("tf.matmul(h, recurrent_kernel)", "tf.matmul(h, recurrent_kernel, transpose_b=True)")
        ],
        hint=(
            "The recurrent kernel is square, so a product with its transpose fits too, and is "
            "another one. Rows of the state multiply from the left."
        ),
    ),
    Misconception(
        "state_after_tanh",
        "recurrent.rnn_cell",
        edits=[
            (
                "tf.tanh(projected + tf.matmul(h, recurrent_kernel))",
                "tf.tanh(projected) + tf.matmul(h, recurrent_kernel)",
            )
        ],
        hint="What is inside the tanh? The recurrent term belongs there too.",
    ),
    Misconception(
        "elementwise_recurrence",
        "recurrent.rnn_cell",
        edits=[("tf.matmul(h, recurrent_kernel)", "h * tf.linalg.diag_part(recurrent_kernel)")],
        hint=("Every unit sees only its own old state. A matrix product lets each see all."),
    ),
    Misconception(
        "residual",
        "recurrent.rnn_cell",
        edits=[("return tf.tanh(", "return h + tf.tanh(")],
        hint="The old state is added to the result; in the formula it stands only under the tanh.",
    ),
    Misconception(
        "gates_in_another_order",
        "recurrent.lstm_cell",
        edits=[("i, f, g, o = tf.split", "i, f, o, g = tf.split")],
        hint=(
            "The four blocks are taken in another order. Here it is that of Keras: input, forget, "
            "candidate, output."
        ),
    ),
    Misconception(
        "forget_first",
        "recurrent.lstm_cell",
        edits=[("i, f, g, o = tf.split", "f, i, g, o = tf.split")],
        hint="The input gate and the forget gate are exchanged: which block is the first?",
    ),
    Misconception(
        "interleaved_gates",
        "recurrent.lstm_cell",
        edits=[
            (
                "tf.split(gates, 4, axis=-1)",
                "tf.unstack(tf.reshape(gates, [-1, gates.shape[-1] // 4, 4]), axis=-1)",
            )
        ],
        hint=(
            "The gates of one unit are taken from neighbouring columns. Each gate is a block of "
            "columns: the first quarter, the second, …"
        ),
    ),
    Misconception(
        "no_forget_gate",
        "recurrent.lstm_cell",
        edits=[("tf.sigmoid(f) * c + tf", "c + tf")],
        hint="The old cell is kept whole, whatever the forget gate says.",
    ),
    Misconception(
        "no_input_gate",
        "recurrent.lstm_cell",
        edits=[("tf.sigmoid(i) * tf.tanh(g)", "tf.tanh(g)")],
        hint="The candidate enters the cell whole, whatever the input gate says.",
    ),
    Misconception(
        "no_output_gate",
        "recurrent.lstm_cell",
        edits=[("tf.sigmoid(o) * tf.tanh(c), c", "tf.tanh(c), c")],
        hint="The cell is read out whole, whatever the output gate says.",
    ),
    Misconception(
        "sigmoid_candidate",
        "recurrent.lstm_cell",
        edits=[("tf.tanh(g)", "tf.sigmoid(g)")],
        hint="The candidate passes a sigmoid, so it can only add. It should be able to subtract.",
    ),
    Misconception(
        "bare_candidate",
        "recurrent.lstm_cell",
        edits=[("tf.tanh(g)", "g")],
        hint="The candidate enters the cell without its non-linearity.",
    ),
    Misconception(
        "cell_not_squashed",
        "recurrent.lstm_cell",
        edits=[("tf.tanh(c), c", "c, c")],
        hint="The cell can grow without bound, the hidden state should not: squash the cell first.",
    ),
    Misconception(
        "old_cell_read_out",
        "recurrent.lstm_cell",
        edits=[
            ("    c = tf.sigmoid(f) * c", "    new_c = tf.sigmoid(f) * c"),
            ("tf.tanh(c), c", "tf.tanh(c), new_c"),
        ],
        hint="The hidden state reads the old cell: it should see what this step has written.",
    ),
    Misconception(
        "forgets_the_hidden_state",
        "recurrent.lstm_cell",
        edits=[("tf.sigmoid(f) * c", "tf.sigmoid(f) * h")],
        hint="The forget gate acts on the memory, not on the hidden state.",
    ),
    Misconception(
        "coupled_gates",
        "recurrent.lstm_cell",
        edits=[("tf.sigmoid(i) * tf.tanh(g)", "(1.0 - tf.sigmoid(f)) * tf.tanh(g)")],
        hint=(
            "The input gate is one minus the forget gate, as in a GRU. An LSTM's two gates are "
            "independent."
        ),
    ),
    Misconception(
        "states_exchanged",
        "recurrent.lstm_cell",
        edits=[("return tf.sigmoid(o) * tf.tanh(c), c", "return c, tf.sigmoid(o) * tf.tanh(c)")],
        hint="The values are right; the docstring returns the hidden state first, then the cell.",
    ),
    Misconception(
        "no_lstm_bias",
        "recurrent.lstm_cell",
        edits=[("tf.matmul(x, kernel) + bias", "tf.matmul(x, kernel)")],
        hint="One argument has no part in the gates.",
    ),
    Misconception(
        "no_lstm_recurrence",
        "recurrent.lstm_cell",
        edits=[("projected + tf.matmul(h, recurrent_kernel)", "projected")],
        hint="The gates see only the input of this step: the old hidden state is missing.",
    ),
    Misconception(
        "forget_bias_zero",
        "recurrent.lstm_cell",
        edits=[("tf.ones(gate, dtype)", "tf.zeros(gate, dtype)")],
        hint=(
            "All biases start at 0, so that a fresh cell forgets half of its memory at every step. "
            "Which bias starts at 1?"
        ),
    ),
    Misconception(
        "every_bias_one",
        "recurrent.lstm_cell",
        edits=[
            ("[tf.zeros(gate, dtype), ", "[tf.ones(gate, dtype), "),
            ("tf.zeros(2 * gate, dtype)", "tf.ones(2 * gate, dtype)"),
        ],
        hint="Only the forget gate's bias starts at 1.",
    ),
    Misconception(
        "input_bias_one",
        "recurrent.lstm_cell",
        edits=[
            (
                "tf.zeros(gate, dtype), tf.ones(gate, dtype)",
                "tf.ones(gate, dtype), tf.zeros(gate, dtype)",
            )
        ],
        hint="The ones stand in the block of another gate: which block is the forget gate's?",
    ),
    Misconception(
        "cell_clipped",
        "recurrent.lstm_cell",
        edits=[
            (
                "c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)",
                "c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)\n"
                "    c = tf.clip_by_value(c, -5.0, 5.0)",
            )
        ],
        hint="The cell is kept within bounds. It has none: that it can count up is its purpose.",
    ),
    Misconception(
        "update_forgotten",
        "recurrent.rnn_cell",
        edits=[
            (
                "rnn_update(tf.matmul(x, kernel) + bias, h, recurrent_kernel)",
                "tf.tanh(tf.matmul(x, kernel) + tf.matmul(h, recurrent_kernel) + bias)",
            ),
            ("tf.tanh(projected + tf.matmul(h, recurrent_kernel))", "tf.tanh(projected)"),
        ],
        hint=(
            "rnn_step is right, and rnn_update, by which the layer makes its steps, is not: it is "
            "the same step from inputs that are projected already."
        ),
    ),
]
