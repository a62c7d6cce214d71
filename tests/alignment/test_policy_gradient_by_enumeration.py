"""With a vocabulary of 4 and at most 3 tokens there are 40 responses: nothing need be estimated.

The expected reward, its penalty and their gradients are summed over all of them, and compared with
the mean of what PPO and GRPO estimate from samples.
"""

import itertools
import types

import numpy as np
import pytest
import tensorflow as tf
from random_models import random_model_of

from assignment.alignment.group_relative import group_advantages, grpo_loss, kl_estimate
from assignment.alignment.policy_gradient import (
    generalized_advantage_estimation,
    ppo_policy_loss,
)
from assignment.alignment.rewards import kl_shaped_rewards
from assignment.alignment.rollouts import Prompts, Rollout, response_log_probs, sample_responses
from assignment.config import TransformerConfig

V, N, EOS = 4, 3, 3
PROMPT = [2, 1]
TOKENIZER = types.SimpleNamespace(pad_id=0, eos_id=EOS)
GROUPS, G = 12000, 4
BETA = 0.3


def all_responses():
    others = range(EOS)
    for n in range(N):
        for beginning in itertools.product(others, repeat=n):
            yield (*beginning, EOS)
    yield from itertools.product(others, repeat=N)


RESPONSES = list(all_responses())
REWARDS = dict(zip(RESPONSES, np.random.default_rng(5).normal(size=40), strict=True))


def random_model(seed):
    return random_model_of(TransformerConfig(V, 8, 1, 2, 8, 8), seed)


def everything():
    """A rollout in which every response stands once."""
    tokens = np.array([PROMPT + [*r] + [0] * (N - len(r)) for r in RESPONSES], np.int32)
    lengths = np.array([len(r) for r in RESPONSES], np.int32)
    targets = tokens[:, 2:]
    return Rollout(
        *map(tf.constant, (tokens, targets, lengths, lengths + 2)),
        tf.constant([EOS in r for r in RESPONSES]),
        tf.constant(targets),
        tf.sequence_mask(lengths, N),
    )


def sequence_log_probs(model, rollout):
    log_probs = response_log_probs(model, rollout)
    return tf.reduce_sum(tf.where(rollout.mask, log_probs, 0.0), axis=1)


def exact_gradient(model, reference=None):
    """∇ Σ_y π(y) (R(y) − β (log π(y) − log π_ref(y))), the penalty only with a reference."""
    rollout = everything()
    rewards = tf.constant([REWARDS[r] for r in RESPONSES], tf.float32)
    with tf.GradientTape() as tape:
        log_probs = sequence_log_probs(model, rollout)
        worth = rewards
        if reference:
            worth -= BETA * (log_probs - sequence_log_probs(reference, rollout))
        objective = tf.reduce_sum(tf.exp(log_probs) * worth)
    return flatten(tape.gradient(objective, model.trainable_variables))


def flatten(gradients):
    return np.concatenate([np.ravel(tf.convert_to_tensor(g)) for g in gradients])


def relative_error(estimate, exact):
    return np.linalg.norm(estimate - exact) / np.linalg.norm(exact)


@pytest.fixture(scope="module")
def model():
    return random_model(1)


@pytest.fixture(scope="module")
def reference():
    return random_model(2)


@pytest.fixture(scope="module")
def rollout(model):
    prompts = Prompts(np.array([PROMPT] * GROUPS), np.array([len(PROMPT)] * GROUPS))
    return sample_responses(model, prompts, G, N, 0, TOKENIZER, shortest=2)


@pytest.fixture(scope="module")
def rewards(rollout):
    rows = zip(rollout.responses.numpy(), rollout.lengths.numpy(), strict=True)
    return np.array([REWARDS[tuple(row[:n].tolist())] for row, n in rows], np.float32)


def test_the_probabilities_of_all_responses_add_to_one(model):
    total = tf.reduce_sum(tf.exp(sequence_log_probs(model, everything())))
    assert float(total) == pytest.approx(1, abs=1e-5)


def test_responses_are_as_frequent_as_they_are_probable(model, rollout):
    probabilities = tf.exp(sequence_log_probs(model, everything())).numpy()
    rows = zip(rollout.responses.numpy(), rollout.lengths.numpy(), strict=True)
    written = [RESPONSES.index(tuple(row[:n].tolist())) for row, n in rows]
    frequencies = np.bincount(written, minlength=40) / len(written)
    deviation = np.sqrt(probabilities * (1 - probabilities) / len(written))
    assert np.max(np.abs(frequencies - probabilities) / deviation) < 4


def test_grpo_climbs_the_expected_reward(model, rollout, rewards):
    old = response_log_probs(model, rollout)
    # The mean of a group has the response itself in it: what is left is (G − 1)/G of the gradient.
    advantages = group_advantages(rewards, G, normalize_by_std=False) * G / (G - 1)
    with tf.GradientTape() as tape:
        log_probs = response_log_probs(model, rollout)
        loss = N * grpo_loss(log_probs, old, old, advantages, rollout.mask, 0.2, 0.0, "constant")
    estimate = -flatten(tape.gradient(loss, model.trainable_variables))
    assert relative_error(estimate, exact_gradient(model)) < 0.1


def test_ppo_climbs_the_expected_reward_less_the_divergence(model, reference, rollout, rewards):
    old = response_log_probs(model, rollout)
    shaped = kl_shaped_rewards(
        rewards, old, response_log_probs(reference, rollout), rollout.mask, BETA
    )
    advantages, _ = generalized_advantage_estimation(
        shaped, tf.zeros_like(shaped), rollout.mask, 1.0, 1.0
    )
    tokens_per_response = float(np.mean(rollout.lengths))
    with tf.GradientTape() as tape:
        log_probs = response_log_probs(model, rollout)
        loss = tokens_per_response * ppo_policy_loss(log_probs, old, advantages, rollout.mask, 0.2)
    estimate = -flatten(tape.gradient(loss, model.trainable_variables))
    exact = exact_gradient(model, reference)
    assert relative_error(estimate, exact) < 0.1
    assert relative_error(estimate, exact_gradient(model)) > 0.3


@pytest.mark.parametrize("kind", ["k1", "k3"])
def test_the_unbiased_estimators_have_the_divergence_as_their_mean(kind, model, reference, rollout):
    everywhere = everything()
    log_probs = sequence_log_probs(model, everywhere)
    ratio = log_probs - sequence_log_probs(reference, everywhere)
    exact = float(tf.reduce_sum(tf.exp(log_probs) * ratio))
    estimates = kl_estimate(
        response_log_probs(model, rollout), response_log_probs(reference, rollout), kind
    )
    per_response = tf.reduce_sum(tf.where(rollout.mask, estimates, 0.0), axis=1).numpy()
    error = float(per_response.std()) / len(per_response) ** 0.5
    assert per_response.mean() == pytest.approx(exact, abs=4 * error)
