"""Variants of Part 7: log-probabilities, rewards, advantages, and the losses of PPO."""

from autograder.variants import Variant

VARIANTS = [
    Variant(
        "gather",
        "rlhf.log_probs",
        body=(
            "return tf.gather(tf.nn.log_softmax(logits), targets, axis=-1, batch_dims=2)",
            """
            probabilities = tf.nn.softmax(logits)
            mean = tf.reduce_sum(probabilities * logits, axis=-1)
            return tf.reduce_logsumexp(logits, axis=-1) - mean
            """,
        ),
    ),
    Variant(
        "by_hand",
        "rlhf.log_probs",
        body=(
            """
            logits -= tf.stop_gradient(tf.reduce_max(logits, axis=-1, keepdims=True))
            total = tf.math.log(tf.reduce_sum(tf.exp(logits), axis=-1))
            one_hot = tf.one_hot(targets, logits.shape[-1], dtype=logits.dtype)
            return tf.einsum("btv,btv->bt", logits, one_hot) - total
            """,
            """
            probabilities = tf.nn.softmax(logits)
            return -tf.reduce_sum(tf.math.xlogy(probabilities, probabilities), axis=-1)
            """,
        ),
    ),
    Variant(
        "cross_entropy",
        "rlhf.log_probs",
        body=(
            None,
            """
            return tf.nn.softmax_cross_entropy_with_logits(
                labels=tf.nn.softmax(logits), logits=logits
            )
            """,
        ),
    ),
    Variant(
        "softplus",
        "rlhf.bradley_terry",
        body=(
            "return tf.reduce_mean(tf.nn.softplus(rejected_rewards - chosen_rewards))",
            """
            return [
                (ranking[i], ranking[j])
                for j in range(1, len(ranking))
                for i in range(j)
            ]
            """,
        ),
    ),
    Variant(
        "cross_entropy",
        "rlhf.bradley_terry",
        body=(
            """
            both = tf.stack([chosen_rewards, rejected_rewards], axis=-1)
            first = tf.zeros(tf.shape(both)[:-1], tf.int32)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=first, logits=both)
            return tf.reduce_mean(losses)
            """,
            """
            pairs = []
            while ranking:
                best, *ranking = ranking
                pairs += [(best, other) for other in ranking]
            return pairs
            """,
        ),
    ),
    Variant(
        "logits_of_one_class",
        "rlhf.bradley_terry",
        body=(
            """
            margin = chosen_rewards - rejected_rewards
            losses = tf.nn.sigmoid_cross_entropy_with_logits(tf.ones_like(margin), margin)
            return tf.reduce_sum(losses) / tf.cast(tf.size(losses), losses.dtype)
            """,
            None,
        ),
    ),
    Variant(
        "one_hot",
        "rlhf.token_rewards",
        body="""
            steps = tf.shape(mask)[1]
            last = steps - 1 - tf.argmax(tf.reverse(mask, [1]), axis=1, output_type=tf.int32)
            scores = tf.one_hot(last, steps, dtype=score.dtype) * score[:, None]
            return (beta * (ref_log_probs - log_probs) + scores) * tf.cast(mask, score.dtype)
        """,
    ),
    Variant(
        "next_is_padding",
        "rlhf.token_rewards",
        body="""
            following = tf.concat([mask[:, 1:], tf.zeros_like(mask[:, :1])], axis=1)
            is_last = tf.logical_and(mask, tf.logical_not(following))
            rewards = tf.where(mask, -beta * log_probs + beta * ref_log_probs, 0.0)
            return tf.where(is_last, rewards + tf.expand_dims(score, 1), rewards)
        """,
    ),
    Variant(
        "scatter",
        "rlhf.token_rewards",
        body="""
            kl = tf.where(mask, log_probs - ref_log_probs, tf.zeros_like(log_probs))
            places = tf.range(tf.shape(mask)[1])
            last = tf.reduce_max(tf.where(mask, places, -1), axis=1)
            indices = tf.stack([tf.range(tf.shape(mask)[0]), tf.maximum(last, 0)], axis=1)
            return tf.tensor_scatter_nd_add(-beta * kl, indices, tf.where(last < 0, 0.0, score))
        """,
    ),
    Variant(
        "loop",
        "rlhf.gae",
        body="""
            valid = tf.cast(mask, values.dtype)
            steps = values.shape[1]
            advantage = next_value = tf.zeros_like(values[:, 0])
            found = []
            for t in reversed(range(steps)):
                delta = rewards[:, t] + gamma * next_value - values[:, t]
                advantage = (delta + gamma * lam * advantage) * valid[:, t]
                next_value = values[:, t] * valid[:, t]
                found.append(advantage)
            advantages = tf.stack(found[::-1], axis=1)
            return advantages, (advantages + values) * valid
        """,
    ),
    Variant(
        "matrix",
        "rlhf.gae",
        body="""
            kept = tf.where(mask, values, 0.0)
            following = tf.pad(kept, [[0, 0], [0, 1]])[:, 1:]
            deltas = tf.where(mask, rewards + gamma * following - kept, 0.0)
            steps = tf.range(tf.shape(values)[1])
            distance = steps[tf.newaxis, :] - steps[:, tf.newaxis]
            powers = tf.pow(tf.cast(gamma * lam, deltas.dtype), tf.cast(distance, deltas.dtype))
            weights = tf.where(distance >= 0, powers, 0.0)
            advantages = tf.where(mask, tf.einsum("bs,ts->bt", deltas, weights), 0.0)
            return advantages, advantages + kept
        """,
    ),
    Variant(
        "numpy",
        "rlhf.gae",
        body="""
            rewards, values, valid = rewards.numpy(), values.numpy(), mask.numpy()
            advantages = rewards * 0
            for b, row in enumerate(valid):
                later = after = 0.0
                for t in reversed(row.nonzero()[0]):
                    delta = rewards[b, t] + gamma * after - values[b, t]
                    later = advantages[b, t] = delta + gamma * lam * later
                    after = values[b, t]
            returns = advantages + values * valid
            return tf.constant(advantages), tf.constant(returns)
        """,
    ),
    Variant(
        "maximum_of_losses",
        "rlhf.ppo",
        body=(
            """
            valid = tf.cast(mask, log_probs.dtype)
            advantages = tf.stop_gradient(advantages)
            ratio = tf.exp(log_probs) / tf.exp(tf.stop_gradient(old_log_probs))
            unclipped = -advantages * ratio
            clipped = -advantages * tf.clip_by_value(ratio, 1.0 - epsilon, 1.0 + epsilon)
            return tf.reduce_sum(tf.maximum(unclipped, clipped) * valid) / tf.reduce_sum(valid)
            """,
            """
            valid = tf.cast(mask, values.dtype)
            target, old = tf.stop_gradient(returns), tf.stop_gradient(old_values)
            near = tf.clip_by_value(values, old - epsilon, old + epsilon)
            worst = tf.maximum(tf.abs(values - target), tf.abs(near - target))
            return tf.reduce_sum(0.5 * valid * worst**2) / tf.reduce_sum(valid)
            """,
        ),
    ),
    Variant(
        "boolean_mask",
        "rlhf.ppo",
        body=(
            """
            old = tf.stop_gradient(tf.boolean_mask(old_log_probs, mask))
            gain = tf.stop_gradient(tf.boolean_mask(advantages, mask))
            ratio = tf.exp(tf.boolean_mask(log_probs, mask) - old)
            above, below = tf.minimum(ratio, 1 + epsilon), tf.maximum(ratio, 1 - epsilon)
            return -tf.reduce_mean(tf.where(gain >= 0, above, below) * gain)
            """,
            """
            value = tf.boolean_mask(values, mask)
            old = tf.stop_gradient(tf.boolean_mask(old_values, mask))
            target = tf.stop_gradient(tf.boolean_mask(returns, mask))
            change = tf.maximum(tf.minimum(value - old, epsilon), -epsilon)
            both = tf.stack([value - target, old + change - target])
            return tf.reduce_mean(tf.reduce_max(both**2, axis=0)) / 2
            """,
        ),
    ),
    Variant(
        "by_hand",
        "rlhf.bradley_terry",
        body=(
            """
            d = tf.cast(rejected_rewards - chosen_rewards, tf.float32)
            return tf.reduce_mean(tf.maximum(d, 0.0) + tf.math.log1p(tf.exp(-tf.abs(d))))
            """,
            """
            pairs = []
            while ranking:
                best = ranking[0]
                ranking = ranking[1:]
                pairs += [(best, worse) for worse in ranking]
            return pairs
            """,
        ),
    ),
    Variant(
        "last_place",
        "rlhf.token_rewards",
        body="""
            steps = tf.shape(mask)[1]
            last = tf.reduce_max(tf.where(mask, tf.range(steps)[None], -1), axis=1)
            kl = tf.where(mask, log_probs - ref_log_probs, 0.0)
            return tf.one_hot(last, steps, dtype=kl.dtype) * score[:, None] - beta * kl
        """,
    ),
]
