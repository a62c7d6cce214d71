"""Intervals that hold what they say, and a win rate without the effect of length."""

import math

import numpy as np
import pytest

from assignment.evaluation.win_rates import (
    length_controlled_win_rate,
    outcomes,
    sigmoid,
    wilson_interval,
)


def test_the_higher_score_wins_and_a_tie_is_half_a_win():
    np.testing.assert_array_equal(outcomes([1, 2, 3], [2, 2, 2]), [0, 0.5, 1])


@pytest.mark.parametrize(
    ("wins", "count", "expected"),
    [  # Newcombe 1998, table I, method 3 (the score method)
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0000, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ],
)
def test_the_wilson_interval_is_the_published_one(wins, count, expected):
    assert wilson_interval(wins / count, count) == pytest.approx(expected, abs=5e-5)


def test_the_ends_of_the_wilson_interval_are_z_deviations_from_what_was_seen():
    z, rate, count = 1.959963984540054, 0.7, 50
    for end in wilson_interval(rate, count):
        assert abs(rate - end) == pytest.approx(z * math.sqrt(end * (1 - end) / count))


def test_an_interval_of_nothing_is_refused():
    with pytest.raises(ValueError, match=r"Received: 0\.5 of 0"):
        wilson_interval(0.5, 0)


def battles(quality: float, length_bias: float, longer: float, count: int, seed: int):
    """Battles whose log-odds are quality + length_bias · tanh(difference / its deviation)."""
    generator = np.random.default_rng(seed)
    other = generator.integers(30, 60, count)
    lengths = other + generator.normal(longer, 10, count).round()
    difference = lengths - other
    odds = quality + length_bias * np.tanh(difference / difference.std())
    wins = (generator.uniform(size=count) < sigmoid(odds)).astype(float)
    return wins, lengths, other


@pytest.mark.parametrize("quality", [-0.8, 0.0, 0.6])
def test_what_length_wins_is_taken_out(quality):
    wins, lengths, other = battles(quality, 1.5, longer=15, count=40_000, seed=3)
    assert wins.mean() > sigmoid(quality) + 0.1  # longer answers win more than they deserve
    rate, (low, high) = length_controlled_win_rate(wins, lengths, other)
    assert rate == pytest.approx(sigmoid(quality), abs=0.02)
    assert low < rate < high


def test_the_interval_holds_the_true_rate_as_often_as_it_says():
    held = 0
    for seed in range(400):
        wins, lengths, other = battles(0.5, 1.0, longer=5, count=200, seed=seed)
        _, (low, high) = length_controlled_win_rate(wins, lengths, other)
        held += low <= sigmoid(0.5) <= high
    assert held / 400 == pytest.approx(0.95, abs=0.04)


def test_without_a_difference_in_length_it_is_the_win_rate():
    wins = np.array([1, 1, 0, 0.5, 1, 0, 1, 1])
    rate, interval = length_controlled_win_rate(wins, np.full(8, 40), np.full(8, 40))
    expected = (wins.sum() + 0.5) / 9  # with the tie that is added
    assert rate == pytest.approx(expected)
    half = 1.959964 / np.sqrt(9 * expected * (1 - expected))  # of the log-odds of a share of 9
    log_odds = np.log(expected / (1 - expected))
    assert interval == pytest.approx(sigmoid([log_odds - half, log_odds + half]), abs=1e-5)


def test_it_stays_finite_where_length_alone_decides_and_where_one_side_always_wins():
    lengths = np.arange(40)
    wins = (lengths > 20).astype(float)
    for outcome in (wins, np.ones(40), np.zeros(40)):
        rate, (low, high) = length_controlled_win_rate(outcome, lengths, np.full(40, 20))
        assert 0 < low < rate < high < 1
    _, (low, _) = length_controlled_win_rate(np.ones(200), np.arange(200), np.full(200, 100))
    assert low > 0.9


def test_sigmoid_does_not_overflow():
    with np.errstate(all="raise"):
        np.testing.assert_allclose(sigmoid([-1000.0, 0.0, 1000.0]), [0.0, 0.5, 1.0])
