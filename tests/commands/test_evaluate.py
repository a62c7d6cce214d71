"""python -m assignment.evaluate: what it prints is what it writes, and what the training found."""

import json
import math

import pytest
from tiny_runs import run_command


def evaluate(directory, run_dir, *flags) -> tuple[dict[str, float], str]:
    """The figures of the JSON file, and what was printed."""
    arguments = ("--run-dir", run_dir, "--json", "figures.json", *flags)
    finished = run_command("evaluate", *arguments, directory=directory)
    assert finished.code == 0, finished.err
    return json.loads((directory / "figures.json").read_text()), finished.out


def test_the_printed_figures_are_those_of_the_file(finished_run, tmp_path):
    figures, out = evaluate(tmp_path, finished_run)
    rows = [line.strip("│ ").split("│") for line in out.splitlines() if line.startswith("│")]
    printed = {name.strip().replace(" ", "_"): value.strip() for name, value in rows}
    assert printed == {name: f"{value:.4f}" for name, value in figures.items()}

    lines = [json.loads(x) for x in (finished_run / "metrics.jsonl").read_text().splitlines()]
    best = min(line["loss"] for line in lines if line["prefix"] == "validation")
    assert figures["loss"] == pytest.approx(best, rel=1e-5)
    assert figures["perplexity"] == pytest.approx(math.exp(figures["loss"]))
    assert figures["uniform_loss"] == pytest.approx(math.log(400))


def test_another_corpus_can_be_measured_with_its_floor(finished_run, tmp_path):
    figures, out = evaluate(tmp_path, finished_run, "--corpus", "stories")
    assert "run, stage train" in " ".join(out.split())
    assert 0 < figures["floor"] < figures["loss"]
    assert figures["floor_gap"] == pytest.approx(figures["loss"] / figures["floor"] - 1)
    assert "floor gap" in out
