"""Misconceptions of Part 3: AdamW."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "l2_in_the_gradient",
        "training.adamw",
        edits=[
            (
                "m = self.beta_1",
                "gradient = gradient + decay_rate * variable\n        m = self.beta_1",
            ),
            ("rate * (direction + decay_rate * variable)", "rate * direction"),
        ],
        hint=(
            "The decay is added to the gradient and passes the moments, as in Adam with an L2 "
            "term. Decoupled decay acts on the weight directly."
        ),
    ),
    Misconception(
        "no_bias_correction",
        "training.adamw",
        edits=[
            ("m / (1 - tf.pow(tf.cast(self.beta_1, t.dtype), t))", "m"),
            ("v / (1 - tf.pow(tf.cast(self.beta_2, t.dtype), t))", "v"),
        ],
        hint=(
            "The moments start at zero and are too small at first. After the correction the first "
            "update has about the size of the learning rate."
        ),
    ),
    Misconception(
        "only_first_corrected",
        "training.adamw",
        edits=[("v / (1 - tf.pow(tf.cast(self.beta_2, t.dtype), t))", "v")],
        hint="The first moment is corrected and the second is not, so early updates are too large.",
    ),
    Misconception(
        "only_second_corrected",
        "training.adamw",
        edits=[("m / (1 - tf.pow(tf.cast(self.beta_1, t.dtype), t))", "m")],
        hint="The second moment is corrected and the first is not, so early updates are too small.",
    ),
    Misconception(
        "correction_without_power",
        "training.adamw",
        edits=[
            ("tf.pow(tf.cast(self.beta_1, t.dtype), t)", "self.beta_1"),
            ("tf.pow(tf.cast(self.beta_2, t.dtype), t)", "self.beta_2"),
        ],
        hint="The correction is the same at every update; it should fade as t grows.",
    ),
    Misconception(
        "epsilon_in_the_root",
        "training.adamw",
        edits=[
            ("(tf.sqrt(corrected_v) + self.epsilon)", "tf.sqrt(corrected_v + self.epsilon)"),
        ],
        hint="Epsilon stands inside the root, where it swallows tiny gradients.",
    ),
    Misconception(
        "no_epsilon",
        "training.adamw",
        edits=[("(tf.sqrt(corrected_v) + self.epsilon)", "tf.sqrt(corrected_v)")],
        hint="A weight whose gradient has always been zero divides 0 by 0: what prevents that?",
    ),
    Misconception(
        "no_root",
        "training.adamw",
        edits=[("tf.sqrt(corrected_v)", "corrected_v")],
        hint="The update is divided by the second moment itself, not by its root.",
    ),
    Misconception(
        "not_squared",
        "training.adamw",
        edits=[("tf.square(gradient)", "tf.abs(gradient)")],
        hint="The second moment averages the squares of the gradients.",
    ),
    Misconception(
        "sum_instead_of_average",
        "training.adamw",
        edits=[("(1 - self.beta_1) * gradient", "gradient")],
        hint="The first moment is a sum as in momentum; a moving average weighs the new gradient.",
    ),
    Misconception(
        "betas_exchanged",
        "training.adamw",
        body=(
            None,
            """
            m = self.beta_2 * first_moment + (1 - self.beta_2) * gradient
            v = self.beta_1 * second_moment + (1 - self.beta_1) * tf.square(gradient)
            self.assign(first_moment, m)
            self.assign(second_moment, v)
            corrected_m = m / (1 - tf.pow(tf.cast(self.beta_2, t.dtype), t))
            corrected_v = v / (1 - tf.pow(tf.cast(self.beta_1, t.dtype), t))
            direction = corrected_m / (tf.sqrt(corrected_v) + self.epsilon)
            self.assign_sub(variable, rate * (direction + decay_rate * variable))
            """,
        ),
        hint="The two betas are exchanged: the first belongs to the first moment.",
    ),
    Misconception(
        "correction_stored",
        "training.adamw",
        edits=[
            ("self.assign(first_moment, m)", "pass"),
            ("self.assign(second_moment, v)", "pass"),
            (
                "corrected_v = v / (1 - tf.pow(tf.cast(self.beta_2, t.dtype), t))",
                "corrected_v = v / (1 - tf.pow(tf.cast(self.beta_2, t.dtype), t))\n"
                "        self.assign(first_moment, corrected_m)\n"
                "        self.assign(second_moment, corrected_v)",
            ),
        ],
        hint=(
            "The corrected moments are stored, and corrected again next time. Store the plain ones."
        ),
    ),
    Misconception(
        "moments_not_stored",
        "training.adamw",
        edits=[
            ("self.assign(first_moment, m)", "pass"),
            ("self.assign(second_moment, v)", "pass"),
        ],
        hint="The moments are computed and not stored, so each update knows only its own gradient.",
    ),
    Misconception(
        "decay_without_rate",
        "training.adamw",
        edits=[
            (
                "rate * (direction + decay_rate * variable)",
                "rate * direction + decay_rate * variable",
            )
        ],
        hint="The decay ignores the learning rate: at a rate of 0 the weights should stand still.",
    ),
    Misconception(
        "no_decay",
        "training.adamw",
        edits=[("rate * (direction + decay_rate * variable)", "rate * direction")],
        hint="No weight decays: which variables should, and where does the update use the decay?",
    ),
    Misconception(
        "growth",
        "training.adamw",
        edits=[("direction + decay_rate * variable", "direction - decay_rate * variable")],
        hint="The decay has the wrong sign: weights without gradient grow.",
    ),
    Misconception(
        "everything_decays",
        "training.adamw",
        edits=[('name not in self.NOT_DECAYED and "embedding" not in path', "True")],
        hint="Biases, the gains of norms and embeddings decay too; only the kernels should.",
    ),
    Misconception(
        "embeddings_decay",
        "training.adamw",
        edits=[(' and "embedding" not in path', "")],
        hint="Embeddings decay: rare tokens would fade, since only the decay moves them.",
    ),
    Misconception(
        "gains_decay",
        "training.adamw",
        edits=[("name not in self.NOT_DECAYED", 'name != "bias"')],
        hint="Biases are left out, the gain and offset of a norm are not.",
    ),
    Misconception(
        "position_embeddings_decay",
        "training.adamw",
        edits=[('"embedding" not in path', '"token_embedding" not in path')],
        hint="Position embeddings decay. No embedding should, whatever it is called.",
    ),
]
