"""Variants of Part 9: group relative policy optimisation."""

from autograder.variants import Variant

VARIANTS = [
    Variant(
        "moments",
        "grpo.advantages",
        body="""
            groups = tf.reshape(rewards, (-1, group_size))
            mean, variance = tf.nn.moments(groups, axes=[1], keepdims=True)
            scale = tf.sqrt(variance) + epsilon if normalize_by_std else 1.0
            return tf.reshape((groups - mean) / scale, tf.shape(rewards))
        """,
    ),
    Variant(
        "numpy",
        "grpo.advantages",
        body="""
            import numpy as np

            found = []
            for first in range(0, len(rewards), group_size):
                group = np.asarray(rewards[first : first + group_size], np.float64)
                centred = group - group.mean()
                found.append(centred / (group.std() + epsilon) if normalize_by_std else centred)
            return tf.constant(np.concatenate(found), tf.float32)
        """,
    ),
    Variant(
        "segments",
        "grpo.advantages",
        body="""
            group = tf.range(tf.size(rewards)) // group_size
            centred = rewards - tf.gather(tf.math.segment_mean(rewards, group), group)
            if not normalize_by_std:
                return centred
            spread = tf.sqrt(tf.math.segment_mean(centred**2, group))
            return centred / (tf.gather(spread, group) + epsilon)
        """,
    ),
    Variant(
        "plain_exponential",
        "grpo.kl",
        body="""
            ref_log_probs = tf.stop_gradient(ref_log_probs)
            difference = ref_log_probs - log_probs
            return {
                "k1": -difference,
                "k2": difference**2 / 2,
                "k3": tf.exp(difference) - difference - 1,
            }[kind]
        """,
    ),
    Variant(
        "ratio",
        "grpo.kl",
        body="""
            ratio = tf.exp(tf.stop_gradient(ref_log_probs)) / tf.exp(log_probs)
            if kind == "k3":
                return ratio - tf.math.log(ratio) - 1.0
            log_ratio = -tf.math.log(ratio)
            return log_ratio if kind == "k1" else tf.multiply(0.5, log_ratio * log_ratio)
        """,
    ),
    Variant(
        "weights",
        "grpo.loss",
        body="""
            fixed = tf.stop_gradient(tf.expand_dims(advantages, 1))
            ratio = tf.exp(log_probs - tf.stop_gradient(old_log_probs))
            gain = tf.minimum(
                ratio * fixed, tf.clip_by_value(ratio, 1 - epsilon, 1 + epsilon_high) * fixed
            )
            valid = tf.cast(mask, gain.dtype)
            if aggregation == "sequence":
                weights = valid / tf.reduce_sum(valid, 1, keepdims=True) / valid.shape[0]
            elif aggregation == "token":
                weights = valid / tf.reduce_sum(valid)
            else:
                weights = valid / (valid.shape[0] * valid.shape[1])
            return tf.reduce_sum(weights * (beta * kl_estimate(log_probs, ref_log_probs) - gain))
        """,
    ),
    Variant(
        "separate_terms",
        "grpo.loss",
        body="""
            advantages = tf.stop_gradient(tf.tile(advantages[:, None], [1, tf.shape(mask)[1]]))
            ratio = tf.exp(log_probs - tf.stop_gradient(old_log_probs))
            upper = tf.where(advantages > 0, tf.minimum(ratio, 1 + epsilon_high), ratio)
            bounded = tf.where(advantages < 0, tf.maximum(upper, 1 - epsilon), upper)
            log_ratio = tf.stop_gradient(ref_log_probs) - log_probs
            divergence = tf.exp(log_ratio) - log_ratio - 1

            def aggregate(values):
                values = tf.where(mask, values, 0.0)
                count = tf.cast(tf.math.count_nonzero(mask, axis=1), values.dtype)
                if aggregation == "sequence":
                    return tf.reduce_mean(tf.reduce_sum(values, axis=1) / count)
                if aggregation == "token":
                    return tf.reduce_sum(values) / tf.reduce_sum(count)
                return tf.reduce_mean(values)

            return beta * aggregate(divergence) - aggregate(bounded * advantages)
        """,
    ),
    Variant(
        "split",
        "grpo.reward",
        body=(
            """
            hashes, tag = text.rfind("####"), text.rfind("<answer>")
            if max(hashes, tag) < 0:
                return None
            if tag > hashes:
                answer, closing, _ = text[tag + len("<answer>") :].partition("</answer>")
                if not closing:
                    return None
            else:
                answer = text[hashes + 4 :]
            words = answer.replace("<", " ").split()
            if not words:
                return None
            word = words[0].removesuffix(".").replace("$", "", 1)
            digits = word.removeprefix("-")
            groups = digits.split(",")
            if len(groups) > 1 and any(len(group) != 3 for group in groups[1:]):
                return None
            digits = "".join(groups)
            if not (digits.isascii() and digits.isdecimal()) or len(digits) > 4000:
                return None
            return int(digits) * (-1 if word.startswith("-") else 1)
            """,
            "return 1.0 if extract_answer(text) == answer else 0.0",
        ),
    ),
    Variant(
        "try_int",
        "grpo.reward",
        body=(
            """
            try:
                mark = re.search(r".*(####|<answer>)(.*)", text, flags=re.DOTALL)
                answer = mark[2]
                if mark[1] == "<answer>":
                    answer = answer[: answer.index("</answer>")]
                word = answer.split()[0].split("<")[0]
                word = word.rstrip(".").replace("$", "").replace(",", "")
                if not re.fullmatch(r"-?[0-9]+", word):
                    return None
                return int(word)
            except (ValueError, TypeError, IndexError):
                return None
            """,
            """
            found = extract_answer(text)
            if found is None:
                return 0.0
            return float(found == answer)
            """,
        ),
    ),
    Variant(
        "loop",
        "grpo.advantages",
        body="""
            pieces = []
            for start in range(0, rewards.shape[0], group_size):
                group = rewards[start : start + group_size]
                mu = tf.reduce_sum(group) / group_size
                sd = tf.sqrt(tf.reduce_sum((group - mu) ** 2) / group_size)
                pieces.append((group - mu) / (sd + epsilon) if normalize_by_std else group - mu)
            return tf.concat(pieces, 0)
        """,
    ),
    Variant(
        "dictionary",
        "grpo.kl",
        body="""
            d = tf.stop_gradient(ref_log_probs) - log_probs
            return {"k1": lambda: -d, "k2": lambda: d * d / 2, "k3": lambda: tf.exp(d) - d - 1.0}[
                kind
            ]()
        """,
    ),
    Variant(
        "own_divergence",
        "grpo.loss",
        body="""
            A = tf.reshape(tf.stop_gradient(advantages), [-1, 1])
            rho = tf.math.exp(tf.subtract(log_probs, tf.stop_gradient(old_log_probs)))
            bound = tf.where(A > 0, 1.0 + epsilon_high, 1.0 - epsilon)
            gain = tf.minimum(rho * A, bound * A)
            x = tf.stop_gradient(ref_log_probs) - log_probs
            ell = -gain + beta * (tf.exp(x) - x - 1)
            ell = tf.where(mask, ell, 0.0)
            count = tf.reduce_sum(tf.cast(mask, ell.dtype), axis=1)
            if aggregation == "token":
                return tf.reduce_sum(ell) / tf.maximum(tf.reduce_sum(count), 1)
            if aggregation == "constant":
                return tf.reduce_mean(ell)
            return tf.reduce_mean(tf.reduce_sum(ell, 1) / tf.maximum(count, 1))
        """,
    ),
    Variant(
        "by_hand",
        "grpo.reward",
        body=(
            """
            if not isinstance(text, str):
                return None
            hash_at, tag_at = text.rfind("####"), text.rfind("<answer>")
            if hash_at < 0 and tag_at < 0:
                return None
            if tag_at > hash_at:
                rest = text[tag_at + len("<answer>") :]
                if "</answer>" not in rest:
                    return None
                rest = rest[: rest.index("</answer>")]
            else:
                rest = text[hash_at + 4 :]
            words = rest.replace("<", " <").split()
            if not words:
                return None
            word = words[0]
            negative = word.count("-") == 1 and word.lstrip("$").startswith("-")
            body = word.replace("-", "", 1) if negative else word
            body = body[1:] if body.startswith("$") else body
            whole, point, fraction = body.partition(".")
            if fraction.strip("0"):
                return None
            groups = whole.split(",")
            if len(groups) > 1 and (
                not 1 <= len(groups[0]) <= 3 or any(len(g) != 3 for g in groups[1:])
            ):
                return None
            digits = "".join(groups)
            if not digits or any(c not in "0123456789" for c in digits) or len(digits) > 4000:
                return None
            return -int(digits) if negative else int(digits)
            """,
            """
            return 1.0 if extract_answer(text) == answer else 0.0
            """,
        ),
    ),
]
