"""Makes the report card: every finished stage of a pipeline, measured on one panel."""

import dataclasses
import json
from collections.abc import Callable

from assignment.alignment.reward_observer import RewardScorer
from assignment.files import write_whole
from assignment.reporting.card import FINE_TUNED, REWARD_MODEL, Card
from assignment.reporting.measured import Measured, comparison_figures
from assignment.reporting.measuring import best_of_n_curve, measure
from assignment.reporting.panel import Panel, Sizes
from assignment.reporting.reward_models import reward_model_figures
from assignment.reporting.runner import PipelineDirectory
from assignment.reporting.stages import STAGES, PipelineStage
from assignment.text.datasets import load_dataset
from assignment.text.records import Preference
from assignment.training.evaluation import Evaluator
from assignment.training.runs import RunDirectory
from assignment.training.tracking import read_metrics

TASKS = ("instructions", "stories", "arithmetic")
SIZES = {
    "tiny": Sizes(),
    "smoke": Sizes(instructions=50, requests=100, problems=50, samples=4),
}
CHOICES = {"tiny": (50, 16), "smoke": (25, 8)}
"""Requests, and answers to each, for the best of n."""


class CardMaker:
    """Measures the finished stages. What was measured before is read from its file.

    Args:
        directory: The pipeline's.
        show: Called with a line about what is done now.
    """

    def __init__(self, directory: PipelineDirectory, show: Callable[[str], None]):
        self.directory = directory
        self.show = show
        self.finished = directory.finished()
        self.names = [stage.name for stage in self.finished]
        self.preset = directory.config.preset
        first = self._run(self.names[0])
        self.tokenizer = first.tokenizer()
        self.panel = Panel(
            first.model_config(), self.tokenizer, SIZES[self.preset], directory.config.seed
        )
        self.corpus = first.corpus()
        self.evaluator = Evaluator(self.panel.policy, first.model_config().max_sequence_length)
        self.scorer = None
        if REWARD_MODEL in self.names:
            self.scorer = RewardScorer(self._run(REWARD_MODEL).load_model())

    def make(self) -> Card:
        """Measure what was not measured before."""
        policies = [stage for stage in self.finished if stage.name != REWARD_MODEL]
        measured = {stage.name: self._measured(stage) for stage in policies}
        fine_tuned = measured.get(FINE_TUNED)
        comparisons = {}
        if fine_tuned and fine_tuned.golds:
            comparisons = {
                name: comparison_figures(other, fine_tuned)
                for name, other in measured.items()
                if name != FINE_TUNED
            }
        learned = {"figures": {}, "best_of_n": []}
        if self.scorer:
            stage = next(stage for stage in self.finished if stage.name == REWARD_MODEL)
            learned = self._kept(stage, self._reward_model_figures)
        return Card(
            preset=self.preset,
            seed=self.directory.config.seed,
            measured=measured,
            comparisons=comparisons,
            reward_model=learned["figures"],
            best_of_n=learned["best_of_n"],
            records={stage.name: self.directory.record(stage) for stage in self.finished},
            metrics={name: read_metrics(self._run(name).metrics) for name in self.names},
            missing=[stage for stage in STAGES if stage not in self.finished],
        )

    def _measured(self, stage: PipelineStage) -> Measured:
        return Measured(**self._kept(stage, lambda: self._measure(stage)))

    def _measure(self, stage: PipelineStage) -> dict:
        self.show(f"measuring {stage.name}")
        model = self._run(stage.name).load_model()
        reference = self._run(stage.parents[0]).load_model() if stage.parents else None
        measured = measure(self.panel, model, TASKS, reference, self.scorer)
        measured.figures.update(self.evaluator.evaluate(self.corpus))
        return dataclasses.asdict(measured)

    def _reward_model_figures(self) -> dict:
        self.show("measuring the reward model, and the best of n")
        run = self._run(REWARD_MODEL)
        data = load_dataset(run.settings()["data"], Preference)
        figures = reward_model_figures(run.load_model(), self.tokenizer, data)
        self.panel.load(self._run(FINE_TUNED).load_model())
        curve = best_of_n_curve(self.panel, self.scorer, *CHOICES[self.preset])
        return {"figures": figures, "best_of_n": curve}

    def _kept(self, stage: PipelineStage, make: Callable[[], dict]) -> dict:
        """What a file holds; it is made anew if it is not there, or if more can be measured now."""
        path = self.directory.measured_path(stage)
        basis = {"reward_model": self.scorer is not None}
        kept = json.loads(path.read_text()) if path.exists() else {}
        if kept.get("basis") != basis or kept["made"].get("blanks"):
            kept = {"basis": basis, "made": make()}
            write_whole(path, json.dumps(kept, indent=1) + "\n")
        return kept["made"]

    def _run(self, name: str) -> RunDirectory:
        return RunDirectory(self.directory.path / name)
