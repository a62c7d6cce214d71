"""Misconceptions of Part 5: layer normalisation."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "batch_axis",
        "normalization.layer_norm",
        edits=[
            ("tf.reduce_mean(x, axis=-1,", "tf.reduce_mean(x, axis=0,"),
            (
                "tf.reduce_mean(tf.square(centred), axis=-1,",
                "tf.reduce_mean(tf.square(centred), axis=0,",
            ),
        ],
        hint=(
            "The statistics run over the batch, as in batch normalisation: another row changes "
            "this one's output."
        ),
    ),
    Misconception(
        "all_but_the_batch",
        "normalization.layer_norm",
        edits=[
            ("tf.reduce_mean(x, axis=-1,", "tf.reduce_mean(x, axis=list(range(1, len(x.shape))),"),
            (
                "tf.reduce_mean(tf.square(centred), axis=-1,",
                "tf.reduce_mean(tf.square(centred), axis=list(range(1, len(x.shape))),",
            ),
        ],
        hint="Mean and variance run over all tokens of a row. Each token has its own.",
    ),
    Misconception(
        "second_axis",
        "normalization.layer_norm",
        edits=[
            ("tf.reduce_mean(x, axis=-1,", "tf.reduce_mean(x, axis=1,"),
            (
                "tf.reduce_mean(tf.square(centred), axis=-1,",
                "tf.reduce_mean(tf.square(centred), axis=1,",
            ),
        ],
        hint=(
            "Mean and variance are taken over axis 1, which is the tokens of a batch (B, T, D). "
            "Each vector has its own: count from the end, whatever axes come before."
        ),
    ),
    Misconception(
        "unbiased_variance",
        "normalization.layer_norm",
        edits=[
            (
                "tf.reduce_mean(tf.square(centred), axis=-1, keepdims=True)",
                "tf.reduce_sum(tf.square(centred), axis=-1, keepdims=True) / (x.shape[-1] - 1)",
            )
        ],
        hint="The sum of squares is divided by D - 1; the variance here is the biased one.",
    ),
    Misconception(
        "no_epsilon",
        "normalization.layer_norm",
        edits=[("variance + self.epsilon", "variance")],
        hint=(
            "A constant vector gives 0/0. The lecture's slide leaves epsilon out, and the slide is "
            "wrong there: it is added to the variance, inside the root."
        ),
    ),
    Misconception(
        "epsilon_outside",
        "normalization.layer_norm",
        edits=[
            (
                "centred * tf.math.rsqrt(variance + self.epsilon)",
                "centred / (tf.sqrt(variance) + self.epsilon)",
            )
        ],
        hint="Epsilon is added to the standard deviation. It belongs inside the root.",
    ),
    Misconception(
        "epsilon_fixed",
        "normalization.layer_norm",
        edits=[("variance + self.epsilon", "variance + 1e-5")],
        hint="The epsilon that the layer was given has no effect.",
    ),
    Misconception(
        "keras_epsilon",
        "normalization.layer_norm",
        edits=[("variance + self.epsilon", "variance + 1e-3")],
        hint="The output belongs to an epsilon of 1e-3, which is the default of Keras' own layer.",
    ),
    Misconception(
        "no_root",
        "normalization.layer_norm",
        edits=[
            (
                "centred * tf.math.rsqrt(variance + self.epsilon)",
                "centred / (variance + self.epsilon)",
            )
        ],
        hint="The vector is divided by its variance instead of its standard deviation.",
    ),
    Misconception(
        "no_gain",
        "normalization.layer_norm",
        edits=[("normalised * self.gamma + self.beta", "normalised + self.beta")],
        hint="gamma has no effect: set it to 2, and the output should double (about beta).",
    ),
    Misconception(
        "no_shift",
        "normalization.layer_norm",
        edits=[("normalised * self.gamma + self.beta", "normalised * self.gamma")],
        hint="The shift beta has no effect on what the layer returns.",
    ),
    Misconception(
        "shift_before_gain",
        "normalization.layer_norm",
        edits=[("normalised * self.gamma + self.beta", "(normalised + self.beta) * self.gamma")],
        hint="beta is added before the multiplication by gamma; it comes last.",
    ),
    Misconception(
        "not_centred",
        "normalization.layer_norm",
        edits=[("x - tf.reduce_mean(x, axis=-1, keepdims=True)", "x")],
        hint="The mean is never subtracted (that would be RMS normalisation).",
    ),
    Misconception(
        "statistics_without_gradient",
        "normalization.layer_norm",
        edits=[
            (
                "tf.math.rsqrt(variance + self.epsilon)",
                "tf.math.rsqrt(tf.stop_gradient(variance) + self.epsilon)",
            )
        ],
        hint="The values are right. The gradient has to flow through the variance as well.",
    ),
]
