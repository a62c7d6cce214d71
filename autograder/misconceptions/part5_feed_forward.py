"""Misconceptions of Part 5: GELU and the feed-forward layer."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "exact",
        "feed_forward.gelu",
        edits=[
            (
                "return 0.5 * x * (1 + tf.tanh(inner))",
                "return 0.5 * x * (1 + tf.math.erf(x / math.sqrt(2)))",
            ),
        ],
        hint="This is the exact function, with the error function. Asked for is the tanh form.",
    ),
    Misconception(
        "sigmoid_form",
        "feed_forward.gelu",
        edits=[("return 0.5 * x * (1 + tf.tanh(inner))", "return x * tf.sigmoid(1.702 * x)")],
        hint="This is the sigmoid approximation, which is coarser than the tanh form.",
    ),
    Misconception(
        "relu",
        "feed_forward.gelu",
        edits=[("return 0.5 * x * (1 + tf.tanh(inner))", "return tf.nn.relu(x)")],
        hint="GELU is smooth, and a little below 0 on the left: this is ReLU.",
    ),
    Misconception(
        "no_half",
        "feed_forward.gelu",
        edits=[("0.5 * x * (1", "x * (1")],
        hint="Large x should come out unchanged; here they are doubled.",
    ),
    Misconception(
        "no_one",
        "feed_forward.gelu",
        edits=[("(1 + tf.tanh(inner))", "tf.tanh(inner)")],
        hint="Very negative x should give 0. What is added to the tanh?",
    ),
    Misconception(
        "square_for_cube",
        "feed_forward.gelu",
        edits=[("0.044715 * x * x", "0.044715 * x")],
        hint="The second term within the tanh has the wrong power of x.",
    ),
    Misconception(
        "coefficient_left_out",
        "feed_forward.gelu",
        edits=[("0.044715 * x * x", "x * x")],
        hint="The cubic term within the tanh has lost its small coefficient.",
    ),
    Misconception(
        "without_x",
        "feed_forward.gelu",
        edits=[("0.5 * x * (1 + tf.tanh(inner))", "0.5 * (1 + tf.tanh(inner))")],
        hint="This is the probability that x is let through. GELU is that times x.",
    ),
    Misconception(
        "factor_left_out",
        "feed_forward.gelu",
        edits=[("math.sqrt(2 / math.pi) * x", "x")],
        hint="The factor before the bracket in the tanh is missing.",
    ),
    Misconception(
        "pi_left_out",
        "feed_forward.gelu",
        edits=[("math.sqrt(2 / math.pi)", "math.sqrt(2)")],
        hint="The root is that of 2/pi, and pi is missing.",
    ),
    Misconception(
        "root_left_out",
        "feed_forward.gelu",
        edits=[("math.sqrt(2 / math.pi)", "(2 / math.pi)")],
        hint="The factor before x in the tanh is the root of 2/pi.",
    ),
    Misconception(
        "root_inverted",
        "feed_forward.gelu",
        edits=[("math.sqrt(2 / math.pi)", "math.sqrt(math.pi / 2)")],
        hint="The fraction under the root is upside down.",
    ),
    Misconception(
        "bracket_left_out",
        "feed_forward.gelu",
        edits=[("* x * (1 + 0.044715 * x * x)", "* x + 0.044715 * x * x * x")],
        hint="The root multiplies the whole bracket, the cubic term in it as well.",
    ),
    Misconception(
        "no_cubic_term",
        "feed_forward.gelu",
        edits=[("(1 + 0.044715 * x * x)", "1.0")],
        hint="The cubic term within the tanh is missing.",
    ),
    Misconception(
        "no_activation",
        "feed_forward.gelu",
        edits=[("gelu(self.intermediate_dense(inputs))", "self.intermediate_dense(inputs)")],
        hint="Without an activation the two dense layers are one linear map.",
    ),
    Misconception(
        "activated_output",
        "feed_forward.gelu",
        edits=[("self.output_dense(hidden),", "gelu(self.output_dense(hidden)),")],
        hint="The output is activated once more. GELU stands between the two dense layers only.",
    ),
    Misconception(
        "dropout_always",
        "feed_forward.gelu",
        edits=[("training=training", "training=True")],
        hint="Two calls without training should agree: dropout is active outside training.",
    ),
    Misconception(
        "no_dropout",
        "feed_forward.gelu",
        edits=[("training=training", "training=False")],
        hint="Dropout never acts, not even in training.",
    ),
    Misconception(
        "residual_inside",
        "feed_forward.gelu",
        edits=[("self.output_dense(hidden),", "inputs + self.output_dense(hidden),")],
        hint="The input is added to the output. The residual belongs to the block.",
    ),
    Misconception(
        "coefficient_rounded",
        "feed_forward.gelu",
        edits=[("0.044715", "0.0447")],
        hint="The factor of the cube has lost digits: it is 0.044715.",
    ),
]
