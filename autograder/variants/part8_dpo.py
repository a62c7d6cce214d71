"""Variants of Part 8: the log-probability of a response, DPO, and its relatives."""

from autograder.variants import Variant

VARIANTS = [
    Variant(
        "cross_entropy",
        "preference.sequence_log_prob",
        body="""
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=tf.cast(targets, tf.int32), logits=logits
            )
            valid = tf.cast(mask, losses.dtype)
            totals = -tf.reduce_sum(losses * valid, axis=1)
            return tf.math.divide_no_nan(totals, tf.reduce_sum(valid, 1)) if average else totals
        """,
    ),
    Variant(
        "einsum",
        "preference.sequence_log_prob",
        body="""
            weights = tf.cast(mask, tf.float32)
            if average:
                weights /= tf.reduce_sum(weights, axis=-1, keepdims=True)
            return tf.einsum("bt,bt->b", token_log_probs(logits, targets), weights)
        """,
    ),
    Variant(
        "softplus",
        "preference.dpo",
        body="""
            reference = tf.stop_gradient(ref_chosen - ref_rejected)
            margin = policy_chosen - policy_rejected - reference
            return tf.reduce_mean(tf.nn.softplus(-beta * margin))
        """,
    ),
    Variant(
        "logarithm_of_sigmoid",
        "preference.dpo",
        body="""
            ref_chosen, ref_rejected = map(tf.stop_gradient, (ref_chosen, ref_rejected))
            reward_chosen = beta * (policy_chosen - ref_chosen)
            reward_rejected = beta * (policy_rejected - ref_rejected)
            return -tf.reduce_mean(tf.math.log(tf.sigmoid(reward_chosen - reward_rejected)))
        """,
    ),
    Variant(
        "keras_ops",
        "preference.dpo",
        body="""
            import keras

            chosen = keras.ops.subtract(policy_chosen, keras.ops.stop_gradient(ref_chosen))
            rejected = keras.ops.subtract(policy_rejected, keras.ops.stop_gradient(ref_rejected))
            return -keras.ops.mean(keras.ops.log_sigmoid(beta * (chosen - rejected)))
        """,
    ),
    Variant(
        "softplus",
        "preference.family",
        body=(
            """
            margin = policy_chosen - policy_rejected
            margin -= tf.stop_gradient(ref_chosen - ref_rejected)
            return tf.reduce_mean((margin - 0.5 / tau) ** 2)
            """,
            """
            chosen = policy_chosen - tf.stop_gradient(ref_chosen)
            rejected = policy_rejected - tf.stop_gradient(ref_rejected)
            z = tf.nn.relu(tf.stop_gradient(kl))
            gained = tf.reduce_mean(desirable_weight * (1 - tf.sigmoid(beta * (chosen - z))))
            lost = tf.reduce_mean(undesirable_weight * (1 - tf.sigmoid(beta * (z - rejected))))
            return (gained + lost) / 2
            """,
            """
            def complement(x):
                return tf.where(
                    x > -0.5, tf.math.log(-tf.math.expm1(x)), tf.math.log1p(-tf.exp(x))
                )

            log_odds = chosen - rejected - complement(chosen) + complement(rejected)
            return -tf.reduce_mean(chosen) + beta * tf.reduce_mean(tf.nn.softplus(-log_odds))
            """,
            """
            reference = tf.stop_gradient(ref_rejected - ref_chosen)
            margin = beta * (policy_chosen - policy_rejected + reference)
            margin -= alpha * (rejected_lengths - chosen_lengths)
            return tf.reduce_mean(tf.nn.softplus(-margin))
            """,
            "return tf.reduce_mean(tf.nn.softplus(gamma - beta * (chosen - rejected)))",
        ),
    ),
    Variant(
        "cross_entropy",
        "preference.family",
        body=(
            """
            frozen = tf.stop_gradient(ref_chosen) - tf.stop_gradient(ref_rejected)
            margin = policy_chosen - policy_rejected - frozen
            return tf.reduce_mean(tf.math.squared_difference(margin, 1.0 / (2.0 * tau)))
            """,
            """
            ref_chosen, ref_rejected = map(tf.stop_gradient, (ref_chosen, ref_rejected))
            log_ratios = tf.stack([policy_chosen - ref_chosen, ref_rejected - policy_rejected])
            point = tf.stop_gradient(tf.where(kl > 0, kl, 0.0))
            signs = tf.constant([[-1.0], [1.0]], log_ratios.dtype)
            weights = tf.constant([[desirable_weight], [undesirable_weight]], log_ratios.dtype)
            values = tf.sigmoid(beta * (log_ratios + signs * point))
            return tf.reduce_mean(weights - weights * values)
            """,
            """
            odds = chosen - tf.math.log(-tf.math.expm1(chosen))
            odds -= rejected - tf.math.log(-tf.math.expm1(rejected))
            losses = tf.nn.sigmoid_cross_entropy_with_logits(tf.ones_like(odds), odds)
            return tf.reduce_mean(beta * losses - chosen)
            """,
            """
            frozen = tf.stop_gradient(ref_chosen) - tf.stop_gradient(ref_rejected)
            logits = beta * (policy_chosen - policy_rejected - frozen)
            logits += alpha * (chosen_lengths - rejected_lengths)
            losses = tf.nn.sigmoid_cross_entropy_with_logits(tf.ones_like(logits), logits)
            return tf.reduce_mean(losses)
            """,
            """
            logits = beta * (chosen - rejected) - gamma
            return tf.reduce_mean(
                tf.nn.sigmoid_cross_entropy_with_logits(tf.ones_like(logits), logits)
            )
            """,
        ),
    ),
    Variant(
        "two_classes",
        "preference.dpo",
        body="""
            h = tf.stack(
                [
                    policy_chosen - tf.stop_gradient(ref_chosen),
                    policy_rejected - tf.stop_gradient(ref_rejected),
                ],
                1,
            )
            return -tf.reduce_mean(tf.nn.log_softmax(beta * h, axis=1)[:, 0])
        """,
    ),
    Variant(
        "rewritten",
        "preference.family",
        body=(
            """
            margin = (policy_chosen - policy_rejected) - tf.stop_gradient(ref_chosen - ref_rejected)
            return tf.reduce_mean((margin - 0.5 / tau) ** 2)
            """,
            """
            z = tf.stop_gradient(tf.nn.relu(tf.cast(kl, tf.float32)))
            hw = policy_chosen - tf.stop_gradient(ref_chosen)
            hl = policy_rejected - tf.stop_gradient(ref_rejected)
            good = desirable_weight * (1 - tf.sigmoid(beta * (hw - z)))
            bad = undesirable_weight * (1 - tf.sigmoid(beta * (z - hl)))
            return (tf.reduce_mean(good) + tf.reduce_mean(bad)) / 2
            """,
            """
            def log1mexp(x):
                return tf.where(
                    x > -0.6931472, tf.math.log(-tf.math.expm1(x)), tf.math.log1p(-tf.exp(x))
                )

            odds = (chosen - log1mexp(chosen)) - (rejected - log1mexp(rejected))
            return -tf.reduce_mean(chosen) + beta * tf.reduce_mean(tf.nn.softplus(-odds))
            """,
            """
            h = (
                policy_chosen
                - policy_rejected
                - tf.stop_gradient(ref_chosen)
                + tf.stop_gradient(ref_rejected)
            )
            return tf.reduce_mean(
                tf.nn.softplus(-(beta * h + alpha * chosen_lengths - alpha * rejected_lengths))
            )
            """,
            """
            z = gamma - beta * (chosen - rejected)
            return tf.reduce_mean(tf.math.softplus(z))
            """,
        ),
    ),
    Variant(
        "as_in_libraries",
        "preference.family",
        edits=[
            (
                "log_prob - tf.math.log(-tf.math.expm1(log_prob))",
                "log_prob - tf.math.log1p(-tf.exp(log_prob))",
            )
        ],
    ),
]
