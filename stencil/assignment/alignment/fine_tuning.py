"""What is looked at while a model learns to answer: loss, instructions followed, forgetting."""

import warnings

import tensorflow as tf

from assignment.alignment.following import KINDS, following_rates, kind_of
from assignment.config import GRPOConfig, RewardTrainingConfig
from assignment.generation.responses import Responder
from assignment.text.batches import Packed
from assignment.text.datasets import Dataset
from assignment.text.download import DownloadError
from assignment.training.evaluation import Evaluator
from assignment.training.losses import response_loss
from assignment.training.stage import Stage
from assignment.training.summary import print_stage_summary

VALIDATION_ROWS = 100
PRE_TRAINING_TOKENS = 15_000
# Answered of each kind at each validation.
ANSWERED = 50
SHOWN_CHARACTERS = 400


class FineTuningObserver:
    """Measures a model before, while and after it is fine-tuned.

    Args:
        stage: The run.
        model: Its model.
        data: What it learns.
        held_out: The packed conversations of `data.validation`.
    """

    def __init__(self, stage: Stage, model, data: Dataset, held_out: Packed):
        self.stage = stage
        self.data = data
        self.held_out = held_out
        longest = int(held_out.response_mask.sum(axis=1).max())
        self.responder = Responder(model, stage.tokenizer, longest + 4, batch_size=ANSWERED)
        self.asked = self._asked(ANSWERED if data.is_bundled else 2)
        self.evaluator = Evaluator(model, model.config.max_sequence_length)
        self.corpus = _pre_training_corpus(stage)
        self._loss = tf.function(lambda i, t, m: response_loss(model(i), t, m), jit_compile=True)

    def evaluate(self, step: int) -> dict[str, float]:
        """Validate, let the model answer, and log; returns the validation metrics."""
        rows = self.held_out.rows(slice(VALIDATION_ROWS))
        metrics = {"loss": float(self._loss(*rows))}
        if self.corpus:
            tokens = self.corpus.validation_tokens[:PRE_TRAINING_TOKENS]
            metrics["pre_training_loss"] = self.evaluator.mean_loss(tokens)
        responses = self.responder([r.prompt for r in self.asked], self.stage.config.seed + step)
        if self.data.is_bundled:
            metrics |= following_rates(self.asked, responses)
        self.stage.show(step, self._examples(responses))
        return metrics

    def print_summary(self, seconds: float) -> None:
        """Print what fine-tuning has changed: before, and with the best weights."""
        before, after = self.stage.first_and_last()
        names = {
            "loss": "held-out response loss",
            "pre_training_loss": "loss on the pre-training text",
            "followed": "instructions followed",
            **{f"followed_{kind}": f"  of the kind {kind}" for kind in KINDS},
        }
        path = self.stage.run_directory.path
        is_for_grpo = self.stage.config.label == GRPOConfig.source_stage
        preset = self.stage.config.preset_flag
        following = GRPOConfig.stage if is_for_grpo else RewardTrainingConfig.stage
        print_stage_summary(
            f"{path}: best step {after['step']} of {self.stage.config.steps}",
            [
                (title, _shown(name, before), _shown(name, after))
                for name, title in names.items()
                if name in after
            ],
            seconds,
            {
                "talk to it": f"python -m assignment.chat --run-dir {path}",
                "next": f"python -m assignment.{following} --from {path}{preset}",
            },
        )

    def _asked(self, number: int) -> list:
        """The first held-out instructions of each kind: one shape of batch for each."""
        of_kind: dict[str, list] = {kind: [] for kind in KINDS}
        for record in self.data.validation:
            kind = kind_of(record) if self.data.is_bundled else "story"
            if len(of_kind[kind]) < number:
                of_kind[kind].append(record)
        return [record for records in of_kind.values() for record in records]

    def _examples(self, responses) -> str:
        """The first answer of each kind, with its prompt."""
        shown = {}
        for record, response in zip(self.asked, responses, strict=True):
            kind = kind_of(record) if self.data.is_bundled else record.prompt
            end = "" if response.ended else " …"
            text = f"> {record.prompt}\n{response.text[:SHOWN_CHARACTERS]}{end}"
            shown.setdefault(kind, text)
        return "\n".join(shown.values())


def _pre_training_corpus(stage: Stage):
    """What the model was pre-trained on, to see how much of it is forgotten; None if it is gone."""
    try:
        return stage.source.pre_training().corpus()
    except (ValueError, DownloadError) as error:
        warnings.warn(f"Forgetting is not measured. {error}", stacklevel=2)
        return None


def _shown(name: str, metrics: dict) -> str:
    return f"{metrics[name]:.1%}" if name.startswith("followed") else f"{metrics[name]:.3f}"
