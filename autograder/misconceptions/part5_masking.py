"""Misconceptions of Part 5: masks."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "excludes_itself",
        "masking.causal",
        edits=[("key_positions <= query_positions", "key_positions < query_positions")],
        hint="A token may attend to itself: the first query would otherwise see nothing at all.",
    ),
    Misconception(
        "upper_triangle",
        "masking.causal",
        edits=[("key_positions <= query_positions", "key_positions >= query_positions")],
        hint="Each query sees the future instead of the past. True means that it may attend.",
    ),
    Misconception(
        "inverted",
        "masking.causal",
        edits=[("key_positions <= query_positions", "key_positions > query_positions")],
        hint="The mask marks what is hidden. Here True means that a query may attend.",
    ),
    Misconception(
        "first_queries",
        "masking.causal",
        edits=[(" + (key_length - query_length)", "")],
        hint=(
            "With fewer queries than keys, the queries are taken for the first positions. They are "
            "the last ones: a new token in cached decoding sees every earlier key."
        ),
    ),
    Misconception(
        "additive",
        "masking.causal",
        edits=[
            (
                "return key_positions <= query_positions",
                "return tf.where(key_positions <= query_positions, 0.0, -1e9)",
            )
        ],
        hint="This is the additive form. The mask itself is boolean; attention turns it into that.",
    ),
    Misconception(
        "keys_as_queries",
        "masking.causal",
        edits=[
            (
                "key_length = query_length if key_length is None else key_length",
                "key_length = query_length",
            )
        ],
        hint="The mask is always square: the number of keys is ignored.",
    ),
    Misconception(
        "sliding_window",
        "masking.causal",
        edits=[
            (
                "return key_positions <= query_positions",
                "near = query_positions - key_positions < 32\n"
                "    return (key_positions <= query_positions) & near",
            )
        ],
        hint="Only the last few keys are seen. A query may attend to all of its past.",
    ),
    Misconception(
        "one_key_late",
        "masking.causal",
        edits=[("(key_length - query_length)", "(key_length - query_length + 1)")],
        hint="Each query sees one key of the future.",
    ),
    Misconception(
        "inverted",
        "masking.padding",
        edits=[("tf.not_equal(", "tf.equal(")],
        hint="The mask marks the padding. True means that a token counts.",
    ),
    Misconception(
        "no_axes",
        "masking.padding",
        edits=[("[:, tf.newaxis, tf.newaxis, :]", "")],
        hint=(
            "The mask has no axes for heads and queries, so it cannot be broadcast against the "
            "scores (B, H, Q, K)."
        ),
    ),
    Misconception(
        "queries_hidden",
        "masking.padding",
        edits=[("[:, tf.newaxis, tf.newaxis, :]", "[:, tf.newaxis, :, tf.newaxis]")],
        hint="Padding is hidden as a query. Who must not be looked at? The padded keys.",
    ),
    Misconception(
        "zero_is_padding",
        "masking.padding",
        edits=[("(token_ids, pad_id)", "(token_ids, 0)")],
        hint="The pad id is taken for 0, whatever is given.",
    ),
    Misconception(
        "from_the_first_pad",
        "masking.padding",
        edits=[
            (
                "tf.not_equal(token_ids, pad_id)",
                "(tf.cumsum(tf.cast(tf.equal(token_ids, pad_id), tf.int32), axis=1) == 0)",
            )
        ],
        hint="Everything behind the first pad is hidden. Only padding itself is: look at each id.",
    ),
    Misconception(
        "larger_ids",
        "masking.padding",
        edits=[("tf.not_equal(token_ids, pad_id)", "tf.greater(token_ids, pad_id)")],
        hint="Ids below the pad id are taken for padding.",
    ),
    Misconception(
        "either",
        "masking.padding",
        edits=[("tf.logical_and(", "tf.logical_or(")],
        hint="What one mask allows is allowed. What one mask hides should be hidden.",
    ),
    Misconception(
        "last_mask",
        "masking.padding",
        edits=[("tf.logical_and(combined, mask)", "mask")],
        hint="Of several masks only the last has an effect.",
    ),
    Misconception(
        "first_mask",
        "masking.padding",
        edits=[("tf.logical_and(combined, mask)", "combined")],
        hint="Of several masks only the first has an effect.",
    ),
    Misconception(
        "none_wins",
        "masking.padding",
        body=(
            None,
            """
            if any(mask is None for mask in masks):
                return None
            combined = masks[0]
            for mask in masks[1:]:
                combined = tf.logical_and(combined, mask)
            return combined
            """,
        ),
        hint="One None removes all other masks. None allows everything, so it changes nothing.",
    ),
    Misconception(
        "as_floats",
        "masking.padding",
        edits=[
            (
                "return combined",
                "return None if combined is None else tf.cast(combined, tf.float32)",
            )
        ],
        hint="The joined mask holds numbers. Masks are boolean until attention uses them.",
    ),
]
