"""Misconceptions of Part 2: recurrent baselines."""

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
        "sigmoid",
        "recurrent.rnn_cell",
        edits=[("tf.tanh(", "tf.sigmoid(")],
        hint="The state should lie between -1 and 1. Which non-linearity does the formula name?",
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
]
