import numpy as np
import pytest
import tensorflow as tf

from assignment.alignment.policy_gradient import (
    generalized_advantage_estimation,
    ppo_policy_loss,
    ppo_value_loss,
)

LENGTHS = {(3, 5): [5, 2, 4], (4, 4): [1, 4, 3, 2]}
SHAPES = list(LENGTHS)


def mask_of(shape):
    return np.arange(shape[1]) < np.array(LENGTHS[shape])[:, None]


def signed(rng, shape):
    """Numbers between 1 and 3 in size, of both signs."""
    return rng.uniform(1, 3, shape) * rng.choice([-1, 1], shape)


# Advantages


def loop_gae(rewards, values, mask, gamma, lam):
    """A_t = Σ_k (γλ)^k δ_{t+k}, straight from the definition, row by row."""
    advantages = np.zeros(rewards.shape)
    for b in range(len(rewards)):
        valid = [t for t in range(rewards.shape[1]) if mask[b, t]]
        delta = {
            t: rewards[b, t] + gamma * (values[b, t + 1] if t + 1 in valid else 0) - values[b, t]
            for t in valid
        }
        for t in valid:
            advantages[b, t] = sum((gamma * lam) ** (u - t) * delta[u] for u in valid if u >= t)
    return advantages, np.where(mask, advantages + values, 0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("gamma", "lam"), [(1.0, 0.95), (0.9, 0.7), (0.9, 0.0), (1.0, 1.0), (0, 1)]
)
def test_advantages_and_returns_equal_those_of_a_loop(shape, gamma, lam):
    rng = np.random.default_rng(0)
    rewards, values, mask = signed(rng, shape), signed(rng, shape), mask_of(shape)
    expected = loop_gae(rewards, values, mask, gamma, lam)
    for mask_dtype in (bool, np.float32):
        found = generalized_advantage_estimation(
            rewards, values, mask.astype(mask_dtype), gamma, lam
        )
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-12)


def test_a_response_that_begins_later_is_no_different():
    rng = np.random.default_rng(1)
    rewards, values = signed(rng, (2, 6)), signed(rng, (2, 6))
    mask = np.array([[0, 0, 1, 1, 1, 0], [0, 1, 1, 0, 0, 0]], bool)
    found = generalized_advantage_estimation(rewards, values, mask, 0.9, 0.8)
    for one, other in zip(found, loop_gae(rewards, values, mask, 0.9, 0.8), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-12)


def test_with_gamma_and_lambda_one_the_return_is_the_sum_of_the_rewards_to_come():
    rewards = np.array([[1.0, 2.0, 4.0, 8.0]])
    values = np.array([[0.5, -0.5, 3.0, 9.0]])
    _, returns = generalized_advantage_estimation(rewards, values, [[1, 1, 1, 0]], 1.0, 1.0)
    np.testing.assert_allclose(returns, [[7, 6, 4, 0]])


def test_with_lambda_zero_an_advantage_is_one_temporal_difference():
    rewards, values = np.array([[1.0, 2.0]]), np.array([[3.0, 5.0]])
    advantages, _ = generalized_advantage_estimation(rewards, values, [[1, 1]], 0.5, 0.0)
    np.testing.assert_allclose(advantages, [[1 + 0.5 * 5 - 3, 2 - 5]])


def test_what_stands_on_padding_does_not_matter():
    rng = np.random.default_rng(2)
    shape = (3, 5)
    rewards, values, mask = signed(rng, shape), signed(rng, shape), mask_of(shape)
    clean = generalized_advantage_estimation(rewards, values, mask, 0.9, 0.8)
    noisy = generalized_advantage_estimation(
        np.where(mask, rewards, 1e6), np.where(mask, values, -1e6), mask, 0.9, 0.8
    )
    for one, other in zip(clean, noisy, strict=True):
        np.testing.assert_array_equal(one, other)


# Policy loss


def policy_case(shape, seed=3):
    rng = np.random.default_rng(seed)
    old = -rng.exponential(size=shape) - 0.1
    ratios = rng.choice([0.5, 0.7, 0.9, 1.1, 1.4, 2.0], shape)
    return old + np.log(ratios), old, signed(rng, shape), mask_of(shape)


def loop_policy(log_probs, old, advantages, mask, epsilon):
    """The loss and its gradient, token by token, by cases instead of a minimum."""
    total, gradient = 0.0, np.zeros(log_probs.shape)
    for b, t in np.argwhere(mask):
        ratio, advantage = np.exp(log_probs[b, t] - old[b, t]), advantages[b, t]
        if advantage > 0 and ratio > 1 + epsilon:
            total += (1 + epsilon) * advantage
        elif advantage < 0 and ratio < 1 - epsilon:
            total += (1 - epsilon) * advantage
        else:
            total += ratio * advantage
            gradient[b, t] = -ratio * advantage
    return -total / mask.sum(), gradient / mask.sum()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", [3, 4])
@pytest.mark.parametrize("mask_dtype", [bool, np.int32, np.float32])
def test_the_policy_loss_and_its_gradient_equal_those_of_a_loop(shape, seed, mask_dtype):
    log_probs, old, advantages, mask = policy_case(shape, seed)
    variables = [tf.constant(x) for x in (log_probs, old, advantages)]
    with tf.GradientTape() as tape:
        tape.watch(variables)
        loss = ppo_policy_loss(*variables, mask.astype(mask_dtype), 0.2)
    expected, expected_gradient = loop_policy(log_probs, old, advantages, mask, 0.2)
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    gradient, into_old, into_advantages = tape.gradient(loss, variables)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-6, atol=1e-12)
    assert into_old is None
    assert into_advantages is None


def test_on_policy_the_gradient_is_that_of_the_policy_gradient():
    log_probs, _, advantages, mask = policy_case((3, 5))
    policy = tf.constant(log_probs)
    with tf.GradientTape() as tape:
        tape.watch(policy)
        loss = ppo_policy_loss(policy, policy, advantages, mask, 0.2)
    np.testing.assert_allclose(loss, -advantages[mask].mean(), rtol=1e-6)
    expected = np.where(mask, -advantages, 0) / mask.sum()
    np.testing.assert_allclose(tape.gradient(loss, policy), expected, rtol=1e-6)


def test_the_policy_gradient_is_that_of_the_expected_reward():
    """With a vocabulary of four, every response of one token can be counted with its weight."""
    rng = np.random.default_rng(5)
    logits, rewards = tf.constant(rng.normal(size=(1, 4))), signed(rng, 4)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        log_probs = tf.nn.log_softmax(logits)[0]
        p = tf.exp(log_probs)
        expected_reward = tf.reduce_sum(p * rewards)
        weighted = 4 * tf.stop_gradient(p) * (rewards - tf.stop_gradient(expected_reward))
        loss = ppo_policy_loss(
            log_probs[:, None], log_probs[:, None], weighted[:, None], np.ones((4, 1)), 0.2
        )
    np.testing.assert_allclose(
        tape.gradient(loss, logits), -tape.gradient(expected_reward, logits), rtol=1e-6
    )


# Value loss


def loop_value(values, old, returns, mask, epsilon):
    total, gradient = 0.0, np.zeros(values.shape)
    for b, t in np.argwhere(mask):
        value, anchor, target = values[b, t], old[b, t], returns[b, t]
        near = min(max(value, anchor - epsilon), anchor + epsilon)
        if abs(near - target) > abs(value - target):
            total += (near - target) ** 2
        else:
            total += (value - target) ** 2
            gradient[b, t] = value - target
    return total / 2 / mask.sum(), gradient / mask.sum()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", [6, 7])
def test_the_value_loss_and_its_gradient_equal_those_of_a_loop(shape, seed):
    rng = np.random.default_rng(seed)
    old, returns, mask = rng.normal(size=shape), 2 * rng.normal(size=shape), mask_of(shape)
    values = old + rng.choice([-0.9, -0.4, -0.1, 0.1, 0.4, 0.9], shape)
    expected, expected_gradient = loop_value(values, old, returns, mask, 0.2)
    unclipped = 0.5 * np.mean((values - returns)[mask] ** 2)
    assert expected > 1.01 * unclipped  # the case tells the two apart

    variables = [tf.constant(x) for x in (values, old, returns)]
    with tf.GradientTape() as tape:
        tape.watch(variables)
        loss = ppo_value_loss(*variables, mask, 0.2)
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    gradient, into_old, into_returns = tape.gradient(loss, variables)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-6, atol=1e-12)
    assert into_old is None
    assert into_returns is None


# Both


@pytest.mark.parametrize("loss_fn", [ppo_policy_loss, ppo_value_loss])
def test_padding_of_any_size_changes_neither_loss_nor_gradient(loss_fn):
    log_probs, old, advantages, mask = policy_case((3, 5))
    results = []
    for garbage in (0.0, 500.0, np.nan):
        policy = tf.constant(np.where(mask, log_probs, garbage), tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(policy)
            loss = loss_fn(policy, old, np.where(mask, advantages, garbage), mask, 0.2)
        results.append((loss, tape.gradient(loss, policy)))
    for loss, gradient in results[1:]:
        np.testing.assert_allclose(loss, results[0][0], rtol=1e-6)
        np.testing.assert_allclose(gradient, results[0][1], rtol=1e-6)


@pytest.mark.parametrize("loss_fn", [ppo_policy_loss, ppo_value_loss])
def test_no_valid_token_gives_zero(loss_fn):
    log_probs, old, advantages, mask = policy_case((3, 5))
    assert float(loss_fn(log_probs, old, advantages, np.zeros_like(mask), 0.2)) == 0


def test_the_same_under_xla_in_float32():
    log_probs, old, advantages, mask = (tf.constant(x) for x in policy_case((3, 5)))
    floats = [tf.cast(x, tf.float32) for x in (log_probs, old, advantages)]

    def everything(log_probs, old, advantages, mask):
        return (
            *generalized_advantage_estimation(log_probs, old, mask, 0.9, 0.8),
            ppo_policy_loss(log_probs, old, advantages, mask, 0.2),
            ppo_value_loss(log_probs, old, advantages, mask, 0.2),
        )

    compiled = tf.function(everything, jit_compile=True)(*floats, mask)
    for one, other in zip(compiled, everything(*floats, mask), strict=True):
        assert one.dtype == other.dtype == tf.float32
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
