"""What is looked at while a reward model learns: accuracy, calibration, agreement with the gold."""

import numpy as np
import tensorflow as tf

from assignment.alignment.calibration import calibrate
from assignment.alignment.gold_judge import Judged
from assignment.alignment.rewards import bradley_terry_loss
from assignment.text.batches import Packed
from assignment.text.grammar import gold_reward
from assignment.text.records import Preference
from assignment.training.figures import scatter
from assignment.training.stage import Stage
from assignment.training.summary import print_stage_summary

BATCH_SIZE = 50


class RewardScorer:
    """The rewards of many conversations, in batches of one shape.

    Args:
        model: A reward model.
    """

    def __init__(self, model):
        self._rewards = tf.function(model.rewards, jit_compile=True)

    def __call__(self, packed: Packed) -> np.ndarray:
        """`(N,)`."""
        token_ids, lengths = packed.token_ids, packed.lengths
        missing = -len(lengths) % BATCH_SIZE
        token_ids = np.pad(token_ids, ((0, missing), (0, 0)))
        lengths = np.pad(lengths, (0, missing), constant_values=1)
        batches = range(0, len(lengths), BATCH_SIZE)
        rewards = [
            self._rewards(token_ids[i : i + BATCH_SIZE], lengths[i : i + BATCH_SIZE])
            for i in batches
        ]
        return np.concatenate(rewards)[: len(packed.lengths)]


def gold_margins(pairs: list[Preference]) -> np.ndarray:
    """By how much the gold reward of the chosen response is larger, `(N,)`."""
    return np.array(
        [gold_reward(p.prompt, p.chosen) - gold_reward(p.prompt, p.rejected) for p in pairs]
    )


def gold_accuracy(margins: np.ndarray, golds: np.ndarray) -> float:
    """The share of pairs that two rewards rank alike, apart from ties of the gold reward."""
    differ = golds != 0
    return float(((margins > 0) == (golds > 0))[differ].mean())


class RewardObserver:
    """Measures a reward model before, while and after it learns.

    Args:
        stage: The run.
        model: The reward model.
        pairs: Held-out preferences.
        chosen: Their chosen conversations, packed.
        rejected: Their rejected ones.
        judged: What the source writes, where there is a gold reward.
        stories_each: How many stories for one request stand there together.
    """

    def __init__(
        self,
        stage: Stage,
        model,
        pairs: list[Preference],
        chosen: Packed,
        rejected: Packed,
        judged: Judged | None,
        stories_each: int,
    ):
        self.stage = stage
        self.model = model
        self.pairs = pairs
        self.chosen, self.rejected = chosen, rejected
        self.score = RewardScorer(model)
        self.judged, self.stories_each = judged, stories_each
        if judged:
            self.gold_margins = gold_margins(pairs)

    def evaluate(self, step: int) -> dict[str, float]:
        """Validate and log; returns the validation metrics.

        The head's bias, which no difference of rewards depends on, is set so that the mean reward
        of the held-out responses is 0: a policy starts near a reward of 0 (Stiennon et al. 2020).
        """
        chosen, rejected = self.score(self.chosen), self.score(self.rejected)
        centre = (chosen.mean() + rejected.mean()) / 2
        self.model.head.bias.assign_sub([centre])
        chosen, rejected = chosen - centre, rejected - centre
        calibration = calibrate(chosen - rejected)
        metrics = {
            "loss": float(bradley_terry_loss(chosen, rejected)),
            "accuracy": float((chosen > rejected).mean()),
            "margin": float((chosen - rejected).mean()),
            "calibration_error": calibration.error,
        }
        self.stage.tracker.log_image(step, "calibration", calibration.draw())
        if self.judged:
            metrics["gold_accuracy"] = gold_accuracy(chosen - rejected, self.gold_margins)
            metrics |= self._agreement(step)
        examples = self.pairs[:3]
        lines = [
            f"> {pair.prompt}\n{chosen[i]:+.2f} (chosen) {pair.chosen}\n"
            f"{rejected[i]:+.2f} (rejected) {pair.rejected}"
            for i, pair in enumerate(examples)
        ]
        self.stage.show(step, "\n".join(lines))
        return metrics

    def _agreement(self, step: int) -> dict[str, float]:
        """How well the rewards of what the source wrote agree with their gold rewards.

        Stories for one request are compared: from pairs the model learns nothing of the level of a
        request, so rewards of different requests have no common scale.
        """
        shape = (-1, self.stories_each)
        rewards = self.score(self.judged.packed).reshape(shape)
        golds = self.judged.golds.reshape(shape)
        first, second = np.triu_indices(self.stories_each, 1)
        margins = rewards[:, first] - rewards[:, second]
        centred = [(x - x.mean(axis=1, keepdims=True)).ravel() for x in (golds, rewards)]
        labels = ("gold reward above the request's mean", "reward model, the same")
        image = scatter(*centred, *labels)
        self.stage.tracker.log_image(step, "reward model and gold reward", image)
        return {
            "story_correlation": float(np.corrcoef(*centred)[0, 1]),
            "story_accuracy": gold_accuracy(margins, golds[:, first] - golds[:, second]),
        }

    def print_summary(self, seconds: float) -> None:
        """Print what the reward model can do: at first, and with the best weights."""
        before, after = self.stage.first_and_last()
        names = {
            "loss": ("held-out loss", ".3f"),
            "accuracy": ("pairs ranked as labelled", ".1%"),
            "gold_accuracy": ("pairs ranked as the gold reward does", ".1%"),
            "calibration_error": ("calibration error", ".3f"),
            "story_accuracy": ("source's stories for one request, the same", ".1%"),
            "story_correlation": ("their correlation with the gold reward", ".2f"),
        }
        path, source = self.stage.run_directory.path, self.stage.source.path
        preset = self.stage.config.preset_flag
        print_stage_summary(
            f"{path}: best step {after['step']} of {self.stage.config.steps}",
            [
                (title, f"{before[name]:{form}}", f"{after[name]:{form}}")
                for name, (title, form) in names.items()
                if name in after
            ],
            seconds,
            {"next": f"python -m assignment.ppo --from {source} --reward-model {path}{preset}"},
        )
