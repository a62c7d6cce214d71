"""Variants of Part 7: advantages and the policy's loss."""

from autograder.variants import Variant

VARIANTS = [
    Variant(
        "powers",
        "rlhf.gae",
        body="""
            v = tf.where(mask, values, 0.0)
            d = tf.where(mask, rewards + gamma * tf.pad(v[:, 1:], [[0, 0], [0, 1]]) - v, 0.0)
            T = tf.shape(d)[1]
            gap = tf.cast(tf.range(T)[:, None] - tf.range(T)[None, :], d.dtype)  # later - now
            w = tf.where(gap >= 0, tf.pow(tf.cast(gamma * lam, d.dtype), tf.maximum(gap, 0.0)), 0.0)
            a = tf.where(mask, tf.matmul(d, w), 0.0)
            return a, a + v
        """,
    ),
    Variant(
        "unstacked",
        "rlhf.gae",
        body="""
            m = tf.cast(mask, values.dtype)
            r, v = tf.where(mask, rewards, 0.0), tf.where(mask, values, 0.0)
            running, later = tf.zeros_like(v[:, 0]), tf.zeros_like(v[:, 0])
            out = []
            for t in reversed(range(v.shape[1])):
                delta = r[:, t] + gamma * later - v[:, t]
                running = m[:, t] * (delta + gamma * lam * running)
                later = v[:, t]
                out.insert(0, running)
            advantages = tf.stack(out, axis=1)
            return advantages, tf.where(mask, advantages + v, 0.0)
        """,
    ),
    Variant(
        "bound_by_sign",
        "rlhf.ppo",
        body=(
            """
            a = tf.stop_gradient(advantages)
            r = tf.math.exp(log_probs - tf.stop_gradient(old_log_probs))
            limit = tf.where(a >= 0, (1.0 + epsilon) * a, (1.0 - epsilon) * a)
            kept = tf.cast(mask, r.dtype)
            return tf.math.divide_no_nan(
                -tf.reduce_sum(tf.minimum(r * a, limit) * kept), tf.reduce_sum(kept)
            )
            """,
            """
            old, target = map(tf.stop_gradient, (old_values, returns))
            near = tf.minimum(tf.maximum(values, old - epsilon), old + epsilon)
            worse = tf.maximum((values - target) ** 2, (near - target) ** 2)
            return tf.reduce_mean(tf.boolean_mask(worse, mask)) / 2
            """,
        ),
    ),
]
