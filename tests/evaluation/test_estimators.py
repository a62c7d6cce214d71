"""pass@k and best-of-n against every subset there is."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignment.evaluation.estimators import (
    best_of_n,
    best_of_n_kl,
    mean_interval,
    pass_at_k,
    pass_rates,
)


@given(st.integers(1, 9), st.data())
def test_pass_at_k_is_the_share_of_subsets_with_a_right_answer(samples, data):
    correct = data.draw(st.integers(0, samples))
    k = data.draw(st.integers(1, samples))
    answers = [True] * correct + [False] * (samples - correct)
    subsets = list(itertools.combinations(answers, k))
    expected = sum(map(any, subsets)) / len(subsets)
    assert pass_at_k(samples, correct, k) == pytest.approx(expected, abs=1e-12)


def test_pass_at_k_of_many_samples_is_that_of_the_binomial_coefficients():
    for samples, correct, k in [(10_000, 3, 500), (2000, 1999, 1), (5000, 10, 4000)]:
        exact = 1 - math.comb(samples - correct, k) / math.comb(samples, k)
        assert pass_at_k(samples, correct, k) == pytest.approx(exact, rel=1e-9)


def test_pass_rates_are_means_over_prompts_for_powers_of_two_and_all_samples():
    solved = np.array([[1, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0]], bool)
    expected = {k: (k / 6 + 1 + 0) / 3 for k in (1, 2, 4, 6)}
    assert pass_rates(solved) == pytest.approx({f"pass_at_{k}": v for k, v in expected.items()})


@pytest.mark.parametrize("values", [(4, 5, 1), (4, -1, 1), (4, 2, 5), (4, 2, 0)])
def test_pass_at_k_refuses_what_cannot_be(values):
    with pytest.raises(ValueError, match=f"correct={values[1]}, k={values[2]}"):
        pass_at_k(*values)


def test_best_of_n_is_the_mean_over_all_subsets():
    generator = np.random.default_rng(0)
    scores, values = generator.normal(size=(2, 3, 7))
    for n in range(1, 8):
        own = [[max(s) for s in itertools.combinations(row, n)] for row in scores]
        np.testing.assert_allclose(best_of_n(scores, n), np.mean(own, axis=1))
        chosen = [
            [values[p][max(subset, key=row.__getitem__)] for subset in _subsets(7, n)]
            for p, row in enumerate(scores.tolist())
        ]
        np.testing.assert_allclose(best_of_n(scores, n, values), np.mean(chosen, axis=1))


def _subsets(size, n):
    return itertools.combinations(range(size), n)


@pytest.mark.parametrize("n", [0, 5])
def test_best_of_n_needs_as_many_samples(n):
    with pytest.raises(ValueError, match=f"n ≤ 4.*Received: n={n}"):
        best_of_n(np.zeros((2, 4)), n)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_the_divergence_of_best_of_n_is_that_of_the_chosen_ones_density(n):
    # The best of n uniform draws has density n uⁿ⁻¹, so the divergence is E[log n + (n−1) log u].
    u = np.random.default_rng(1).uniform(size=(400_000, n)).max(axis=1)
    simulated = np.mean(np.log(n) + (n - 1) * np.log(u))
    assert best_of_n_kl(n) == pytest.approx(simulated, abs=0.005)


def test_the_interval_of_a_mean_holds_it_as_often_as_it_says():
    generator = np.random.default_rng(2)
    held = 0
    for values in generator.exponential(2.0, size=(2000, 100)):
        mean, half = mean_interval(values, confidence=0.9)
        held += abs(mean - 2.0) <= half
    assert held / 2000 == pytest.approx(0.9, abs=0.03)
    assert mean_interval([1.5]) == (1.5, 0.0)
    assert mean_interval([0, 1], confidence=0.95) == pytest.approx((0.5, 1.959964 * 0.5))
