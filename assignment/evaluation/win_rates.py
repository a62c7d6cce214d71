"""Which of two models a judge prefers: win rate, its interval, and what length has to do with it.

A judge is a program here, so it does not matter which answer it reads first.
"""

import math
from statistics import NormalDist

import numpy as np

# Keeps b₁ finite where length alone tells wins from losses: half of this times b₁² is added.
RIDGE = 1e-2
NEWTON_STEPS = 50


def outcomes(scores, other_scores) -> np.ndarray:
    """1 where the first of two answers scores higher, 0 where it scores lower, ½ for a tie."""
    return (np.sign(np.asarray(scores, float) - np.asarray(other_scores, float)) + 1) / 2


def wilson_interval(rate: float, count: int, confidence: float = 0.95) -> tuple[float, float]:
    """The interval of a share (Wilson 1927): all p under which the one seen is not surprising.

        (p̂ + z²/2n ± z √(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n)

    Unlike p̂ ± z √(p̂(1 − p̂)/n) it stays inside [0, 1] and has a width at p̂ = 0 and 1.

    Args:
        rate: p̂, the share that was seen.
        count: n, of how many.
        confidence: Of the interval.

    Raises:
        ValueError: n < 1, or p̂ outside [0, 1].
    """
    if count < 1 or not 0 <= rate <= 1:
        raise ValueError(
            f"An interval needs a rate in [0, 1] of at least 1. Received: {rate} of {count}"
        )
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    center = rate + z**2 / (2 * count)
    half = z * math.sqrt(rate * (1 - rate) / count + z**2 / (4 * count**2))
    scale = 1 + z**2 / count
    return max(0.0, (center - half) / scale), min(1.0, (center + half) / scale)


def length_controlled_win_rate(
    wins, lengths, other_lengths, confidence: float = 0.95
) -> tuple[float, tuple[float, float]]:
    """The win rate that is left when both answers are equally long (Dubois et al. 2024).

    Fits, by maximum likelihood,

        log-odds(win) = b₀ + b₁ tanh((|y| − |y'|) / s)

    where s is the deviation of the differences, and reports σ(b₀): the length term is 0 there. One
    tie of equal lengths is added, so that b₀ is finite when all battles were won. AlpacaEval's
    third term, for the difficulty of each prompt, is left out.

    Args:
        wins: `(P,)`, 1, 0 or ½, see `outcomes`.
        lengths: `(P,)`, |y|, of the answers that are judged.
        other_lengths: `(P,)`, |y'|, of those that they are compared with.
        confidence: Of the interval, b₀ ± z · its standard error, mapped by σ.

    Returns:
        The rate, and its interval.
    """
    wins = np.asarray(wins, float)
    differences = np.asarray(lengths, float) - np.asarray(other_lengths, float)
    scaled = np.tanh(differences / (differences.std() or 1.0))
    wins, scaled = np.append(wins, 0.5), np.append(scaled, 0.0)
    features = np.stack([np.ones_like(scaled), scaled], axis=1)  # (P + 1, 2)
    ridge = np.diag([0.0, RIDGE])
    weights = np.zeros(2)
    for _ in range(NEWTON_STEPS):
        probabilities = sigmoid(features @ weights)
        gradient = features.T @ (probabilities - wins) + ridge @ weights
        spread = probabilities * (1 - probabilities)
        hessian = features.T @ (features * spread[:, None]) + ridge
        step = np.linalg.solve(hessian, gradient)
        weights -= step / max(1.0, np.abs(step).max())  # never more than 1 at once: no overshoot
        if np.abs(step).max() < 1e-10:
            break
    error = math.sqrt(np.linalg.inv(hessian)[0, 0])
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    low, rate, high = sigmoid(weights[0] + z * error * np.array([-1.0, 0.0, 1.0]))
    return float(rate), (float(low), float(high))


def sigmoid(x) -> np.ndarray:
    """1 / (1 + e⁻ˣ), in a form that nothing overflows in."""
    return (1 + np.tanh(np.asarray(x, float) / 2)) / 2
