"""What python -m assignment.train leaves behind and prints, and what --help says."""

import dataclasses
import inspect
import json
import re
import subprocess

import pytest
from tiny_runs import ENVIRONMENT, STEPS, command, logged_steps

from assignment.config import (
    ChatConfig,
    DPOConfig,
    EvaluateConfig,
    GRPOConfig,
    PipelineConfig,
    PPOConfig,
    RewardTrainingConfig,
    SampleConfig,
    SFTConfig,
    TrainConfig,
)

CONFIGS = {
    "train": TrainConfig,
    "sample": SampleConfig,
    "chat": ChatConfig,
    "evaluate": EvaluateConfig,
    "sft": SFTConfig,
    "reward_model": RewardTrainingConfig,
    "dpo": DPOConfig,
    "ppo": PPOConfig,
    "grpo": GRPOConfig,
    "pipeline": PipelineConfig,
}


@pytest.mark.parametrize("name", CONFIGS)
def test_help_documents_every_field_without_importing_tensorflow(name, tmp_path):
    arguments = command(name, "--help")
    arguments[1:1] = ["-X", "importtime"]
    finished = subprocess.run(
        arguments, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert finished.stdout.startswith(f"usage: python -m assignment.{name} ")
    for field in dataclasses.fields(CONFIGS[name]):
        flag = field.name.replace("from_run", "from").replace("_", "-")
        assert re.search(rf"--(no-)?{flag}\b", finished.stdout), flag
    imported = re.findall(r"\| +([\w.]+)$", finished.stderr, re.MULTILINE)
    assert "tyro" in imported
    assert not {"tensorflow", "keras", "sentencepiece"} & set(imported)


def test_every_field_has_a_description():
    for config in CONFIGS.values():
        classes = [c for c in config.__mro__ if dataclasses.is_dataclass(c)]
        source = "\n".join(inspect.getsource(c) for c in classes)
        for field in dataclasses.fields(config):
            assert re.search(rf'^    {field.name}: .*\n    """', source, re.MULTILINE), field.name


def test_a_run_directory_is_self_describing(finished_run):
    names = {path.name for path in finished_run.iterdir()}
    assert {
        "config.json",
        "tokenizer.model",
        "metrics.jsonl",
        "samples.txt",
        "checkpoints",
    } <= names
    assert len(list(finished_run.glob("events.out.tfevents.*.v2"))) == 1
    described = json.loads((finished_run / "config.json").read_text())
    assert described["stage"] == "train"
    assert described["model"]["kind"] == "transformer"
    assert described["model"]["vocabulary_size"] == 400
    assert described["settings"]["steps"] == STEPS


def test_every_step_is_logged_once_and_the_loss_falls(finished_run):
    assert logged_steps(finished_run) == list(range(1, STEPS + 1))
    assert logged_steps(finished_run, "validation") == [STEPS // 2, STEPS]
    lines = [json.loads(x) for x in (finished_run / "metrics.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in lines if line["prefix"] == "validation"]
    assert losses[-1] < losses[0]


def test_a_finished_run_shows_its_result_and_a_log_file_has_few_progress_lines(finished_run):
    out = (finished_run.parent / "out").read_text()
    err = (finished_run.parent / "err").read_text()
    assert "validation loss" in out
    assert "python -m assignment.sample --run-dir run" in out
    progress = [line for line in re.split(r"[\r\n]", err) if line.startswith("training: ")]
    assert len(progress) <= 8
    assert f"{STEPS}/{STEPS}" in progress[-1]
