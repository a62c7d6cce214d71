"""Misconceptions of Part 4: sampling."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
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
        edits=[("threshold = best[:, -1:]", "threshold = tf.reduce_min(best)")],
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
]
