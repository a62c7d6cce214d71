import numpy as np
import pytest

from assignment.alignment.group_relative import grpo_loss, kl_estimate
from assignment.alignment.rollouts import Prompts
from assignment.alignment.updates import (
    describe_ratio,
    explained_variance,
    minibatches,
    take_rows,
    token_weights,
    whiten,
)

RNG = np.random.default_rng(0)
MASK = np.array([[1, 1, 0, 0], [1, 1, 1, 1], [0, 1, 1, 0]], bool)
VALUES = RNG.normal(2.0, 3.0, MASK.shape)


def test_every_epoch_goes_through_all_rows_in_another_order():
    parts = list(minibatches(1, 5, 12, epochs=2, per_epoch=3))
    assert [len(part) for part in parts] == [4] * 6
    first, second = np.concatenate(parts[:3]), np.concatenate(parts[3:])
    assert sorted(first) == sorted(second) == list(range(12))
    assert first.tolist() != second.tolist()


def test_the_minibatches_are_a_function_of_seed_and_step():
    one, same, other_step, other_seed = (
        np.concatenate([*minibatches(seed, step, 12, 1, 2)]).tolist()
        for seed, step in ((1, 5), (1, 5), (1, 6), (2, 5))
    )
    assert one == same
    assert one != other_step
    assert one != other_seed


def test_rows_are_taken_of_every_array():
    arrays = (Prompts(VALUES, VALUES[:, 0]), {"mask": MASK})
    prompts, others = take_rows(arrays, [2, 0])
    np.testing.assert_array_equal(prompts.ids, VALUES[[2, 0]])
    np.testing.assert_array_equal(prompts.lengths, VALUES[[2, 0], 0])
    np.testing.assert_array_equal(others["mask"], MASK[[2, 0]])


@pytest.mark.parametrize("aggregation", ["sequence", "token", "constant"])
def test_a_token_counts_as_much_as_in_the_loss(aggregation):
    log_probs, ref_log_probs = RNG.normal(-2, 1, (2, *MASK.shape)).astype(np.float32)
    loss = grpo_loss(log_probs, log_probs, ref_log_probs, np.zeros(3), MASK, 0.2, 1.0, aggregation)
    weighted = token_weights(MASK, aggregation) * kl_estimate(log_probs, ref_log_probs)
    np.testing.assert_allclose(np.sum(weighted), loss, rtol=1e-5)


def test_before_the_first_update_nothing_is_clipped_and_nothing_has_moved():
    measured = describe_ratio(VALUES, VALUES, MASK, 0.2)
    assert float(measured["clip_fraction"]) == 0
    assert float(measured["policy_moved"]) == 0


def test_the_clip_fraction_counts_valid_tokens_outside_the_bounds():
    ratio = np.array([[1.1, 0.7, 9.0, 9.0], [1.25, 1.0, 1.0, 0.9], [9.0, 1.3, 1.0, 9.0]])
    fraction = describe_ratio(np.log(ratio), np.zeros_like(ratio), MASK, 0.2)["clip_fraction"]
    assert float(fraction) == pytest.approx(3 / 8)
    higher = describe_ratio(np.log(ratio), np.zeros_like(ratio), MASK, 0.2, 0.28)["clip_fraction"]
    assert float(higher) == pytest.approx(2 / 8)


def test_whitened_advantages_have_mean_zero_and_variance_one_over_valid_tokens():
    whitened = whiten(VALUES, MASK).numpy()
    assert np.mean(whitened[MASK]) == pytest.approx(0, abs=1e-6)
    assert np.std(whitened[MASK]) == pytest.approx(1, abs=1e-6)
    assert not whitened[~MASK].any()
    scaled = whiten(np.where(MASK, 7 * VALUES + 5, np.nan), MASK)
    np.testing.assert_allclose(scaled, whitened, atol=1e-5)


def test_the_explained_variance_compares_the_critic_with_a_constant():
    returns = np.where(MASK, VALUES, np.nan)
    assert float(explained_variance(returns - 3, returns, MASK)) == pytest.approx(1)
    assert float(explained_variance(np.ones(MASK.shape), returns, MASK)) == pytest.approx(0)
    assert float(explained_variance(-returns, returns, MASK)) == pytest.approx(-3)
