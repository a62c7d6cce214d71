"""Misconceptions of Part 6: low-rank adapters."""

from autograder.misconceptions import Misconception

_SCALED_OUTPUT = "(self.alpha / self.rank) * change"
_SCALED_KERNEL = "(self.alpha / self.rank) * tf.matmul"

MISCONCEPTIONS = [
    Misconception(
        "random_b",
        "sft.lora",
        edits=[
            (
                '(self.rank, self.base.units), initializer="zeros"',
                '(self.rank, self.base.units), initializer="glorot_uniform"',
            )
        ],
        hint="The adapted layer differs from its base before any training. B should start at zero.",
    ),
    Misconception(
        "ones_in_b",
        "sft.lora",
        edits=[
            (
                '(self.rank, self.base.units), initializer="zeros"',
                '(self.rank, self.base.units), initializer="ones"',
            )
        ],
        hint="B starts as ones, so the layer is not its base at first. It should start at zero.",
    ),
    Misconception(
        "both_zero",
        "sft.lora",
        edits=[("initializer=keras.initializers.HeUniform(self.seed)", 'initializer="zeros"')],
        hint=(
            "A and B both start at zero, so neither ever gets a gradient through the other. One of "
            "them has to be random."
        ),
    ),
    Misconception(
        "zero_and_random_exchanged",
        "sft.lora",
        edits=[
            ("initializer=keras.initializers.HeUniform(self.seed)", 'initializer="zeros"'),
            (
                '(self.rank, self.base.units), initializer="zeros"',
                "(self.rank, self.base.units),\n"
                "            initializer=keras.initializers.HeUniform(self.seed)",
            ),
        ],
        hint="A starts at zero and B at random. It is the other way round: B starts at zero.",
    ),
    Misconception(
        "base_trained",
        "sft.lora",
        edits=[("self.base.trainable = False", "self.base.trainable = True")],
        hint="The base is trained too. Only A and B should be: freeze the kernel and the bias.",
    ),
    Misconception(
        "bias_trained",
        "sft.lora",
        edits=[("self.base.trainable = False", "self.base.kernel.trainable = False")],
        hint="The kernel is frozen and the bias is not. The whole base layer is to be frozen.",
    ),
    Misconception(
        "alpha_alone",
        "sft.lora",
        edits=[(_SCALED_OUTPUT, "self.alpha * change"), (_SCALED_KERNEL, "self.alpha * tf.matmul")],
        hint="The change is scaled by alpha, whatever the rank. The formula divides by the rank.",
    ),
    Misconception(
        "no_scale",
        "sft.lora",
        edits=[(_SCALED_OUTPUT, "change"), (_SCALED_KERNEL, "tf.matmul")],
        hint="The change is not scaled: where do alpha and the rank come in?",
    ),
    Misconception(
        "scale_inverted",
        "sft.lora",
        edits=[
            (_SCALED_OUTPUT, "(self.rank / self.alpha) * change"),
            (_SCALED_KERNEL, "(self.rank / self.alpha) * tf.matmul"),
        ],
        hint="The scale is upside down: a larger alpha should make the change larger.",
    ),
    Misconception(
        "square_root_of_rank",
        "sft.lora",
        edits=[
            (_SCALED_OUTPUT, "(self.alpha / self.rank**0.5) * change"),
            (_SCALED_KERNEL, "(self.alpha / self.rank**0.5) * tf.matmul"),
        ],
        hint="The scale divides by the root of the rank (rsLoRA). Here it divides by the rank.",
    ),
    Misconception(
        "bias_lost",
        "sft.lora",
        edits=[("if self.base.use_bias:", "if False:")],
        hint="The base's bias is missing from the output.",
    ),
    Misconception(
        "activation_lost",
        "sft.lora",
        edits=[("return self.base.activation(outputs)", "return outputs")],
        hint="The base has an activation, and its adapted version has none.",
    ),
    Misconception(
        "change_after_activation",
        "sft.lora",
        edits=[
            (
                "outputs = tf.matmul(inputs, self.base.kernel) + (self.alpha / self.rank) * change",
                "outputs = tf.matmul(inputs, self.base.kernel)",
            ),
            (
                "return self.base.activation(outputs)",
                "return self.base.activation(outputs) + (self.alpha / self.rank) * change",
            ),
        ],
        hint=(
            "The low-rank change is added to the base's *output*. It changes the kernel, so it "
            "comes before the activation."
        ),
    ),
    Misconception(
        "merged_without_scale",
        "sft.lora",
        edits=[(_SCALED_KERNEL, "tf.matmul")],
        hint="Merging changes the model's output: the merged kernel lacks the scale.",
    ),
    Misconception(
        "only_the_change_merged",
        "sft.lora",
        edits=[("return self.base.kernel + ", "return ")],
        hint="Merging loses the base's kernel: the update is to be added to it.",
    ),
    Misconception(
        "merge_forgets",
        "sft.lora",
        edits=[
            (
                " + (self.alpha / self.rank) * tf.matmul(self.lora_a, self.lora_b)",
                "",
            )
        ],
        hint="Merging throws away what was learned: the kernel is that of the base.",
    ),
    Misconception(
        "inputs_cut_off",
        "sft.lora",
        edits=[
            (
                "change = tf.matmul(tf.matmul(inputs, self.lora_a), self.lora_b)",
                "change = tf.matmul(\n"
                "            tf.matmul(tf.stop_gradient(inputs), self.lora_a), self.lora_b\n"
                "        )",
            )
        ],
        hint=(
            "No gradient flows through A and B to the inputs: the adapters of lower layers would "
            "learn as if this one changed nothing."
        ),
    ),
]
