import math

import numpy as np
import pytest
import tensorflow as tf

from assignment.alignment.preference_losses import (
    dpo_loss,
    ipo_loss,
    kto_loss,
    orpo_loss,
    r_dpo_loss,
    simpo_loss,
)

RNG = np.random.default_rng(0)
B = 5
POLICY_CHOSEN, POLICY_REJECTED = -RNG.uniform(5, 9, (2, B))
REF_CHOSEN = POLICY_CHOSEN + np.array([1.5, -2.0, 0.5, -0.7, 3.0])
REF_REJECTED = POLICY_REJECTED + np.array([-1.0, 0.8, 2.5, 1.2, -2.0])
WITH_REFERENCE = POLICY_CHOSEN, POLICY_REJECTED, REF_CHOSEN, REF_REJECTED
AVERAGES = -RNG.uniform(0.2, 2.5, (2, B))
LENGTHS = np.array([7, 3, 9, 4, 5]), np.array([4, 8, 9, 2, 11])


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def over_rows(row):
    return lambda *columns: np.mean([row(*values) for values in zip(*columns, strict=True)])


def orpo_row(c, r):
    odds = [math.exp(x) / (1 - math.exp(x)) for x in (c, r)]
    return -c - 0.7 * math.log(sigmoid(math.log(odds[0] / odds[1])))


def kto_row(z):
    def row(pc, pr, rc, rr):
        chosen = 1.5 * (1 - sigmoid(0.4 * ((pc - rc) - z)))
        rejected = 0.8 * (1 - sigmoid(0.4 * (z - (pr - rr))))
        return (chosen + rejected) / 2

    return row


# name: the loss, its arguments, and the same by the formula in plain Python
CASES = {
    "dpo": (
        lambda *x: dpo_loss(*x, 0.4),
        WITH_REFERENCE,
        over_rows(lambda pc, pr, rc, rr: -math.log(sigmoid(0.4 * ((pc - rc) - (pr - rr))))),
    ),
    "ipo": (
        lambda *x: ipo_loss(*x, 0.25),
        WITH_REFERENCE,
        over_rows(lambda pc, pr, rc, rr: ((pc - rc) - (pr - rr) - 2.0) ** 2),
    ),
    "kto": (lambda *x: kto_loss(*x, 0.4, 1.5, 0.8), WITH_REFERENCE, over_rows(kto_row(0.0))),
    "kto_kl": (
        lambda *x: kto_loss(*x, 0.4, 1.5, 0.8, kl=1.3),
        WITH_REFERENCE,
        over_rows(kto_row(1.3)),
    ),
    "kto_negative_kl": (
        lambda *x: kto_loss(*x, 0.4, 1.5, 0.8, kl=-1.3),
        WITH_REFERENCE,
        over_rows(kto_row(0.0)),
    ),
    "orpo": (lambda *x: orpo_loss(*x, 0.7), AVERAGES, over_rows(orpo_row)),
    "r_dpo": (
        lambda *x: r_dpo_loss(*x, *LENGTHS, 0.4, 0.1),
        WITH_REFERENCE,
        lambda *x: over_rows(
            lambda pc, pr, rc, rr, lw, ll: (
                -math.log(sigmoid(0.4 * ((pc - rc) - (pr - rr)) + 0.1 * (lw - ll)))
            )
        )(*x, *LENGTHS),
    ),
    "simpo": (
        lambda *x: simpo_loss(*x, 2.0, 0.5),
        AVERAGES,
        over_rows(lambda c, r: -math.log(sigmoid(2.0 * (c - r) - 0.5))),
    ),
}


def numerical_gradients(function, arguments, step=1e-6):
    gradients = []
    for position, argument in enumerate(arguments):
        gradient = np.zeros(B)
        for b in range(B):
            values = []
            for sign in (1, -1):
                moved = [np.array(x) for x in arguments]
                moved[position][b] = argument[b] + sign * step
                values.append(function(*moved))
            gradient[b] = (values[0] - values[1]) / (2 * step)
        gradients.append(gradient)
    return gradients


@pytest.mark.parametrize("name", CASES)
def test_the_loss_equals_the_formula(name):
    loss_fn, arguments, formula = CASES[name]
    loss = loss_fn(*arguments)
    np.testing.assert_allclose(loss, formula(*arguments), rtol=1e-6)
    assert loss.shape == ()
    in_float32 = loss_fn(*(x.astype("float32") for x in arguments))
    assert in_float32.dtype == tf.float32
    np.testing.assert_allclose(in_float32, formula(*arguments), rtol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_the_gradient_reaches_the_policy_and_not_the_reference(name):
    loss_fn, arguments, formula = CASES[name]
    variables = [tf.constant(x) for x in arguments]
    with tf.GradientTape() as tape:
        tape.watch(variables)
        loss = loss_fn(*variables)
    found = tape.gradient(loss, variables)
    expected = numerical_gradients(formula, arguments)
    for position in (0, 1):
        np.testing.assert_allclose(found[position], expected[position], rtol=1e-5, atol=1e-9)
    assert found[2:] == [None] * (len(arguments) - 2)


@pytest.mark.parametrize("name", sorted(set(CASES) - {"ipo"}))  # which turns around at its target
def test_descent_raises_the_chosen_and_lowers_the_rejected(name):
    loss_fn, arguments, _ = CASES[name]
    variables = [tf.constant(x) for x in arguments]
    with tf.GradientTape() as tape:
        tape.watch(variables)
        loss = loss_fn(*variables)
    chosen, rejected = tape.gradient(loss, variables[:2])
    assert (chosen.numpy() < 0).all()
    assert (rejected.numpy() > 0).all()


@pytest.mark.parametrize("name", CASES)
def test_the_same_under_xla(name):
    loss_fn, arguments, _ = CASES[name]
    arguments = [tf.constant(x, tf.float32) for x in arguments]
    compiled = tf.function(loss_fn, jit_compile=True)(*arguments)
    np.testing.assert_allclose(compiled, loss_fn(*arguments), rtol=1e-5)


def test_at_the_reference_each_loss_has_its_closed_form():
    same = POLICY_CHOSEN, POLICY_REJECTED, POLICY_CHOSEN, POLICY_REJECTED
    equal_lengths = LENGTHS[0], LENGTHS[0]
    np.testing.assert_allclose(dpo_loss(*same, 0.4), math.log(2), rtol=1e-6)
    np.testing.assert_allclose(ipo_loss(*same, 0.25), 4.0, rtol=1e-6)
    np.testing.assert_allclose(kto_loss(*same, 0.4, 1.5, 0.7), (1.5 + 0.7) / 4, rtol=1e-6)
    np.testing.assert_allclose(r_dpo_loss(*same, *equal_lengths, 0.4, 3.0), math.log(2), 1e-6)
    np.testing.assert_allclose(simpo_loss(AVERAGES[0], AVERAGES[0], 2.0, 0.0), math.log(2), 1e-6)


@pytest.mark.parametrize("name", CASES)
def test_very_different_responses_give_finite_losses_and_gradients(name):
    loss_fn, arguments, _ = CASES[name]
    scales = np.array([40.0, 1.0, 1.0, 40.0])
    far = [tf.constant(x * scales[i], tf.float32) for i, x in enumerate(arguments)]
    for order in (far, [far[1], far[0], *far[2:]]):
        with tf.GradientTape() as tape:
            tape.watch(order)
            loss = loss_fn(*order)
        assert np.isfinite(loss)
        for gradient in tape.gradient(loss, order[:2]):
            assert np.isfinite(gradient).all()


def test_kto_stops_the_gradient_of_its_reference_point():
    kl = tf.constant(1.3, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(kl)
        loss = kto_loss(*WITH_REFERENCE, 0.4, 1.0, 1.0, kl)
    assert tape.gradient(loss, kl) is None


def test_r_dpo_learns_less_from_a_longer_chosen_response():
    def gradient(chosen_length):
        chosen = tf.constant([-5.0])
        with tf.GradientTape() as tape:
            tape.watch(chosen)
            loss = r_dpo_loss(chosen, [-5.0], [-5.0], [-5.0], [chosen_length], [10], 0.4, 0.1)
        return -float(tape.gradient(loss, chosen)[0])

    assert gradient(20) < gradient(10) < gradient(5)


@pytest.mark.parametrize("log_prob", [-1e-3, -1e-6, -1e-8, -1e-10])
def test_orpo_keeps_its_digits_for_probabilities_near_one(log_prob):
    chosen, rejected = tf.constant([log_prob]), tf.constant([-1.0])
    odds_chosen = log_prob - math.log(-math.expm1(log_prob))
    odds_rejected = -1.0 - math.log(-math.expm1(-1.0))
    expected = -log_prob + math.log1p(math.exp(odds_rejected - odds_chosen))
    np.testing.assert_allclose(orpo_loss(chosen, rejected, 1.0), expected, rtol=1e-4)
    swapped = -rejected[0] + math.log1p(math.exp(odds_chosen - odds_rejected))
    np.testing.assert_allclose(orpo_loss(rejected, chosen, 1.0), swapped, rtol=1e-4)


def test_orpo_stays_finite_where_the_probability_rounds_to_one():
    for chosen, rejected in (([0.0], [-1.0]), ([-1.0], [0.0]), ([0.0], [0.0])):
        variables = [tf.constant(chosen), tf.constant(rejected)]
        with tf.GradientTape() as tape:
            tape.watch(variables)
            loss = orpo_loss(*variables, 1.0)
        assert np.isfinite(loss)
        assert np.isfinite(tape.gradient(loss, variables)).all()
