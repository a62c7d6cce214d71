import numpy as np
import pytest
import tensorflow as tf

from assignment.alignment.group_relative import group_advantages, grpo_loss, kl_estimate

# Advantages


@pytest.mark.parametrize("normalize_by_std", [True, False])
@pytest.mark.parametrize(("prompts", "group_size"), [(3, 4), (4, 3), (1, 5)])
def test_advantages_equal_those_of_a_loop(prompts, group_size, normalize_by_std):
    rng = np.random.default_rng(0)
    rewards = rng.normal(size=prompts * group_size) * 2 + np.repeat(np.arange(prompts), group_size)
    expected = []
    for first in range(0, len(rewards), group_size):
        group = list(rewards[first : first + group_size])
        mean = sum(group) / group_size
        std = (sum((r - mean) ** 2 for r in group) / group_size) ** 0.5
        expected += [(r - mean) / ((std + 1e-4) if normalize_by_std else 1) for r in group]
    found = group_advantages(rewards, group_size, normalize_by_std=normalize_by_std)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-12)


def test_equal_rewards_give_zero_advantages():
    for normalize_by_std in (True, False):
        found = group_advantages(np.full(6, 0.7), 3, normalize_by_std=normalize_by_std)
        np.testing.assert_allclose(found, np.zeros(6), atol=1e-6)


def test_whole_number_rewards_are_taken():
    np.testing.assert_allclose(
        group_advantages([1, 0, 0, 0], 2, epsilon=0.5), [0.5, -0.5, 0, 0], rtol=1e-6
    )


def test_without_the_deviation_it_is_leave_one_out_but_for_a_factor():
    rewards = np.random.default_rng(1).normal(size=8)
    found = group_advantages(rewards, 4, normalize_by_std=False)
    for group in (range(4), range(4, 8)):
        for i in group:
            others = np.mean([rewards[j] for j in group if j != i])
            np.testing.assert_allclose(found[i], 3 / 4 * (rewards[i] - others), rtol=1e-6)


# KL


def test_the_estimates_equal_their_formulas():
    rng = np.random.default_rng(2)
    log_probs, ref = -rng.exponential(size=(2, 3, 4)) * 2
    ratio = np.exp(ref) / np.exp(log_probs)
    np.testing.assert_allclose(kl_estimate(log_probs, ref, "k1"), -np.log(ratio), rtol=1e-6)
    np.testing.assert_allclose(kl_estimate(log_probs, ref, "k2"), np.log(ratio) ** 2 / 2, rtol=1e-6)
    k3 = kl_estimate(log_probs, ref)
    np.testing.assert_allclose(k3, ratio - np.log(ratio) - 1, rtol=1e-6)
    assert (np.asarray(k3) >= 0).all()


@pytest.mark.parametrize("kind", ["k1", "k2", "k3"])
def test_an_estimate_is_zero_at_the_reference(kind):
    log_probs = np.full((2, 3), -1.7, np.float32)
    np.testing.assert_array_equal(kl_estimate(log_probs, log_probs, kind), np.zeros((2, 3)))


def six_way_policies():
    """Two distributions over a vocabulary of six: every sample, with its weight."""
    rng = np.random.default_rng(3)
    logits = tf.constant(rng.normal(size=6) * 0.6)
    ref_log_probs = tf.nn.log_softmax(tf.constant(rng.normal(size=6) * 0.6))
    return logits, ref_log_probs


def test_k1_and_k3_are_unbiased_and_k2_is_not():
    logits, ref_log_probs = six_way_policies()
    log_probs = tf.nn.log_softmax(logits)
    p = np.exp(log_probs)
    true_kl = np.sum(p * (np.asarray(log_probs) - ref_log_probs))

    def expectation(kind):
        return np.sum(p * np.asarray(kl_estimate(log_probs[None], ref_log_probs[None], kind))[0])

    np.testing.assert_allclose(expectation("k1"), true_kl, rtol=1e-6)
    np.testing.assert_allclose(expectation("k3"), true_kl, rtol=1e-6)
    assert abs(expectation("k2") - true_kl) > 0.01


def test_expected_gradients_as_a_loss():
    """k1's is zero, k2's that of KL(π‖π_ref), k3's that of KL(π_ref‖π)."""
    logits, ref_log_probs = six_way_policies()
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        log_probs = tf.nn.log_softmax(logits)
        p = tf.stop_gradient(tf.exp(log_probs))
        k1, k2, k3 = (
            tf.reduce_sum(p * kl_estimate(log_probs[None], ref_log_probs[None], kind)[0])
            for kind in ("k1", "k2", "k3")
        )
        reverse = tf.reduce_sum(tf.exp(log_probs) * (log_probs - ref_log_probs))
        forward = tf.reduce_sum(tf.exp(ref_log_probs) * (ref_log_probs - log_probs))
    np.testing.assert_allclose(tape.gradient(k1, logits), np.zeros(6), atol=1e-12)
    for estimate, truth in ((k2, reverse), (k3, forward)):
        np.testing.assert_allclose(
            tape.gradient(estimate, logits), tape.gradient(truth, logits), rtol=1e-6
        )


@pytest.mark.parametrize("kind", ["k1", "k2", "k3"])
def test_the_reference_gets_no_gradient(kind):
    log_probs, ref = tf.constant([[-1.0]]), tf.constant([[-2.0]])
    with tf.GradientTape() as tape:
        tape.watch([log_probs, ref])
        estimate = kl_estimate(log_probs, ref, kind)
    into_policy, into_ref = tape.gradient(estimate, [log_probs, ref])
    assert into_policy is not None
    assert into_ref is None


def test_small_differences_keep_their_digits_in_float32():
    estimate = kl_estimate(np.float32([[1e-4]]), np.float32([[0.0]]))
    np.testing.assert_allclose(estimate, [[0.5e-8]], rtol=0.5)
    assert float(estimate[0, 0]) >= 0


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="Received: kind='k4'"):
        kl_estimate([[0.0]], [[0.0]], "k4")


# Loss

LENGTHS = {(3, 5): [5, 2, 4], (4, 4): [1, 4, 3, 2]}
AGGREGATIONS = ["sequence", "token", "constant"]


def loss_case(shape):
    rng = np.random.default_rng(4)
    old = -rng.exponential(size=shape) - 0.1
    log_probs = old + np.log(rng.choice([0.5, 0.7, 0.9, 1.1, 1.25, 1.4, 2.0], shape))
    ref = log_probs + rng.choice([-1.1, -0.6, 0.6, 1.1], shape)
    advantages = rng.uniform(1, 3, shape[0]) * np.array([1, -1, 1, -1])[: shape[0]]
    mask = np.arange(shape[1]) < np.array(LENGTHS[shape])[:, None]
    return log_probs, old, ref, advantages, mask


def loop_loss(log_probs, old, ref, advantages, mask, low, high, beta, aggregation):
    """The loss and its gradient, token by token, by cases instead of a minimum."""
    batch, time = mask.shape
    total, gradient = 0.0, np.zeros(mask.shape)
    for b, t in np.argwhere(mask):
        ratio, advantage = np.exp(log_probs[b, t] - old[b, t]), advantages[b]
        d = ref[b, t] - log_probs[b, t]
        slope = -ratio * advantage
        value = slope
        if advantage > 0 and ratio > 1 + high:
            value, slope = -(1 + high) * advantage, 0.0
        if advantage < 0 and ratio < 1 - low:
            value, slope = -(1 - low) * advantage, 0.0
        value += beta * (np.exp(d) - d - 1)
        slope += beta * (1 - np.exp(d))
        weight = {
            "sequence": 1 / (batch * mask[b].sum()),
            "token": 1 / mask.sum(),
            "constant": 1 / (batch * time),
        }[aggregation]
        total += weight * value
        gradient[b, t] = weight * slope
    return total, gradient


@pytest.mark.parametrize("shape", list(LENGTHS))
@pytest.mark.parametrize("aggregation", AGGREGATIONS)
@pytest.mark.parametrize("epsilon_high", [None, 0.3])
@pytest.mark.parametrize("mask_dtype", [bool, np.float32])
def test_the_loss_and_its_gradient_equal_those_of_a_loop(
    shape, aggregation, epsilon_high, mask_dtype
):
    *floats, mask = loss_case(shape)
    variables = [tf.constant(x) for x in floats]
    with tf.GradientTape() as tape:
        tape.watch(variables)
        loss = grpo_loss(
            *variables, mask.astype(mask_dtype), 0.2, 0.3, aggregation, epsilon_high=epsilon_high
        )
    expected, expected_gradient = loop_loss(
        *floats, mask, 0.2, epsilon_high or 0.2, 0.3, aggregation
    )
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    gradient, *others = tape.gradient(loss, variables)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-6, atol=1e-12)
    assert others == [None] * 3


def test_sequence_is_the_default_and_the_three_forms_differ():
    case = loss_case((3, 5))
    losses = [float(grpo_loss(*case, 0.2, 0.1, aggregation)) for aggregation in AGGREGATIONS]
    assert float(grpo_loss(*case, 0.2, 0.1)) == losses[0]
    assert min(abs(a - b) for a, b in zip(losses, losses[1:] + losses[:1], strict=True)) > 1e-3


def test_at_the_old_policy_and_the_reference_only_the_advantages_are_left():
    log_probs, _, _, advantages, mask = loss_case((3, 5))
    loss = grpo_loss(log_probs, log_probs, log_probs, advantages, mask, 0.2, 0.5)
    np.testing.assert_allclose(loss, -advantages.mean(), rtol=1e-6)


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_what_stands_on_padding_changes_neither_loss_nor_gradient(aggregation):
    log_probs, old, ref, advantages, mask = loss_case((3, 5))
    results = []
    for garbage in (0.0, 500.0, np.nan):
        policy = tf.constant(np.where(mask, log_probs, garbage), tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(policy)
            loss = grpo_loss(policy, old, ref, advantages, mask, 0.2, 0.3, aggregation)
        results.append((loss, tape.gradient(loss, policy)))
    for loss, gradient in results[1:]:
        np.testing.assert_allclose(loss, results[0][0], rtol=1e-6)
        np.testing.assert_allclose(gradient, results[0][1], rtol=1e-6)


@pytest.mark.parametrize("aggregation", ["sequence", "token"])
def test_more_padding_changes_nothing(aggregation):
    *floats, mask = loss_case((3, 5))
    pad = [[0, 0], [0, 4]]
    wider = [np.pad(x, pad) if x.ndim == 2 else x for x in floats]
    np.testing.assert_allclose(
        grpo_loss(*wider, np.pad(mask, pad), 0.2, 0.3, aggregation),
        grpo_loss(*floats, mask, 0.2, 0.3, aggregation),
        rtol=1e-6,
    )


def test_the_gradient_is_that_of_the_expected_reward():
    """With a vocabulary of four, every response of one token can be counted with its weight."""
    rng = np.random.default_rng(5)
    logits, rewards = tf.constant(rng.normal(size=4)), rng.normal(size=4)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        log_probs = tf.nn.log_softmax(logits)
        p = tf.exp(log_probs)
        expected_reward = tf.reduce_sum(p * rewards)
        column = log_probs[:, None]
        weighted = 4 * p * (rewards - expected_reward)
        loss = grpo_loss(column, column, column, weighted, np.ones((4, 1)), 0.2, 0.0)
    np.testing.assert_allclose(
        tape.gradient(loss, logits), -tape.gradient(expected_reward, logits), rtol=1e-6
    )


def test_an_unknown_aggregation_is_refused():
    with pytest.raises(ValueError, match="Received: aggregation='mean'"):
        grpo_loss(*loss_case((3, 5)), 0.2, 0.1, "mean")


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_the_same_under_xla_in_float32(aggregation):
    *floats, mask = loss_case((3, 5))
    floats = [tf.constant(x, tf.float32) for x in floats]

    def everything(*arguments):
        return (
            group_advantages(arguments[3], 3),
            grpo_loss(*arguments, 0.2, 0.3, aggregation, epsilon_high=0.28),
        )

    compiled = tf.function(everything, jit_compile=True)(*floats, tf.constant(mask))
    for one, other in zip(compiled, everything(*floats, mask), strict=True):
        assert one.dtype == tf.float32
        np.testing.assert_allclose(one, other, rtol=1e-5)
