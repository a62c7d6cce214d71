"""Misconceptions of Part 4: the nucleus."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "crossing_token_dropped",
        "sampling.top_p",
        edits=[
            ("exclusive=True", "exclusive=False"),
            ("keep_in_order = before < p", "keep_in_order = before <= p"),
        ],
        hint=(
            "The nucleus does not reach p: the token with which the sum passes p is dropped, and "
            "with a small p nothing is left."
        ),
    ),
    Misconception(
        "one_too_many",
        "sampling.top_p",
        edits=[("before < p", "before - probabilities < p")],
        hint="The nucleus holds one token more than it needs to reach p.",
    ),
    Misconception(
        "sorted_logits",
        "sampling.top_p",
        edits=[
            (
                "return tf.where(keep, logits,",
                "return tf.where(keep_in_order, tf.gather(logits, order, batch_dims=1),",
            )
        ],
        hint=(
            "The logits come back sorted. Entry i must still be the logit of token i, or the "
            "sampler draws other tokens."
        ),
    ),
    Misconception(
        "decision_not_taken_back",
        "sampling.top_p",
        edits=[("tf.where(keep, logits", "tf.where(keep_in_order, logits")],
        hint=(
            "What is kept was decided in sorted order, and then used in the vocabulary's order. "
            "Permute a row: the same tokens should be kept."
        ),
    ),
    Misconception(
        "order_for_its_inverse",
        "sampling.top_p",
        edits=[
            (
                "tf.scatter_nd(places, keep_in_order, tf.shape(order))",
                "tf.gather(keep_in_order, order, batch_dims=1)",
            )
        ],
        hint=(
            "The decision goes back to the vocabulary's order by the permutation that sorted it. "
            "Going back takes the inverse permutation."
        ),
    ),
    Misconception(
        "ascending",
        "sampling.top_p",
        edits=[('"DESCENDING"', '"ASCENDING"')],
        hint="The sum starts from the least probable tokens: in which direction is it sorted?",
    ),
    Misconception(
        "without_sorting",
        "sampling.top_p",
        body="""
            if p == 1:
                return logits
            before = tf.cumsum(tf.nn.softmax(logits), axis=-1, exclusive=True)
            return tf.where(before < p, logits, -float("inf"))
        """,
        hint="The sum runs in the order of the vocabulary. It should start at the best token.",
    ),
    Misconception(
        "logits_summed",
        "sampling.top_p",
        edits=[
            (
                "tf.nn.softmax(tf.gather(logits, order, batch_dims=1), axis=-1)",
                "tf.gather(logits, order, batch_dims=1)",
            )
        ],
        hint="p is compared with a sum of logits; it is a bound on a sum of probabilities.",
    ),
    Misconception(
        "softmax_over_the_batch",
        "sampling.top_p",
        edits=[("batch_dims=1), axis=-1)\n", "batch_dims=1), axis=0)\n")],
        hint="The probabilities of a row do not add up to 1: over which axis is the softmax?",
    ),
    Misconception(
        "exponentials",
        "sampling.top_p",
        edits=[
            (
                "tf.nn.softmax(tf.gather(logits, order, batch_dims=1), axis=-1)",
                "tf.exp(tf.gather(logits, order, batch_dims=1))",
            )
        ],
        hint="The exponentials are not normalised, so their sum says nothing about p.",
    ),
    Misconception(
        "tail_lost_at_one",
        "sampling.top_p",
        edits=[("if p == 1:", "if p > 1:")],
        hint=(
            "With p = 1 everything should stay, also a token before which the sum has already "
            "been rounded to 1."
        ),
    ),
    Misconception(
        "each_token_against_p",
        "sampling.top_p",
        body="""
            probabilities = tf.nn.softmax(logits)
            best = tf.reduce_max(probabilities, axis=-1, keepdims=True)
            keep = (probabilities >= p) | (probabilities == best) | (p == 1)
            return tf.where(keep, logits, -float("inf"))
        """,
        hint="Each token alone is compared with p. The bound holds for the sum over the nucleus.",
    ),
    Misconception(
        "relative_to_the_best",
        "sampling.top_p",
        body="""
            probabilities = tf.nn.softmax(logits)
            best = tf.reduce_max(probabilities, axis=-1, keepdims=True)
            keep = (probabilities >= (1 - p) * best) | (p == 1)
            return tf.where(keep, logits, -float("inf"))
        """,
        hint="This bounds each token relative to the best one. The nucleus is bounded by its sum.",
    ),
    Misconception(
        "the_rest",
        "sampling.top_p",
        edits=[("before < p", "before < 1 - p")],
        hint="The nucleus has the mass 1 - p instead of p: a larger p should keep more.",
    ),
    Misconception(
        "zeros",
        "sampling.top_p",
        edits=[('-float("inf")', "0.0")],
        hint=(
            "A logit of 0 still has a probability. Which logit gives a probability of exactly 0 "
            "after the softmax?"
        ),
    ),
    Misconception(
        "one_nucleus_for_all",
        "sampling.top_p",
        edits=[
            (
                "keep_in_order = before < p",
                "count = tf.reduce_max(tf.math.count_nonzero(before < p, axis=-1))\n"
                "    places = tf.cumsum(tf.ones_like(order), axis=-1)\n"
                "    keep_in_order = places <= tf.cast(count, places.dtype)",
            )
        ],
        hint="The batch shares one size of the nucleus. Each row has its own.",
    ),
]
