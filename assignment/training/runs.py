"""Run directories: self-describing, so that a later stage needs nothing but the path.

config.json  tokenizer.model  metrics.jsonl  samples.txt  checkpoints/  event files
rankings.jsonl (reward model)  reference_log_probs.npy (DPO)
"""

import dataclasses
import json
import os
import re
import warnings
from pathlib import Path

import tensorflow as tf

from assignment.config import (
    ModelConfig,
    RecurrentConfig,
    RewardModelConfig,
    TransformerConfig,
)
from assignment.files import write_whole
from assignment.layers.lora import apply_lora, merge_lora
from assignment.models.building import build_model
from assignment.text.corpus import Corpus, load_corpus
from assignment.text.registry import resolve_corpus
from assignment.text.tokenizer import Tokenizer
from assignment.training.checkpoints import (
    DamagedCheckpointError,
    DamagedCheckpointsError,
    newest_checkpoints,
    plain_variables,
    restore,
)

CONFIGS = {
    "transformer": TransformerConfig,
    "recurrent": RecurrentConfig,
    "reward_model": RewardModelConfig,
}


class RunDirectory:
    """The files of one run.

    Args:
        path: The directory.
    """

    def __init__(self, path: Path):
        self.path = Path(path)
        self.checkpoints = self.path / "checkpoints"
        self.samples = self.path / "samples.txt"
        self.metrics = self.path / "metrics.jsonl"
        # What a stage computes once, before its first step.
        self.rankings = self.path / "rankings.jsonl"
        self.reference_log_probs = self.path / "reference_log_probs.npy"
        self._config = self.path / "config.json"
        self._tokenizer = self.path / "tokenizer.model"

    def exists(self) -> bool:
        return self._config.is_file()

    def has_begun(self) -> bool:
        """Whether there is something to go on from; until then a run is made anew each time."""
        return bool(newest_checkpoints(self.checkpoints))

    def create(
        self,
        stage: str,
        model: ModelConfig,
        settings: dict,
        tokenizer: Tokenizer,
        parent: "RunDirectory | None" = None,
    ) -> None:
        """Write what describes the run. The configuration comes last: it marks a complete run.

        Args:
            stage: The command that makes the run.
            model: The shape of its model.
            settings: What else its result depends on.
            tokenizer: Its tokenizer.
            parent: The run that it starts from.

        Raises:
            ValueError: There are checkpoints already, of an unknown run.
        """
        if self.has_begun():
            raise ValueError(
                f"{self.path} holds checkpoints, and no config.json that says of what. Choose "
                "another --run-dir."
            )
        self.checkpoints.mkdir(parents=True, exist_ok=True)
        self._tokenizer.write_bytes(tokenizer.model_bytes)
        described = self._describe(stage, model, settings, parent)
        write_whole(self._config, json.dumps(described, indent=2) + "\n")

    def forget_after(self, step: int) -> None:
        """Drop what a run that goes on behind `step` will write again.

        The tracker takes back its metrics itself, unless the run starts at the beginning: then
        nothing of the attempt that never reached a checkpoint stays.
        """
        if step == 0:
            files = (self.metrics, self.samples, self.rankings, self.reference_log_probs)
            for path in (*files, *self.path.glob("events.out.tfevents.*")):
                path.unlink(missing_ok=True)
        elif self.samples.exists():
            heading = re.compile(r"^--- step (\d+)\n", re.MULTILINE)
            written = self.samples.read_text()
            later = (m.start() for m in heading.finditer(written) if int(m[1]) > step)
            os.truncate(self.samples, len(written[: next(later, None)].encode()))

    def check_same(
        self,
        stage: str,
        model: ModelConfig,
        settings: dict,
        parent: "RunDirectory | None" = None,
    ) -> None:
        """Raise ValueError, listing the differences, unless the run has this configuration."""
        stored = _flatten(self._read())
        received = self._describe(stage, model, settings, parent)
        received = _flatten(json.loads(json.dumps(received)))
        differences = [
            f"{name} was {stored.get(name)!r}, now {received.get(name)!r}"
            for name in sorted(stored.keys() | received.keys())
            if stored.get(name) != received.get(name)
        ]
        if differences:
            raise ValueError(
                f"{self.path} holds a run of another configuration: {'; '.join(differences)}. "
                "Use those values again, or another --run-dir."
            )

    def settings(self) -> dict:
        """The settings with which the run was made."""
        return self._read()["settings"]

    def stage(self) -> str:
        """The command that made the run: "train", "sft", …"""
        return self._read()["stage"]

    def model_config(self) -> ModelConfig:
        """The shape of the run's model."""
        described = dict(self._read()["model"])
        return CONFIGS[described.pop("kind")](**described)

    def parent(self) -> "RunDirectory | None":
        """The run that this one started from; None for pre-training."""
        relative = self._read().get("parent")
        return RunDirectory(os.path.normpath(self.path / relative)) if relative else None

    def pre_training(self) -> "RunDirectory":
        """The first of the runs that led to this one."""
        parent = self.parent()
        return parent.pre_training() if parent else self

    def tokenizer(self) -> Tokenizer:
        """The tokenizer that the run was made with.

        Raises:
            ValueError: Its file is damaged.
        """
        try:
            return Tokenizer(self._tokenizer.read_bytes())
        except ValueError as error:
            raise ValueError(f"{self._tokenizer} is damaged: {error}") from error

    def corpus(self) -> Corpus:
        """The text that a run of pre-training learned from, in its tokens.

        Raises:
            ValueError: The text is not there any more.
            DownloadError: It cannot be fetched again.
        """
        return load_corpus(resolve_corpus(self.settings()["corpus"]), self.tokenizer())

    def load_model(self, which: str = "best"):
        """The run's model with its trained weights, from its best or its latest checkpoint.

        Where several models were trained together it is the first of them. Low-rank changes are
        merged.

        Raises:
            ValueError: There is no such run, or it has no checkpoint that can be read, or that one
                is of a model with other variables.
        """
        model = build_model(self.model_config())
        settings = self.settings()
        if settings.get("lora_rank"):
            apply_lora(
                model,
                settings["lora_rank"],
                settings["lora_alpha"],
                embedding_rank=settings.get("lora_embedding_rank", 0),
            )
        paths = newest_checkpoints(self.checkpoints)
        if which == "best":
            paths = newest_checkpoints(self.checkpoints / "best") + paths
        if not paths:
            raise ValueError(f"{self.path} has no checkpoint yet.")
        checkpoint = tf.train.Checkpoint(model=plain_variables(model))
        for path in paths:
            try:
                restore(checkpoint, path, is_whole=False)  # the optimizer is not needed
            except DamagedCheckpointError as error:
                warnings.warn(f"{error} Using another.", stacklevel=2)
                continue
            merge_lora(model)
            return model
        raise DamagedCheckpointsError(self.checkpoints)

    def _describe(self, stage, model, settings, parent) -> dict:
        kind = next(name for name, config in CONFIGS.items() if type(model) is config)
        # Relative to this run: runs that are moved together find one another.
        relative = os.path.relpath(parent.path, self.path) if parent else None
        return {
            "stage": stage,
            "parent": relative,
            "model": {"kind": kind, **dataclasses.asdict(model)},
            "settings": settings,
        }

    def _read(self) -> dict:
        if not self.exists():
            missing = (
                "it has no config.json" if self.path.is_dir() else "there is no such directory"
            )
            raise ValueError(
                f"{self.path} is not a run directory: {missing}. "
                "python -m assignment.train makes one."
            )
        try:
            described = json.loads(self._config.read_text())
        except ValueError as error:
            raise ValueError(f"{self._config} is damaged: {error}") from error
        if not isinstance(described, dict) or not {"stage", "model", "settings"} <= set(described):
            raise ValueError(f"{self._config} is damaged: it does not describe a run")
        return described


def _flatten(described: dict) -> dict:
    return {
        "stage": described["stage"],
        "parent": described.get("parent"),
        **{f"model.{name}": value for name, value in described["model"].items()},
        **described["settings"],
    }
