"""What is measured of one run, task by task."""

import functools
import math
from pathlib import Path

from assignment.alignment.reward_observer import RewardScorer
from assignment.config import EvaluateConfig, PPOConfig, RewardModelConfig
from assignment.reporting.measured import Measured, comparison_figures
from assignment.reporting.measuring import best_of_n_curve, measure
from assignment.reporting.panel import Panel, Sizes
from assignment.reporting.reward_models import reward_model_figures
from assignment.text.corpus import load_corpus
from assignment.text.datasets import load_dataset
from assignment.text.records import Preference
from assignment.text.registry import resolve_corpus
from assignment.training.evaluation import Evaluator
from assignment.training.runs import RunDirectory

CHOSEN_REQUESTS, CHOICES = 50, 16


class RunMeasures:
    """Measures the model of a run.

    Args:
        run: The run.
        config: What to compare it with, and how.

    Attributes:
        blanks: The exercises for want of which something could not be measured.
    """

    def __init__(self, run: RunDirectory, config: EvaluateConfig):
        self.run = run
        self.config = config
        self.other = self._other()
        self.reward_run = self._reward_run()
        self.model = run.load_model(config.checkpoint)
        self.tokenizer = run.tokenizer()
        self.blanks: list[str] = []

    def text(self) -> dict[str, float]:
        """Loss, perplexity, nats per character, and the gap to the floor."""
        name = self.config.corpus or self.run.pre_training().settings()["corpus"]
        return text_figures(self.model, self.tokenizer, name)

    def pairs(self) -> dict[str, float]:
        """What a reward model says of held-out preferences."""
        data = load_dataset(self.run.settings()["data"], Preference)
        return reward_model_figures(self.model, self.tokenizer, data)

    def instructions(self) -> dict[str, float]:
        """How many are followed."""
        return self._on_panel("instructions").figures

    def arithmetic(self) -> dict[str, float]:
        """pass@k and exact match."""
        return self._on_panel("arithmetic").figures

    def stories(self) -> dict[str, float]:
        """Gold reward, divergence, win rates, and the best of n."""
        reference = self.other and self.other.load_model(self.config.checkpoint)
        scorer = self.reward_run and RewardScorer(self.reward_run.load_model())
        measured = self._on_panel("stories", reference, scorer)
        figures = dict(measured.figures)
        if scorer:
            for point in best_of_n_curve(self.panel, scorer, CHOSEN_REQUESTS, CHOICES):
                figures[f"best_of_{point['n']}_score"] = point["score"]
                figures[f"best_of_{point['n']}_gold"] = point["gold"]
        if reference and measured.golds:
            figures |= comparison_figures(measured, measure(self.panel, reference, ["stories"]))
        return figures

    def _on_panel(self, task: str, reference=None, scorer=None) -> Measured:
        measured = measure(self.panel, self.model, [task], reference, scorer)
        self.blanks += measured.blanks
        return measured

    @functools.cached_property
    def panel(self) -> Panel:
        return Panel(self.model.config, self.tokenizer, Sizes(), self.config.seed)

    def _other(self) -> RunDirectory | None:
        """The run to compare with; if none was asked for, the parent, unless it is gone."""
        if not self.config.against:
            parent = self.run.parent()
            return parent if parent and parent.exists() else None
        other = RunDirectory(self.config.against)
        if other.model_config() != self.run.model_config():
            raise ValueError(
                f"{other.path} and {self.run.path} hold models of different shapes: only models "
                "of one pre-training run can be compared."
            )
        return other

    def _reward_run(self) -> RunDirectory | None:
        if self.config.reward_model:
            run = RunDirectory(self.config.reward_model)
        elif self.run.stage() == PPOConfig.stage:
            named, source = self.run.settings()["reward_model"], self.run.parent().path
            config = PPOConfig(source, reward_model=named and Path(named))
            run = RunDirectory(config.reward_model_directory())
            if not run.exists():
                return None
        else:
            return None
        if not isinstance(run.model_config(), RewardModelConfig):
            raise ValueError(f"{run.path} is no run of python -m assignment.reward_model")
        return run


def text_figures(model, tokenizer, corpus_name: str) -> dict[str, float]:
    """The figures of a language model on the held-out part of a corpus."""
    corpus = load_corpus(resolve_corpus(corpus_name), tokenizer, show_progress=True)
    length = model.config.max_sequence_length
    if len(corpus.validation_tokens) < length + 1:
        raise ValueError(
            f"The validation part of {corpus_name} has {len(corpus.validation_tokens)} tokens, "
            f"fewer than the {length + 1} of one window of the model."
        )
    figures = Evaluator(model, length).evaluate(corpus)
    return figures | {"uniform_loss": math.log(model.config.vocabulary_size)}
