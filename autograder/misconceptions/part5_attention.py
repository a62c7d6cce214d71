"""Misconceptions of Part 5: scaled dot-product attention."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "no_scale",
        "attention.scaled_dot_product",
        edits=[("tf.matmul(query * scale, key", "tf.matmul(query, key")],
        hint="The scores grow with the width of a head: what does the formula divide by?",
    ),
    Misconception(
        "multiplied_by_root",
        "attention.scaled_dot_product",
        edits=[("query.dtype) ** -0.5", "query.dtype) ** 0.5")],
        hint="The scores are multiplied by the root of d. The formula divides by it.",
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
        "small_bias",
        "attention.scaled_dot_product",
        edits=[("scores.dtype.min / 2", "-1000.0")],
        hint=(
            "A hidden key with a large score is still seen: the number that the mask adds is not "
            "negative enough."
        ),
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
    Misconception(
        "naive_softmax",
        "attention.scaled_dot_product",
        edits=[
            (
                "tf.nn.softmax(scores, axis=-1)",
                "tf.math.divide_no_nan(tf.exp(scores), "
                "tf.reduce_sum(tf.exp(scores), axis=-1, keepdims=True))",
            )
        ],
        hint="exp overflows for large scores. A softmax first subtracts the largest of a row.",
    ),
    Misconception(
        "mask_transposed",
        "attention.scaled_dot_product",
        edits=[("tf.where(mask,", "tf.where(tf.linalg.matrix_transpose(mask),")],
        hint="The mask's axes are exchanged. Its last axis is that of the keys.",
    ),
    Misconception(
        "scores_returned",
        "attention.scaled_dot_product",
        edits=[("tf.matmul(weights, value), weights", "tf.matmul(weights, value), scores")],
        hint="The second result holds the scores; asked for are the weights behind the softmax.",
    ),
]
