"""Misconceptions of Part 3: the schedule, and clipping."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "cosine_counts_warmup",
        "training.schedule",
        edits=[
            (
                "(step - warmup_steps) / max(total_steps - warmup_steps, 1.0)",
                "step / max(total_steps, 1.0)",
            )
        ],
        hint=(
            "The cosine has already begun while the rate warms up, so that the peak is never "
            "reached. Its progress is 0 at the end of the warm-up."
        ),
    ),
    Misconception(
        "too_far_by_the_warmup",
        "training.schedule",
        edits=[("(step - warmup_steps) /", "step /")],
        hint="When the warm-up is over, the cosine should begin at its top: at which progress?",
    ),
    Misconception(
        "half_left_out",
        "training.schedule",
        edits=[("0.5 * (1 + tf.cos", "(1 + tf.cos")],
        hint="1 + cos goes from 2 to 0, so that the rate begins at about twice the peak.",
    ),
    Misconception(
        "cosine_upside_down",
        "training.schedule",
        edits=[("(1 + tf.cos", "(1 - tf.cos")],
        hint="The cosine climbs from the floor to the peak. It should fall.",
    ),
    Misconception(
        "pi_left_out",
        "training.schedule",
        edits=[("math.pi * tf.clip", "tf.clip")],
        hint="The cosine stops early, at cos(1): its angle should go from 0 to pi.",
    ),
    Misconception(
        "too_long_by_the_warmup",
        "training.schedule",
        edits=[("max(total_steps - warmup_steps, 1.0)", "max(total_steps, 1.0)")],
        hint=(
            "The floor is reached one warm-up too late: how many steps are left for the cosine "
            "when the warm-up is over?"
        ),
    ),
    Misconception(
        "floor_ignored",
        "training.schedule",
        edits=[("floor + (1 - floor) * cosine", "cosine")],
        hint="The rate falls to zero; it should end at floor times the peak.",
    ),
    Misconception(
        "floor_added",
        "training.schedule",
        edits=[("floor + (1 - floor) * cosine", "floor + cosine")],
        hint="The curve begins above the peak: the floor is added to a full cosine.",
    ),
    Misconception(
        "floor_as_minimum",
        "training.schedule",
        edits=[("floor + (1 - floor) * cosine", "tf.maximum(cosine, floor)")],
        hint=(
            "The cosine runs to zero and is cut off at the floor. It should be squeezed between "
            "peak and floor, so that it arrives there at the last step."
        ),
    ),
    Misconception(
        "floor_as_a_rate",
        "training.schedule",
        edits=[
            (
                "peak * tf.where(step < warmup_steps, warmup, floor + (1 - floor) * cosine)",
                "tf.where(step < warmup_steps, peak * warmup, floor + (peak - floor) * cosine)",
            )
        ],
        hint="The floor is used as a rate; it is a fraction of the peak.",
    ),
    Misconception(
        "rises_again",
        "training.schedule",
        edits=[("tf.clip_by_value(progress, 0.0, 1.0)", "progress")],
        hint="Behind the last step the cosine rises again: the floor should hold from there on.",
    ),
    Misconception(
        "warmup_off_by_one",
        "training.schedule",
        edits=[("warmup = step /", "warmup = (step + 1) /")],
        hint="The warm-up is one step ahead: the rate at step 0 is 0, the peak is at step warmup.",
    ),
    Misconception(
        "no_warmup",
        "training.schedule",
        edits=[("warmup = step / max(warmup_steps, 1.0)", "warmup = 1.0")],
        hint="There is no warm-up: the first steps have the full rate.",
    ),
    Misconception(
        "linear_decay",
        "training.schedule",
        edits=[
            (
                "0.5 * (1 + tf.cos(math.pi * tf.clip_by_value(progress, 0.0, 1.0)))",
                "1 - tf.clip_by_value(progress, 0.0, 1.0)",
            )
        ],
        hint="The rate falls in a straight line. A cosine is slow at first, and at the end.",
    ),
    Misconception(
        "quarter_cosine",
        "training.schedule",
        edits=[("0.5 * (1 + tf.cos(math.pi * ", "(tf.cos(0.5 * math.pi * ")],
        hint="A quarter of a cosine's period ends steeply; half a period ends flat.",
    ),
    Misconception(
        "each_alone",
        "training.clip",
        body="""
            squares = [tf.reduce_sum(tf.square(g)) for g in gradients if g is not None]
            norm = tf.sqrt(tf.add_n(squares))
            return [None if g is None else tf.clip_by_norm(g, max_norm) for g in gradients], norm
        """,
        hint=(
            "Each gradient is clipped by its own norm, which changes the direction of the step. "
            "All share one factor."
        ),
    ),
    Misconception(
        "always_rescaled",
        "training.clip",
        edits=[
            ("max_norm / tf.maximum(norm, max_norm)", "max_norm / tf.maximum(norm, 1e-12)"),
        ],
        hint="Short gradients are made longer: those below max_norm should stay as they are.",
    ),
    Misconception(
        "sum_of_magnitudes",
        "training.clip",
        edits=[
            ("tf.reduce_sum(tf.square(g))", "tf.reduce_sum(tf.abs(g))"),
            ("tf.sqrt(tf.add_n(squares))", "tf.add_n(squares)"),
        ],
        hint="Gradients of lengths 3 and 4 should have the norm 5, not 7.",
    ),
    Misconception(
        "no_root",
        "training.clip",
        edits=[("tf.sqrt(tf.add_n(squares))", "tf.add_n(squares)")],
        hint="The norm is still squared.",
    ),
    Misconception(
        "norm_after",
        "training.clip",
        edits=[("map(_densify, gradients)], norm", "map(_densify, gradients)], norm * scale")],
        hint="The norm that is returned is the one after clipping; the one before is asked for.",
    ),
    Misconception(
        "none_dropped",
        "training.clip",
        edits=[
            (
                "[None if g is None else g * scale for g in map(_densify, gradients)]",
                "[g * scale for g in map(_densify, gradients) if g is not None]",
            )
        ],
        hint=(
            "Entries of None are left out, so gradients and variables no longer stand side by side."
        ),
    ),
    Misconception(
        "none_as_zero",
        "training.clip",
        edits=[("[None if g is None else g * scale", "[tf.zeros([]) if g is None else g * scale")],
        hint="None has become a zero: leave None where it was, it means that nothing flows.",
    ),
    Misconception(
        "division_by_zero",
        "training.clip",
        edits=[
            ("max_norm / tf.maximum(norm, max_norm)", "tf.minimum(1.0, norm * max_norm / norm**2)")
        ],
        hint="When every gradient is zero, the norm is zero too, and may not be divided by.",
    ),
    Misconception(
        "by_value",
        "training.clip",
        edits=[("g * scale for g", "tf.clip_by_value(g, -max_norm, max_norm) for g")],
        hint="Every entry is cut off at max_norm. The whole gradient should be scaled.",
    ),
    Misconception(
        "mean_square",
        "training.clip",
        edits=[("tf.reduce_sum(tf.square(g))", "tf.reduce_mean(tf.square(g))")],
        hint="The squares are averaged: the norm should not depend on the number of entries so.",
    ),
    Misconception(
        "eager_only",
        "training.clip",
        edits=[
            (
                "scale = max_norm / tf.maximum(norm, max_norm)",
                "scale = max_norm / norm if norm.numpy() > max_norm else 1.0",
            )
        ],
        hint=(
            "The training step is compiled, and a tensor has no number while it is traced: decide "
            "by an operation on tensors."
        ),
    ),
    Misconception(
        "rows_for_a_matrix",
        "training.clip",
        edits=[
            (
                "[None if g is None else g * scale for g in map(_densify, gradients)]",
                "[None if g is None else getattr(g, 'values', g) * scale for g in gradients]",
            )
        ],
        hint=(
            "The gradient of an embedding lookup has lost its shape: what is left are the rows "
            "that were looked up, and nothing says which."
        ),
    ),
]
