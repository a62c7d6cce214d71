"""Misconceptions of Part 4: where the decoding loop ends."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "stop_left_out",
        "decoding.generate",
        edits=[
            (
                "lengths += tf.cast(is_new, tf.int32)",
                "lengths += tf.cast(is_new & (sampled != (-1 if stop_id is None else stop_id)), "
                "tf.int32)",
            )
        ],
        hint="The stop token is missing: it belongs to the text, and is counted.",
    ),
    Misconception(
        "stop_not_counted",
        "decoding.generate",
        edits=[
            (
                "new, pad_id), lengths",
                "new, pad_id), lengths - tf.cast(lengths < max_new_tokens, tf.int32)",
            )
        ],
        hint="The stop token stands in the text, and the length does not count it.",
    ),
    Misconception(
        "prompt_stops",
        "decoding.generate",
        edits=[("is_new & (sampled == stop_id)", "(current == stop_id)")],
        hint="A stop token in the prompt ends a row. Only a new one should.",
    ),
    Misconception(
        "sampled_in_the_prompt_stops",
        "decoding.generate",
        edits=[("is_new & (sampled == stop_id)", "(sampled == stop_id)")],
        hint=(
            "A row ends by a token that was sampled while it was still inside its prompt, and that "
            "is never used."
        ),
    ),
    Misconception(
        "never_stops",
        "decoding.generate",
        edits=[("is_new & (sampled == stop_id)", "(is_new & False)")],
        hint="Rows go on behind their stop token.",
    ),
    Misconception(
        "first_stop_ends_all",
        "decoding.generate",
        edits=[("tf.reduce_any(~done)", "tf.reduce_all(~done)")],
        hint="All rows end with the first that stops. Each row stops for itself.",
    ),
    Misconception(
        "goes_on_behind_the_stop",
        "decoding.generate",
        edits=[("(position >= prompt_lengths) & ~done", "position >= prompt_lengths")],
        hint="A row that is done still adds tokens, or counts them, while others go on.",
    ),
    Misconception(
        "padded_with_stop",
        "decoding.generate",
        edits=[("new, pad_id), lengths", "new, pad_id if stop_id is None else stop_id), lengths")],
        hint="Behind the stop token comes the pad id, not the stop token again.",
    ),
]
