import numpy as np
import pytest

from assignment.alignment.calibration import calibrate


def test_a_model_that_is_right_as_often_as_it_says_has_no_error():
    rng = np.random.default_rng(0)
    margins = rng.uniform(0, 3, 200_000)
    right = rng.random(len(margins)) < 1 / (1 + np.exp(-margins))
    assert calibrate(np.where(right, margins, -margins)).error < 0.005


def test_a_model_that_is_too_sure_has_the_difference_as_its_error():
    margins = np.where(np.arange(1000) % 4 == 0, -50.0, 50.0)  # sure of all, right in 3 of 4
    calibration = calibrate(margins)
    assert calibration.error == pytest.approx(0.25)
    np.testing.assert_allclose(calibration.accuracy, [0.75])


def test_every_pair_is_counted_and_empty_bins_are_left_out():
    calibration = calibrate([0.1, -0.1, 9.0])
    assert calibration.counts.tolist() == [2, 1]
    np.testing.assert_allclose(calibration.confidence, [0.52498, 0.99988], atol=1e-5)
    assert calibration.draw().shape[-1] == 3
