"""What a reward model has learned: accuracy, calibration, agreement with the gold reward."""

import numpy as np

from assignment.alignment.calibration import calibrate
from assignment.alignment.reward_observer import RewardScorer, gold_accuracy, gold_margins
from assignment.evaluation.win_rates import outcomes
from assignment.text.batches import pack_pairs
from assignment.text.datasets import Dataset
from assignment.text.tokenizer import Tokenizer


def reward_model_figures(reward_model, tokenizer: Tokenizer, data: Dataset) -> dict[str, float]:
    """Measure a reward model on held-out preferences.

    Args:
        reward_model: The model.
        tokenizer: Its tokenizer.
        data: Preferences. Where they are the course's own there is a gold reward to agree with.
    """
    longest = reward_model.config.max_sequence_length - 1
    score = RewardScorer(reward_model)
    chosen, rejected, _ = pack_pairs(data.validation, tokenizer, longest)
    scores = np.stack([score(chosen), score(rejected)])  # (2, N)
    margins = scores[0] - scores[1]
    figures = {
        "accuracy": float(outcomes(*scores).mean()),
        "margin": float(margins.mean()),
        "calibration_error": calibrate(margins).error,
    }
    if not data.is_bundled:
        return figures
    golds = gold_margins(data.validation)
    return figures | {
        # The labels are noisy on purpose: no model can have a larger accuracy than this share.
        "labels_that_agree_with_gold": gold_accuracy(np.ones_like(margins), golds),
        "gold_accuracy": gold_accuracy(margins, golds),
        "gold_correlation": float(np.corrcoef(margins, golds)[0, 1]),
    }
