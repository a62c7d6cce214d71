"""Misconceptions of Part 5: sinusoidal positions."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "a_frequency_per_column",
        "positional.sinusoidal",
        edits=[("columns - columns % 2", "columns")],
        hint="Columns 2i and 2i + 1 should share one frequency; here each has its own.",
    ),
    Misconception(
        "pairs_begin_one_column_late",
        "positional.sinusoidal",
        edits=[("columns - columns % 2", "columns + columns % 2")],
        hint=(
            "A cosine has the frequency of the sine to its right. Columns 2i and 2i + 1 share one, "
            "so the cosine's is that of the sine to its left."
        ),
    ),
    Misconception(
        "one_frequency",
        "positional.sinusoidal",
        edits=[("angles = positions * frequencies", "angles = positions + 0 * frequencies")],
        hint="Every pair of columns turns at the speed of the first; where does i come in?",
    ),
    Misconception(
        "concatenated_halves",
        "positional.sinusoidal",
        body="""
            positions = tf.cast(tf.range(length), tf.float32)[:, tf.newaxis]
            pairs = tf.range(0, hidden_dim, 2, tf.float32)
            angles = positions * tf.pow(WAVELENGTH_BASE, -pairs / hidden_dim)
            return tf.concat([tf.sin(angles), tf.cos(angles)], axis=-1)
        """,
        hint="All sines stand first, then all cosines. The formula interleaves them.",
    ),
    Misconception(
        "sine_and_cosine_swapped",
        "positional.sinusoidal",
        edits=[("tf.sin(angles), tf.cos(angles)", "tf.cos(angles), tf.sin(angles)")],
        hint="Position 0 should be 0, 1, 0, 1 …: which columns are sines?",
    ),
    Misconception(
        "positions_from_one",
        "positional.sinusoidal",
        edits=[
            ("tf.cast(tf.range(length), tf.float32)", "tf.cast(tf.range(length) + 1, tf.float32)")
        ],
        hint="The first position is 0, not 1.",
    ),
    Misconception(
        "exponent_halved",
        "positional.sinusoidal",
        edits=[("-pair_starts / hidden_dim", "-pair_starts / 2 / hidden_dim")],
        hint="The exponent is i/D where the formula has 2i/D: the frequencies fall too slowly.",
    ),
    Misconception(
        "last_frequency_exact",
        "positional.sinusoidal",
        edits=[("-pair_starts / hidden_dim", "-pair_starts / tf.cast(hidden_dim - 2, tf.float32)")],
        hint="The exponent is divided by D - 2 where the formula divides by D.",
    ),
    Misconception(
        "growing_frequencies",
        "positional.sinusoidal",
        edits=[("-pair_starts / hidden_dim", "pair_starts / hidden_dim")],
        hint="The angle is multiplied by the power of 10000; the formula divides by it.",
    ),
    Misconception(
        "another_base",
        "positional.sinusoidal",
        edits=[("tf.pow(WAVELENGTH_BASE,", "tf.pow(1000.0,")],
        hint="The frequencies belong to another base than 10000.",
    ),
    Misconception(
        "sines_only",
        "positional.sinusoidal",
        edits=[("tf.sin(angles), tf.cos(angles)", "tf.sin(angles), tf.sin(angles)")],
        hint="Odd columns hold a sine like their neighbours; they are cosines.",
    ),
    Misconception(
        "dtype_of_the_policy",
        "positional.sinusoidal",
        edits=[
            (
                "tf.cast(tf.range(length), tf.float32)[:, tf.newaxis]",
                "tf.cast(tf.cast(tf.range(length), keras.config.floatx()), tf.float32)[:, None]",
            )
        ],
        hint=(
            "Positions go through the default float type. In half precision 260 and 261 are the "
            "same number, so the table is always computed in float32."
        ),
    ),
    Misconception(
        "half_precision_result",
        "positional.sinusoidal",
        edits=[
            (
                "return tf.where(columns % 2 == 0, tf.sin(angles), tf.cos(angles))",
                "return tf.cast(tf.where(columns % 2 == 0, tf.sin(angles), tf.cos(angles)), "
                "keras.mixed_precision.dtype_policy().compute_dtype)",
            )
        ],
        hint="The table comes back in the dtype of the policy. It stays float32, always.",
    ),
]
