import itertools

import numpy as np
import pytest
import tensorflow as tf

from assignment.generation.sampling import (
    apply_temperature,
    draw,
    greedy,
    make_sampler,
    top_k_filter,
    top_p_filter,
)

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(5, 7)).astype(np.float32) * 2
# Probabilities 0.4, 0.25, 0.2, 0.1, 0.05, each row in another order.
ORDERS = np.array([[0, 1, 2, 3, 4], [4, 2, 0, 1, 3], [1, 4, 3, 0, 2]])
KNOWN = np.log(np.array([0.4, 0.25, 0.2, 0.1, 0.05]))[ORDERS].astype(np.float32)


def softmax(logits):
    exponentials = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    return exponentials / exponentials.sum(-1, keepdims=True)


def kept(filtered, logits):
    """Which tokens a filter kept; those must have their logits, the others −∞."""
    filtered = np.asarray(filtered)
    keep = filtered > -np.inf
    np.testing.assert_array_equal(filtered[keep], np.asarray(logits)[keep])
    assert np.all(filtered[~keep] == -np.inf)
    return keep


def test_greedy_takes_the_largest_logit_of_each_row():
    ids = greedy(LOGITS)
    assert ids.dtype == tf.int32
    np.testing.assert_array_equal(ids, [max(range(7), key=row.__getitem__) for row in LOGITS])


@pytest.mark.parametrize("temperature", [0.1, 0.7, 1, 1.0, 3.0])
def test_temperature_raises_probabilities_to_a_power(temperature):
    power = softmax(LOGITS.astype(np.float64)) ** (1 / temperature)
    expected = power / power.sum(-1, keepdims=True)
    np.testing.assert_allclose(softmax(apply_temperature(LOGITS, temperature)), expected, atol=1e-5)


def test_temperature_zero_leaves_the_greedy_token_alone():
    logits = np.array([[1.0, 3.0, 2.0], [5.0, 5.0, 0.0]], np.float32)
    expected = [[False, True, False], [True, False, False]]
    np.testing.assert_array_equal(kept(apply_temperature(logits, 0), logits), expected)


def test_a_negative_temperature_is_refused():
    with pytest.raises(ValueError, match=r"Received: -0\.5"):
        apply_temperature(LOGITS, -0.5)


@pytest.mark.parametrize("k", [1, 2, 3, 6, 7, 8, 100])
def test_top_k_keeps_the_k_most_probable(k):
    expected = [[sum(other > x for other in row) < k for x in row] for row in LOGITS]
    np.testing.assert_array_equal(kept(top_k_filter(LOGITS, k), LOGITS), expected)


@pytest.mark.parametrize(("k", "expected"), [(1, 2), (2, 2), (3, 5), (4, 5), (5, 5), (6, 6)])
def test_top_k_keeps_all_of_a_tie_at_the_threshold(k, expected):
    logits = np.array([[2.0, 5.0, 2.0, 5.0, 1.0, 2.0]], np.float32)
    assert kept(top_k_filter(logits, k), logits).sum() == expected


@pytest.mark.parametrize("k", [0, -1])
def test_top_k_of_nothing_is_refused(k):
    with pytest.raises(ValueError, match=f"k={k}"):
        top_k_filter(LOGITS, k)


def brute_force_nucleus(row, p):
    """The smallest of all sets of most probable tokens that reaches p."""
    probabilities = softmax(row.astype(np.float64))
    order = sorted(range(len(row)), key=lambda i: -row[i])
    size = next(n for n in range(1, len(row) + 1) if probabilities[order[:n]].sum() >= p - 1e-12)
    return [i in order[:size] for i in range(len(row))]


@pytest.mark.parametrize("p", [1e-9, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.99999])
def test_top_p_keeps_the_nucleus(p):
    expected = [brute_force_nucleus(row, p) for row in LOGITS]
    np.testing.assert_array_equal(kept(top_p_filter(LOGITS, p), LOGITS), expected)


@pytest.mark.parametrize(
    ("p", "size"), [(0.01, 1), (0.39, 1), (0.41, 2), (0.64, 2), (0.66, 3), (0.86, 4), (0.96, 5)]
)
def test_the_token_that_crosses_the_threshold_belongs_to_the_nucleus(p, size):
    np.testing.assert_array_equal(kept(top_p_filter(KNOWN, p), KNOWN), size > ORDERS)


def test_no_smaller_set_reaches_p():
    probabilities = softmax(LOGITS)
    for p in (0.2, 0.6, 0.95):
        for row, keep in zip(probabilities, kept(top_p_filter(LOGITS, p), LOGITS), strict=True):
            assert row[keep].sum() >= p
            smaller = itertools.combinations(row, keep.sum() - 1)
            assert all(sum(subset) < p for subset in smaller)


def test_of_equal_tokens_the_nucleus_holds_as_many_as_it_takes():
    logits = np.zeros((2, 8), np.float32)
    np.testing.assert_array_equal(kept(top_p_filter(logits, 0.3), logits).sum(-1), [3, 3])


def test_p_of_one_keeps_even_the_most_improbable():
    logits = np.array([[50.0, 0.0, -50.0]], np.float32)
    assert kept(top_p_filter(logits, 1.0), logits).all()


def test_what_was_ruled_out_before_stays_out():
    filtered = top_p_filter(top_k_filter(KNOWN, 3), 0.9)
    np.testing.assert_array_equal(kept(filtered, KNOWN), ORDERS < 3)


@pytest.mark.parametrize("p", [0.0, -0.1, 1.1])
def test_p_outside_its_range_is_refused(p):
    with pytest.raises(ValueError, match=f"p={p}"):
        top_p_filter(LOGITS, p)


def sampled_frequencies(sampler, row, draws=20_000):
    ids = sampler(np.repeat(row[None], draws, axis=0), tf.constant([1, 2])).numpy()
    assert ids.dtype == np.int32
    return np.bincount(ids, minlength=len(row)) / draws


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, [0.4, 0.25, 0.2, 0.1, 0.05]),
        ({"top_k": 2}, [0.4 / 0.65, 0.25 / 0.65, 0, 0, 0]),
        ({"top_p": 0.7}, [0.4 / 0.85, 0.25 / 0.85, 0.2 / 0.85, 0, 0]),
        ({"top_k": 3, "top_p": 0.7}, [0.4 / 0.65, 0.25 / 0.65, 0, 0, 0]),  # 0.65 / 0.85 > 0.7
        ({"top_k": 1}, [1, 0, 0, 0, 0]),
        ({"temperature": 0}, [1, 0, 0, 0, 0]),
        ({"temperature": 0.5}, np.array([16, 6.25, 4, 1, 0.25]) / 27.5),
        # Temperature first: the nucleus is that of the sharpened distribution, 22.25 / 27.5 ≥ 0.7.
        ({"temperature": 0.5, "top_p": 0.7}, [16 / 22.25, 6.25 / 22.25, 0, 0, 0]),
    ],
)
def test_tokens_are_drawn_with_the_enumerated_probabilities(arguments, expected):
    frequencies = sampled_frequencies(make_sampler(**arguments), KNOWN[0])
    np.testing.assert_allclose(frequencies, expected, atol=0.015)
    np.testing.assert_array_equal(frequencies > 0, np.array(expected) > 0)


def test_what_is_ruled_out_is_never_drawn_however_long_the_row():
    logits = np.full((500, 5000), -np.inf, np.float32)
    allowed = np.array([7, 2500, 4990])
    logits[:, allowed] = [0.0, -16.0, -1.0]
    compiled = tf.function(draw, jit_compile=True)
    drawn = np.concatenate([compiled(logits, (seed, 0)) for seed in range(20)])
    assert np.isin(drawn, allowed).all()
    np.testing.assert_allclose(np.mean(drawn == 7), 1 / (1 + np.exp(-1)), atol=0.02)


@pytest.mark.parametrize("size", [1, 31, 32, 33, 100])
def test_a_draw_is_the_inverse_of_the_running_sums_in_rows_of_any_size(size):
    logits = np.random.default_rng(size).normal(0, 2, (300, size)).astype(np.float32)
    exact = np.exp(logits.astype(np.float64))
    sums = np.cumsum(exact / exact.sum(axis=1, keepdims=True), axis=1)
    u = tf.random.stateless_uniform([300, 1], (3, 4)).numpy()
    np.testing.assert_array_equal(draw(logits, (3, 4)), (sums <= u).sum(axis=1))


def test_the_first_and_the_last_token_can_be_drawn():
    drawn = draw(tf.constant([[0.0, -np.inf, 0.0]] * 100), (0, 1))
    assert set(drawn.numpy().tolist()) == {0, 2}


def test_the_seed_decides_the_draw():
    sampler = make_sampler()
    logits = np.zeros((50, 9), np.float32)
    one, same, other = (
        sampler(logits, tf.constant(seed)).numpy() for seed in ([0, 1], [0, 1], [1, 1])
    )
    np.testing.assert_array_equal(one, same)
    assert np.any(one != other)
    assert len(set(one)) > 1  # the rows of a batch are drawn independently


def test_compiled_samplers_draw_with_the_same_probabilities():
    compiled = tf.function(make_sampler(top_k=3, top_p=0.7), jit_compile=True)
    frequencies = sampled_frequencies(compiled, KNOWN[0])
    np.testing.assert_allclose(frequencies, [0.4 / 0.65, 0.25 / 0.65, 0, 0, 0], atol=0.015)
