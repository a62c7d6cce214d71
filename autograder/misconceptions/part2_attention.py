"""Misconceptions of Part 2: additive attention."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "no_tanh",
        "recurrent.bahdanau",
        edits=[
            (
                "tf.tanh(projected_query + tf.tensordot(keys, w_key, 1))",
                "projected_query + tf.tensordot(keys, w_key, 1)",
            )
        ],
        hint=(
            "Without the tanh the query adds the same number to every score, and the softmax takes "
            "it out again: the weights do not depend on the query."
        ),
    ),
    Misconception(
        "multiplied",
        "recurrent.bahdanau",
        edits=[
            (
                "tf.tanh(projected_query + tf.tensordot(keys, w_key, 1))",
                "tf.tanh(projected_query * tf.tensordot(keys, w_key, 1))",
            )
        ],
        hint="The projected query and key are multiplied. Additive attention adds them.",
    ),
    Misconception(
        "no_v",
        "recurrent.bahdanau",
        edits=[
            ("tf.tensordot(energies, v, 1)", "tf.reduce_sum(energies, axis=-1)"),
        ],
        hint="The tanh's components are simply summed: each has a weight of its own, in v.",
    ),
    Misconception(
        "v_inside",
        "recurrent.bahdanau",
        edits=[
            (
                "tf.tanh(projected_query + tf.tensordot(keys, w_key, 1))",
                "tf.tanh(v * (projected_query + tf.tensordot(keys, w_key, 1)))",
            ),
            ("tf.tensordot(energies, v, 1)", "tf.reduce_sum(energies, axis=-1)"),
        ],
        hint="v stands outside the tanh: the scores may be larger than the number of components.",
    ),
    Misconception(
        "scaled",
        "recurrent.bahdanau",
        edits=[
            (
                "tf.tensordot(energies, v, 1)",
                "tf.tensordot(energies, v, 1) / float(v.shape[0]) ** 0.5",
            )
        ],
        hint="The scores are divided by a root: that belongs to dot-product attention.",
    ),
    Misconception(
        "softmax_over_the_batch",
        "recurrent.bahdanau",
        edits=[("tf.nn.softmax(scores, axis=-1)", "tf.nn.softmax(scores, axis=0)")],
        hint="The weights of one query over all keys should sum to 1; here another axis does.",
    ),
    Misconception(
        "softmax_over_the_second_axis",
        "recurrent.bahdanau",
        edits=[("tf.nn.softmax(scores, axis=-1)", "tf.nn.softmax(scores, axis=1)")],
        hint="With more axes before the keys, axis 1 is not that of the keys. Count from the end.",
    ),
    Misconception(
        "sigmoid_weights",
        "recurrent.bahdanau",
        edits=[("tf.nn.softmax(scores, axis=-1)", "tf.sigmoid(scores)")],
        hint="The weights are each between 0 and 1, and do not sum to 1.",
    ),
    Misconception(
        "naive_softmax",
        "recurrent.bahdanau",
        edits=[
            (
                "tf.nn.softmax(scores, axis=-1)",
                "tf.exp(scores) / tf.reduce_sum(tf.exp(scores), -1, keepdims=True)",
            )
        ],
        hint="The exponential of a score in the hundreds overflows; a softmax need not.",
    ),
    Misconception(
        "mask_ignored",
        "recurrent.bahdanau",
        edits=[("tf.where(mask, scores, scores.dtype.min / 2)", "scores")],
        hint="Keys off the mask still get weight.",
    ),
    Misconception(
        "mask_inverted",
        "recurrent.bahdanau",
        edits=[
            (
                "tf.where(mask, scores, scores.dtype.min / 2)",
                "tf.where(mask, scores.dtype.min / 2, scores)",
            )
        ],
        hint="True means may attend; here only the other keys get weight.",
    ),
    Misconception(
        "mask_after_softmax",
        "recurrent.bahdanau",
        edits=[
            ("scores = tf.where(mask, scores, scores.dtype.min / 2)", "pass"),
            (
                "    return tf.einsum",
                "    if mask is not None:\n"
                "        weights = weights * tf.cast(mask, weights.dtype)\n"
                "    return tf.einsum",
            ),
        ],
        hint=(
            "Weights are set to 0 after the softmax, so the rest no longer sums to 1. Mask the "
            "scores before it."
        ),
    ),
    Misconception(
        "masked_scores_zero",
        "recurrent.bahdanau",
        edits=[("tf.where(mask, scores, scores.dtype.min / 2)", "tf.where(mask, scores, 0.0)")],
        hint=(
            "A masked score of 0 still has weight: exp(0) is 1. Which score has the exponential 0?"
        ),
    ),
    Misconception(
        "scores_as_weights",
        "recurrent.bahdanau",
        edits=[("weights, values), weights", "scores, values), weights")],
        hint="The values are summed with the raw scores, not with the weights.",
    ),
    Misconception(
        "mean_of_values",
        "recurrent.bahdanau",
        edits=[
            (
                'tf.einsum("...k,...kd->...d", weights, values), weights',
                "tf.reduce_mean(weights[..., tf.newaxis] * values, axis=-2), weights",
            )
        ],
        hint="The context is the weighted sum: the weights sum to 1 already, so no mean is left.",
    ),
    Misconception(
        "scores_returned",
        "recurrent.bahdanau",
        edits=[("weights, values), weights", "weights, values), scores")],
        hint="The second result should be the weights after the softmax, not the scores.",
    ),
    Misconception(
        "mask_of_minus_100",
        "recurrent.bahdanau",
        edits=[("scores.dtype.min / 2", "-100.0")],
        hint=(
            "A hidden key still gets a weight if its score is high enough: put a far lower number "
            "in its place."
        ),
    ),
]
