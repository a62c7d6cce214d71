"""Misconceptions of Part 7: log-probabilities, and the reward model's loss."""

from autograder.misconceptions import Misconception

_LOG_PROBS = "-tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)"
_ENTROPY = "-tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=-1)"
_LOG_SIGMOID = "tf.math.log_sigmoid(chosen_rewards - rejected_rewards)"
_PAIRS = "list(itertools.combinations(ranking, 2))"

MISCONCEPTIONS = [
    Misconception(
        "sign",
        "rlhf.log_probs",
        edits=[(f"return {_LOG_PROBS}", f"return -({_LOG_PROBS})")],
        hint="These are losses: a log-probability is never positive.",
    ),
    Misconception(
        "probabilities",
        "rlhf.log_probs",
        edits=[(f"return {_LOG_PROBS}", f"return tf.exp({_LOG_PROBS})")],
        hint="These are probabilities. Their logarithm is asked for.",
    ),
    Misconception(
        "logits_of_targets",
        "rlhf.log_probs",
        edits=[(_LOG_PROBS, "tf.gather(logits, targets, axis=-1, batch_dims=2)")],
        hint="These are the targets' logits, not yet normalised over the vocabulary.",
    ),
    Misconception(
        "softmax_twice",
        "rlhf.log_probs",
        edits=[("logits=logits)", "logits=tf.nn.softmax(logits))")],
        hint="The softmax is applied twice: the loss of the library expects logits.",
    ),
    Misconception(
        "softmax_over_time",
        "rlhf.log_probs",
        edits=[("tf.nn.log_softmax(logits)", "tf.nn.log_softmax(logits, axis=1)")],
        hint="The entropy is normalised over time. The distribution is over the vocabulary.",
    ),
    Misconception(
        "overflow",
        "rlhf.log_probs",
        edits=[
            (
                "tf.nn.log_softmax(logits)",
                "logits - tf.math.log(tf.reduce_sum(tf.exp(logits), -1, keepdims=True))",
            )
        ],
        hint=(
            "With large logits exp overflows. Subtract the largest logit first, or use a function "
            "of the library that does so."
        ),
    ),
    Misconception(
        "entropy_in_bits",
        "rlhf.log_probs",
        edits=[(_ENTROPY, f"{_ENTROPY} / 0.6931471805599453")],
        hint="This entropy is in bits. The course counts in nats, by the natural logarithm.",
    ),
    Misconception(
        "entropy_sign",
        "rlhf.log_probs",
        edits=[(_ENTROPY, _ENTROPY.removeprefix("-"))],
        hint="The entropy is negative here. It is 0 where one token is certain, and else positive.",
    ),
    Misconception(
        "entropy_averaged",
        "rlhf.log_probs",
        edits=[(_ENTROPY, _ENTROPY.replace("reduce_sum", "reduce_mean"))],
        hint="The entropy is a sum over the vocabulary; here it is a mean.",
    ),
    Misconception(
        "entropy_of_likeliest",
        "rlhf.log_probs",
        edits=[(_ENTROPY, "-tf.reduce_max(log_probs, axis=-1)")],
        hint=(
            "This is the surprise at one token. The entropy is its expectation over the whole "
            "vocabulary."
        ),
    ),
    Misconception(
        "pair_swapped",
        "rlhf.bradley_terry",
        edits=[(_LOG_SIGMOID, "tf.math.log_sigmoid(rejected_rewards - chosen_rewards)")],
        hint="The loss falls when the rejected response gains: the pair is exchanged.",
    ),
    Misconception(
        "no_logarithm",
        "rlhf.bradley_terry",
        edits=[(_LOG_SIGMOID, "tf.sigmoid(chosen_rewards - rejected_rewards)")],
        hint="This is the probability of the preference. The loss is its negative logarithm.",
    ),
    Misconception(
        "unstable",
        "rlhf.bradley_terry",
        edits=[(_LOG_SIGMOID, "tf.math.log(tf.sigmoid(chosen_rewards - rejected_rewards))")],
        hint=(
            "At a difference of -200 the sigmoid rounds to 0, and its logarithm is infinite. Take "
            "both in one function."
        ),
    ),
    Misconception(
        "stable_by_a_floor",
        "rlhf.bradley_terry",
        edits=[(_LOG_SIGMOID, "tf.math.log(tf.sigmoid(chosen_rewards - rejected_rewards) + 1e-8)")],
        hint=(
            "A small number inside the logarithm keeps the loss finite, and flattens it: the worst "
            "mistakes give no gradient."
        ),
    ),
    Misconception(
        "sum",
        "rlhf.bradley_terry",
        edits=[("-tf.reduce_mean(tf.math.log_sigmoid", "-tf.reduce_sum(tf.math.log_sigmoid")],
        hint="The pairs' losses are added up. The mean does not grow with the batch.",
    ),
    Misconception(
        "sign_of_loss",
        "rlhf.bradley_terry",
        edits=[("return -tf.reduce_mean", "return tf.reduce_mean")],
        hint="The minus is missing: training would make preferences less likely.",
    ),
    Misconception(
        "hinge",
        "rlhf.bradley_terry",
        edits=[
            (
                f"-tf.reduce_mean({_LOG_SIGMOID})",
                "tf.reduce_mean(tf.nn.relu(1.0 - (chosen_rewards - rejected_rewards)))",
            )
        ],
        hint="This is a hinge loss. Bradley and Terry's model makes the preference a sigmoid.",
    ),
    Misconception(
        "neighbours_only",
        "rlhf.bradley_terry",
        edits=[(_PAIRS, "list(itertools.pairwise(ranking))")],
        hint="Only neighbours in the ranking are paired: M responses give M(M - 1)/2 pairs.",
    ),
    Misconception(
        "best_against_all",
        "rlhf.bradley_terry",
        edits=[(_PAIRS, "[(ranking[0], other) for other in ranking[1:]]")],
        hint="Only the best response is compared with the others; the others have an order too.",
    ),
    Misconception(
        "loser_first",
        "rlhf.bradley_terry",
        edits=[(_PAIRS, "[(b, a) for a, b in itertools.combinations(ranking, 2)]")],
        hint="The loser stands first in each pair. The ranking begins with the best.",
    ),
    Misconception(
        "all_ordered_pairs",
        "rlhf.bradley_terry",
        edits=[(_PAIRS, "list(itertools.permutations(ranking, 2))")],
        hint="Every pair comes twice, once with the wrong winner.",
    ),
    Misconception(
        "positions",
        "rlhf.bradley_terry",
        edits=[(_PAIRS, "list(itertools.combinations(range(len(ranking)), 2))")],
        hint="The pairs hold places in the ranking. They should hold the responses' indices.",
    ),
    Misconception(
        "batch_of_one_lost",
        "rlhf.log_probs",
        edits=[
            (
                "return -tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=-1)",
                "return tf.squeeze(-tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=-1))",
            )
        ],
        hint=(
            "tf.squeeze removes every axis of length 1, also that of a batch of one. Name the axis."
        ),
    ),
    Misconception(
        "epsilon_in_the_log",
        "rlhf.log_probs",
        edits=[
            (
                "return -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, "
                "logits=logits)",
                "probabilities = tf.gather(tf.nn.softmax(logits), targets, batch_dims=2)\n"
                "    return tf.math.log(probabilities + 1e-8)",
            )
        ],
        hint=(
            "An epsilon inside the logarithm hides how improbable a token is. From the logits the "
            "log-probability needs none."
        ),
    ),
]
