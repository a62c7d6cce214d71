"""How good a reward model is: accuracy on pairs, calibration of its probabilities."""

import dataclasses

import numpy as np

from assignment.evaluation.win_rates import outcomes, sigmoid

BINS = 10


def preference_accuracy(chosen_rewards, rejected_rewards) -> float:
    """The share of pairs whose chosen response has the higher reward; a tie counts one half."""
    return float(np.mean(outcomes(chosen_rewards, rejected_rewards)))


@dataclasses.dataclass(frozen=True)
class Calibration:
    """Of the pairs to which a model gives about one probability: which share was that way round.

    `predicted`, `observed` and `counts` have one entry for each bin that is not empty.
    """

    predicted: np.ndarray
    observed: np.ndarray
    counts: np.ndarray

    @property
    def error(self) -> float:
        """The expected calibration error: the mean of |observed − predicted| over all pairs."""
        return float(np.average(np.abs(self.observed - self.predicted), weights=self.counts))


def calibration(chosen_rewards, rejected_rewards, bins: int = BINS) -> Calibration:
    """Whether σ(r − r') is the probability with which the first response is the chosen one.

    Each pair counts both ways round, as (chosen, rejected) with outcome 1 and as
    (rejected, chosen) with outcome 0: which of the two is named first says nothing.

    Args:
        chosen_rewards: `(B,)`.
        rejected_rewards: `(B,)`.
        bins: Into how many equal parts the probabilities from 0 to 1 are sorted.
    """
    difference = np.asarray(chosen_rewards, float) - np.asarray(rejected_rewards, float)
    probability = sigmoid(np.concatenate([difference, -difference]))
    outcome = np.repeat([1.0, 0.0], difference.size)
    place = np.minimum((probability * bins).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins)
    filled = counts > 0
    sums = [np.bincount(place, weights=w, minlength=bins) for w in (probability, outcome)]
    predicted, observed = (total[filled] / counts[filled] for total in sums)
    return Calibration(predicted, observed, counts[filled])
