"""Misconceptions of Part 4: sampling."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "multiplied",
        "sampling.temperature",
        edits=[("logits / temperature", "logits * temperature")],
        hint="A high temperature should flatten the distribution; here it sharpens it.",
    ),
    Misconception(
        "probabilities",
        "sampling.temperature",
        edits=[("return logits / temperature", "return tf.nn.softmax(logits / temperature)")],
        hint="The result is already probabilities. Logits are asked for: the softmax comes later.",
    ),
    Misconception(
        "temperature_after_softmax",
        "sampling.temperature",
        edits=[("return logits / temperature", "return tf.nn.softmax(logits) / temperature")],
        hint="The temperature divides the logits, before any softmax.",
    ),
    Misconception(
        "one_plus_temperature",
        "sampling.temperature",
        edits=[("logits / temperature", "logits / (1 + temperature)")],
        hint="At temperature 1 the logits should not change at all.",
    ),
    Misconception(
        "least_probable",
        "sampling.temperature",
        edits=[("tf.argmax(", "tf.argmin(")],
        hint="The least probable token is chosen, not the most probable.",
    ),
    Misconception(
        "over_the_batch",
        "sampling.temperature",
        edits=[("tf.argmax(logits, axis=-1,", "tf.argmax(logits, axis=0,")],
        hint="There should be one choice for each row: on which axis is the vocabulary?",
    ),
    Misconception(
        "float_ids",
        "sampling.temperature",
        edits=[
            (
                "return tf.argmax(logits, axis=-1, output_type=tf.int32)",
                "return tf.reduce_max(logits, axis=-1)",
            )
        ],
        hint="greedy returns the largest logit; asked for is the place at which it stands.",
    ),
    Misconception(
        "zero_divides",
        "sampling.temperature",
        edits=[("if temperature == 0:", "if temperature is None:")],
        hint="Dividing by a temperature of 0 gives infinities and NaN: it is a case of its own.",
    ),
    Misconception(
        "zero_keeps_ties",
        "sampling.temperature",
        edits=[
            (
                "tf.where(is_best, logits",
                "tf.where(logits >= tf.reduce_max(logits, axis=-1, keepdims=True), logits",
            )
        ],
        hint=(
            "At temperature 0 equal largest logits share the probability, so the choice is random. "
            "Keep the one that greedy chooses."
        ),
    ),
    Misconception(
        "zero_changes_nothing",
        "sampling.temperature",
        edits=[('return tf.where(is_best, logits, -float("inf"))', "return logits")],
        hint="Temperature 0 is not 'no temperature': it is the greedy limit.",
    ),
    Misconception(
        "zero_gives_zeros",
        "sampling.temperature",
        edits=[('-float("inf")', "0.0")],
        hint=(
            "At temperature 0 the other tokens still have a probability: a logit of 0 is not a "
            "probability of 0."
        ),
    ),
    Misconception(
        "sorted",
        "sampling.top_k",
        body="""
            size = logits.shape[-1]
            best = tf.math.top_k(logits, k=min(k, size)).values
            return tf.pad(best, [[0, 0], [0, size - best.shape[-1]]], constant_values=-float("inf"))
        """,
        hint=(
            "The largest logits were moved to the front. A token's logit must stay at that token's "
            "place, or the sampler draws other tokens."
        ),
    ),
    Misconception(
        "zeros",
        "sampling.top_k",
        edits=[('-float("inf")', "0.0")],
        hint=(
            "A logit of 0 still has a probability. Which logit gives a probability of exactly 0 "
            "after the softmax?"
        ),
    ),
    Misconception(
        "strictly_above",
        "sampling.top_k",
        edits=[("logits >= threshold", "logits > threshold")],
        hint="One token too few is kept: does the k-th largest itself pass the comparison?",
    ),
    Misconception(
        "one_threshold",
        "sampling.top_k",
        edits=[("tf.reduce_min(best, axis=-1, keepdims=True)", "tf.reduce_min(best)")],
        hint="The batch shares one threshold. Each row has its own k-th largest logit.",
    ),
    Misconception(
        "smallest",
        "sampling.top_k",
        body="""
            lowest = -tf.math.top_k(-logits, k=min(k, logits.shape[-1])).values
            return tf.where(logits <= lowest[:, -1:], logits, -float("inf"))
        """,
        hint="The least probable tokens are kept, not the most probable.",
    ),
    Misconception(
        "by_index",
        "sampling.top_k",
        body="""
            indices = tf.math.top_k(logits, k=min(k, logits.shape[-1])).indices
            kept = tf.reduce_max(tf.one_hot(indices, logits.shape[-1]), axis=1) > 0
            return tf.where(kept, logits, -float("inf"))
        """,
        hint="Of several tokens that tie with the k-th only some are kept: keep all of the tie.",
    ),
    Misconception(
        "no_bound",
        "sampling.top_k",
        edits=[("k=min(k, logits.shape[-1])", "k=k")],
        hint="When k is larger than the vocabulary, there is nothing to cut.",
    ),
    Misconception(
        "probabilities",
        "sampling.top_k",
        body="""
            probabilities = tf.nn.softmax(logits)
            best = tf.math.top_k(probabilities, k=min(k, logits.shape[-1])).values
            return tf.where(probabilities >= best[:, -1:], probabilities, -float("inf"))
        """,
        hint="A filter maps logits to logits; the probabilities come later.",
    ),
    Misconception(
        "one_more",
        "sampling.top_k",
        edits=[("k=min(k, logits.shape[-1])", "k=min(k + 1, logits.shape[-1])")],
        hint="One token too many is kept.",
    ),
    Misconception(
        "different_values",
        "sampling.top_k",
        body="""
            rows = []
            for row in tf.convert_to_tensor(logits):
                values = tf.sort(tf.unique(row).y, direction="DESCENDING")
                threshold = values[min(k, values.shape[0]) - 1]
                rows.append(tf.where(row >= threshold, row, -float("inf")))
            return tf.stack(rows)
        """,
        hint="Equal logits are counted as one. The k-th largest is found with repetitions.",
    ),
    Misconception(
        "by_probability",
        "sampling.top_k",
        body="""
            probabilities = tf.nn.softmax(logits)
            best = tf.math.top_k(probabilities, k=min(k, logits.shape[-1])).values
            return tf.where(probabilities >= best[:, -1:], logits, -float("inf"))
        """,
        hint=(
            "Probabilities of very different tokens round to the same 0, and then tie. Compare the "
            "logits themselves."
        ),
    ),
    Misconception(
        "near_ties_kept",
        "sampling.top_k",
        edits=[("logits >= threshold", "logits >= threshold - 2e-3")],
        hint="More than k tokens are kept where logits are close. Only equal ones are a tie.",
    ),
    Misconception(
        "batch_of_one_lost",
        "sampling.top_k",
        edits=[
            (
                'return tf.where(logits >= threshold, logits, -float("inf"))',
                'return tf.squeeze(tf.where(logits >= threshold, logits, -float("inf")))',
            )
        ],
        hint=(
            "tf.squeeze removes every axis of length 1, also that of a batch of one. Name the axis."
        ),
    ),
]
