"""What a step of GRPO measures before its updates, and what the updates see themselves."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from assignment.alignment.rollouts import Rollout, response_log_probs
from assignment.config import GRPOConfig, TransformerConfig
from assignment.grpo import compile_steps
from assignment.models.building import build_model

MODEL = TransformerConfig(11, 6, 1, 2, 16, 9)
RNG = np.random.default_rng(0)
TOKENS = RNG.integers(3, 11, (6, 9)).astype(np.int32)
# Prompts of 4 tokens, and responses of 1 to 5.
ROLLOUT = Rollout(
    *map(tf.constant, (TOKENS, TOKENS[:, 4:])),
    *[tf.constant(RNG.integers(1, 6, 6))] * 3,
    tf.constant(TOKENS[:, 4:]),
    tf.constant(np.arange(5) < RNG.integers(1, 6, (6, 1))),
)
ADVANTAGES = tf.constant(RNG.normal(size=6).astype(np.float32))


def update_once(more_known: bool, **options):
    """What is measured before an update; the metrics of the update; the weights behind it."""
    config = GRPOConfig(preset="tiny", **options).resolve()
    keras.utils.set_random_seed(0)
    policy, reference = build_model(MODEL), build_model(MODEL)
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.build(policy.trainable_variables)
    measure, update_policy = compile_steps(policy, reference, optimizer, config)
    measured = measure(ROLLOUT)
    known = dict(measured)
    if more_known:
        known["old_log_probs"] = response_log_probs(policy, ROLLOUT)
    metrics = update_policy(ROLLOUT, ADVANTAGES, known)
    return measured, metrics, [np.array(v) for v in policy.trainable_variables]


@pytest.mark.parametrize("kl_coefficient", [0.0, 0.1])
def test_a_single_update_need_not_be_told_what_its_policy_is(kl_coefficient):
    options = {"minibatches": 1, "kl_coefficient": kl_coefficient}
    measured, metrics, weights = update_once(False, **options)
    assert "old_log_probs" not in measured
    _, told_metrics, told_weights = update_once(True, **options)
    assert metrics.keys() == told_metrics.keys()
    for name, value in metrics.items():
        assert float(value) == pytest.approx(float(told_metrics[name]), rel=1e-4, abs=1e-6)
    for one, other in zip(weights, told_weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"minibatches": 1}, set()),
        ({"minibatches": 2}, {"old_log_probs"}),
        ({"minibatches": 1, "epochs": 2}, {"old_log_probs"}),
        ({"minibatches": 1, "kl_coefficient": 0.1}, {"ref_log_probs"}),
        ({"kl_coefficient": 0.1, "kl_kind": "k1"}, {"old_log_probs", "ref_log_probs"}),
    ],
)
def test_only_what_is_needed_is_measured(options, names):
    measured, metrics, _ = update_once(False, **options)
    assert set(measured) == names
    assert ("kl_per_token" in metrics) == ("ref_log_probs" in names)
    assert float(metrics["policy_moved"]) == pytest.approx(0, abs=1e-6)
    assert 0 < metrics["entropy"] <= np.log(11)
