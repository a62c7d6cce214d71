"""Misconceptions of Part 5: the transformer."""

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
        "no_scale",
        "attention.scaled_dot_product",
        edits=[("tf.matmul(query * scale, key", "tf.matmul(query, key")],
        hint="The scores grow with the width of a head: what does the formula divide by?",
    ),
    Misconception(
        "divided_by_width",
        "attention.scaled_dot_product",
        edits=[("query.dtype) ** -0.5", "query.dtype) ** -1.0")],
        hint="The scores are divided by d, and the formula divides by something smaller.",
    ),
    Misconception(
        "scaled_by_length",
        "attention.scaled_dot_product",
        edits=[("tf.cast(query.shape[-1],", "tf.cast(query.shape[-2],")],
        hint="The scale uses the number of queries. The d of the formula is the width of a key.",
    ),
    Misconception(
        "softmax_over_queries",
        "attention.scaled_dot_product",
        edits=[("tf.nn.softmax(scores, axis=-1)", "tf.nn.softmax(scores, axis=-2)")],
        hint=(
            "The weights of a *key* add up to 1. Each query should spread a total of 1 over its "
            "keys: which axis are they on?"
        ),
    ),
    Misconception(
        "mask_inverted",
        "attention.scaled_dot_product",
        edits=[
            (
                "tf.where(mask, tf.zeros([], scores.dtype), scores.dtype.min / 2)",
                "tf.where(mask, scores.dtype.min / 2, tf.zeros([], scores.dtype))",
            )
        ],
        hint="The mask hides what it should show: True means that a query may attend.",
    ),
    Misconception(
        "mask_ignored",
        "attention.scaled_dot_product",
        edits=[
            ("scores += tf.where(mask, tf.zeros([], scores.dtype), scores.dtype.min / 2)", "pass")
        ],
        hint="The mask changes nothing.",
    ),
    Misconception(
        "mask_after_softmax",
        "attention.scaled_dot_product",
        body="""
            query, key, value = (tf.convert_to_tensor(x) for x in (query, key, value))
            scores = tf.matmul(query, key, transpose_b=True) * query.shape[-1] ** -0.5
            weights = tf.nn.softmax(scores, axis=-1)
            if mask is not None:
                weights *= tf.cast(mask, weights.dtype)
            return tf.matmul(weights, value), weights
        """,
        hint=(
            "The weights of a row no longer add up to 1, because they are masked after the "
            "softmax. Mask the scores before it."
        ),
    ),
    Misconception(
        "minus_infinity",
        "attention.scaled_dot_product",
        edits=[("scores.dtype.min / 2", 'scores.dtype.as_numpy_dtype("-inf")')],
        hint=(
            "A row that may attend nowhere has nothing but -inf, and its softmax is 0/0. A very "
            "large negative number does the same for other rows, and stays finite here."
        ),
    ),
    Misconception(
        "weak_mask",
        "attention.scaled_dot_product",
        edits=[("scores.dtype.min / 2", "-1.0")],
        hint="Hidden keys still get a visible weight: their scores are lowered too little.",
    ),
    Misconception(
        "multiplied_mask",
        "attention.scaled_dot_product",
        edits=[
            (
                "scores += tf.where(mask, tf.zeros([], scores.dtype), scores.dtype.min / 2)",
                "scores *= tf.cast(mask, scores.dtype)",
            )
        ],
        hint="A score of 0 is not hidden: after the softmax it has a weight like any other.",
    ),
    Misconception(
        "scale_after_softmax",
        "attention.scaled_dot_product",
        edits=[
            ("tf.matmul(query * scale, key", "tf.matmul(query, key"),
            ("tf.nn.softmax(scores, axis=-1)", "tf.nn.softmax(scores, axis=-1) * scale"),
        ],
        hint="The scale belongs inside the softmax: the weights of a row add up to 1.",
    ),
]
