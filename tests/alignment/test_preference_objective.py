"""The six losses behind one function: the closed forms at the reference, and the right inputs."""

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
from assignment.alignment.preference_objective import preference_objective
from assignment.config import DPOConfig
from assignment.config.dpo import TYPICAL_LENGTH

RNG = np.random.default_rng(0)
B = 3
LOG_PROBS = RNG.uniform(-20, -5, 3 * B).astype("float32")
REFERENCE = (LOG_PROBS + RNG.normal(size=3 * B)).astype("float32")
LENGTHS = RNG.integers(3, 9, 3 * B)
LOSSES = ("dpo", "ipo", "kto", "orpo", "r-dpo", "simpo")


def by_pair(values, loss: str) -> np.ndarray:
    return np.stack(blocks(values)[: 3 if loss == "kto" else 2], axis=1)


def objective(log_probs=LOG_PROBS, reference=REFERENCE, **changes):
    config = DPOConfig(**changes).resolve()
    return preference_objective(
        config, *(tf.constant(by_pair(x, config.loss)) for x in (log_probs, reference, LENGTHS))
    )


def blocks(values) -> list[np.ndarray]:
    return list(np.asarray(values).reshape(3, B))


def test_each_loss_gets_what_it_is_defined_on():
    chosen, rejected, mismatched = blocks(LOG_PROBS)
    ref_chosen, ref_rejected, ref_mismatched = blocks(REFERENCE)
    average_chosen, average_rejected, _ = blocks(LOG_PROBS / LENGTHS)
    chosen_lengths, rejected_lengths, _ = blocks(LENGTHS)
    pairs = (chosen, rejected, ref_chosen, ref_rejected)
    kl = np.mean(mismatched - ref_mismatched)
    expected = {
        "dpo": dpo_loss(*pairs, 0.3),
        "ipo": ipo_loss(*pairs, 0.7),
        "kto": kto_loss(*pairs, 0.3, 1.0, 1.5, kl),
        "orpo": orpo_loss(average_chosen, average_rejected, 0.3),
        "r-dpo": r_dpo_loss(*pairs, chosen_lengths, rejected_lengths, 0.3, 0.1),
        "simpo": simpo_loss(average_chosen, average_rejected, 0.3, 0.2),
    }
    for name in LOSSES:
        loss, _ = objective(
            loss=name,
            beta=0.3,
            tau=0.7,
            alpha=0.1,
            gamma=0.2,
            sft_weight=0.0,
            undesirable_weight=1.5,
        )
        assert float(loss) == pytest.approx(float(expected[name]), rel=1e-5), name


def test_at_the_reference_the_losses_have_their_closed_forms():
    closed = {"dpo": math.log(2), "ipo": (1 / 0.2) ** 2, "kto": 0.5}
    for name, value in closed.items():
        loss, metrics = objective(
            reference=LOG_PROBS, loss=name, **({"tau": 0.1} if name == "ipo" else {"beta": 0.5})
        )
        assert float(loss) == pytest.approx(value, rel=1e-6)
        assert float(metrics["margin"]) == float(metrics["chosen_log_ratio"]) == 0.0


def test_the_responses_own_loss_can_be_added():
    with_it, _ = objective(loss="dpo", sft_weight=2.0)
    without, _ = objective(loss="dpo", sft_weight=0.0)
    average = np.mean(LOG_PROBS[:B] / LENGTHS[:B])
    assert float(with_it - without) == pytest.approx(-2 * average, rel=1e-4)


def test_log_ratios_can_be_averaged_over_tokens_as_the_lecture_has_them():
    loss, metrics = objective(loss="dpo", beta=0.3, average=True)
    pairs = (blocks(x / LENGTHS)[i] for x in (LOG_PROBS, REFERENCE) for i in (0, 1))
    assert float(loss) == pytest.approx(float(dpo_loss(*pairs, 0.3)), rel=1e-5)
    per_token = blocks((LOG_PROBS - REFERENCE) / LENGTHS)
    margin = np.mean(per_token[0] - per_token[1])
    assert float(metrics["margin"]) == pytest.approx(margin, rel=1e-4)


@pytest.mark.parametrize("loss", ["dpo", "ipo", "kto", "r-dpo"])
def test_averages_are_weighed_as_their_sums_were(loss):
    """At responses of the typical length the defaults of both forms ask for the same policy."""
    by_default, averaged = (
        DPOConfig(loss=loss, average=average).resolve() for average in (False, True)
    )
    difference = 1.7
    if loss == "ipo":
        target = 1 / (2 * by_default.tau)
        assert 1 / (2 * averaged.tau) == pytest.approx(target / TYPICAL_LENGTH)
    else:
        per_token = difference / TYPICAL_LENGTH
        assert averaged.beta * per_token == pytest.approx(by_default.beta * difference)
    assert averaged.alpha == by_default.alpha
    assert DPOConfig(loss=loss, average=True, beta=0.1, tau=0.2).resolve().beta == 0.1


@pytest.mark.parametrize("loss", ["orpo", "simpo"])
def test_losses_on_averages_refuse_to_average_again(loss):
    with pytest.raises(ValueError, match=f"Leave it out. Received: --loss {loss}"):
        DPOConfig(loss=loss, average=True).resolve().check()


@pytest.mark.parametrize("loss", LOSSES)
def test_a_step_down_the_gradient_prefers_the_chosen_response_more(loss):
    log_probs = tf.Variable(by_pair(LOG_PROBS, loss))
    config = DPOConfig(loss=loss).resolve()
    with tf.GradientTape() as tape:
        value, _ = preference_objective(
            config, log_probs, by_pair(REFERENCE, loss), by_pair(LENGTHS, loss)
        )
    gradient = tape.gradient(value, log_probs).numpy().T
    if loss == "ipo":  # its margin has a target, which these log-ratios have not reached
        assert np.all(np.abs(blocks(LOG_PROBS - REFERENCE)[0]) < 5)
    assert (gradient[0] < 0).all()
    assert (gradient[1] > 0).all()
    if loss == "kto":  # no gradient goes into the estimate of the distance
        assert not gradient[2].any()


def test_the_metrics_are_those_of_the_pairs():
    _, metrics = objective(loss="kto")
    chosen, rejected, _ = blocks(LOG_PROBS - REFERENCE)
    assert float(metrics["margin"]) == pytest.approx(np.mean(chosen - rejected), rel=1e-5)
    assert float(metrics["accuracy"]) == pytest.approx(np.mean(chosen > rejected))
    assert float(metrics["rejected_log_prob"]) == pytest.approx(LOG_PROBS[B : 2 * B].mean())


def test_every_loss_has_its_defaults_and_names_its_run():
    for name in LOSSES:
        config = DPOConfig(loss=name).resolve()
        assert config.directory().name == f"{name}-transformer-tiny-stories"
        assert (config.tau if name == "ipo" else config.beta) > 0
    with pytest.raises(ValueError, match=r"--beta must be positive, and finite\. Received: 0"):
        DPOConfig(beta=0.0).resolve()
