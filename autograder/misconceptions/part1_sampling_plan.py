"""Misconceptions of Part 1: which windows a step draws."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "step_ignored",
        "text.sampling_plan",
        edits=[("seed=[seed, step]", "seed=[seed, 0]")],
        hint="Every step draws the same windows: the step has no part in the random numbers.",
    ),
    Misconception(
        "seed_ignored",
        "text.sampling_plan",
        edits=[("seed=[seed, step]", "seed=[0, step]")],
        hint="Runs with different seeds draw the same windows: is the seed used?",
    ),
    Misconception(
        "seed_plus_step",
        "text.sampling_plan",
        edits=[("seed=[seed, step]", "seed=[seed + step, 0]")],
        hint=(
            "Seed and step are added, so that the run with the next seed draws the same batches "
            "one step earlier. Keep the two numbers apart."
        ),
    ),
    Misconception(
        "stateful",
        "text.sampling_plan",
        body="""
            return tf.random.uniform(
                [batch_size], minval=0, maxval=num_tokens - length, dtype=tf.int64
            )
        """,
        hint=(
            "Two calls with the same arguments differ, so a resumed run would see other batches. "
            "The random numbers should depend on (seed, step) alone."
        ),
    ),
    Misconception(
        "stateful_with_seed",
        "text.sampling_plan",
        body="""
            tf.random.set_seed(seed)
            return tf.random.uniform(
                [batch_size], maxval=num_tokens - length, dtype=tf.int64, seed=step
            )
        """,
        hint=(
            "The global seed is set anew at each call: that resets the random numbers of the whole "
            "program, dropout's too. A stateless function takes its seed as an argument."
        ),
    ),
    Misconception(
        "past_the_end",
        "text.sampling_plan",
        edits=[("maxval=num_tokens - length,", "maxval=num_tokens - length + 1,")],
        hint=(
            "The last start is one too large: its window would have no last target. maxval itself "
            "is never drawn; which is the last start that may be?"
        ),
    ),
    Misconception(
        "length_ignored",
        "text.sampling_plan",
        edits=[("maxval=num_tokens - length,", "maxval=num_tokens,")],
        hint="Starts near the end leave no room for a whole window.",
    ),
    Misconception(
        "last_place_missed",
        "text.sampling_plan",
        edits=[("maxval=num_tokens - length,", "maxval=max(num_tokens - length - 1, 1),")],
        hint=(
            "The last place where a window fits is never drawn: maxval itself is excluded already."
        ),
    ),
    Misconception(
        "first_place_missed",
        "text.sampling_plan",
        edits=[("minval=0", "minval=min(1, num_tokens - length - 1)")],
        hint="The window at the very beginning is never drawn.",
    ),
    Misconception(
        "one_start_for_all",
        "text.sampling_plan",
        body="""
            start = tf.random.stateless_uniform(
                [], seed=[seed, step], minval=0, maxval=num_tokens - length, dtype=tf.int64
            )
            return tf.fill([batch_size], start)
        """,
        hint="Every window of the batch begins at the same place: one draw is used for all rows.",
    ),
    Misconception(
        "whole_windows_only",
        "text.sampling_plan",
        body="""
            count = max((num_tokens - 1) // length, 1)
            window = tf.random.stateless_uniform(
                [batch_size], seed=[seed, step], minval=0, maxval=count, dtype=tf.int64
            )
            return window * length
        """,
        hint=(
            "The corpus is cut into windows that do not overlap, so most starts are never drawn. "
            "A window may begin at any token."
        ),
    ),
    Misconception(
        "single_precision",
        "text.sampling_plan",
        body="""
            fraction = tf.random.stateless_uniform([batch_size], seed=[seed, step])
            places = num_tokens - length
            return tf.minimum(tf.cast(tf.cast(fraction, tf.float64) * places, tf.int64), places - 1)
        """,
        hint=(
            "A single-precision fraction has only some millions of values: in a large corpus most "
            "places can never be drawn. Draw integers."
        ),
    ),
    Misconception(
        "steps_come_back",
        "text.sampling_plan",
        edits=[("seed=[seed, step]", "seed=[seed, step % 64]")],
        hint=(
            "After some steps the same batches come back: a part of the step's number is lost on "
            "its way into the seed."
        ),
    ),
]
