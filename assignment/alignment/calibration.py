"""Whether a reward model is right as often as it says it is."""

from dataclasses import dataclass

import numpy as np

from assignment.training.figures import reliability_diagram

BINS = 5


@dataclass(frozen=True)
class Calibration:
    """Predictions in bins of their confidence, from 0.5 to 1; empty bins are left out."""

    confidence: np.ndarray
    accuracy: np.ndarray
    counts: np.ndarray

    @property
    def error(self) -> float:
        """The expected calibration error: Σ_bins (n_bin / n) |accuracy − confidence|."""
        gaps = np.abs(self.accuracy - self.confidence)
        return float(np.average(gaps, weights=self.counts))

    def draw(self) -> np.ndarray:
        return reliability_diagram(self.confidence, self.accuracy, self.counts)


def calibrate(margins) -> Calibration:
    """Compare σ(|r_w − r_l|), how sure the model is of its choice, with how often it is right.

    Args:
        margins: `(N,)`, r_w − r_l of held-out pairs.
    """
    margins = np.asarray(margins, np.float64)
    confidence = 1 / (1 + np.exp(-np.abs(margins)))
    bins = np.minimum((2 * (confidence - 0.5) * BINS).astype(int), BINS - 1)
    filled = [bins == index for index in range(BINS) if (bins == index).any()]
    return Calibration(
        np.array([confidence[rows].mean() for rows in filled]),
        np.array([(margins[rows] > 0).mean() for rows in filled]),
        np.array([rows.sum() for rows in filled]),
    )
