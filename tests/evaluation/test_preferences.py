"""A reward model's accuracy and calibration, on pairs whose probabilities are known."""

import numpy as np
import pytest

from assignment.evaluation.preferences import calibration, preference_accuracy
from assignment.evaluation.win_rates import sigmoid


def pairs(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rewards of pairs that were labelled with probability σ(r − r')."""
    generator = np.random.default_rng(seed)
    first, second = generator.normal(0, 2, (2, count))
    swap = generator.uniform(size=count) > sigmoid(first - second)
    return np.where(swap, second, first), np.where(swap, first, second)


def test_accuracy_counts_a_tie_as_half():
    assert preference_accuracy([1, 2, 3, 0], [0, 2, 4, -1]) == pytest.approx(2.5 / 4)


def test_a_model_that_knows_the_probabilities_is_calibrated():
    curve = calibration(*pairs(100_000, 0))
    np.testing.assert_allclose(curve.observed, curve.predicted, atol=0.01)
    assert curve.error < 0.01
    assert curve.counts.sum() == 200_000


def test_a_model_that_is_too_sure_is_not():
    chosen, rejected = pairs(50_000, 1)
    curve = calibration(3 * chosen, 3 * rejected)
    assert curve.error > 0.05
    high = curve.predicted > 0.5
    assert np.all(curve.observed[high] < curve.predicted[high])


def test_bins_without_a_pair_are_left_out():
    curve = calibration([10.0, 12.0], [0.0, 0.0])
    np.testing.assert_array_equal(curve.counts, [2, 2])
    np.testing.assert_allclose(curve.predicted, [0, 1], atol=1e-4)
    np.testing.assert_array_equal(curve.observed, [0, 1])
