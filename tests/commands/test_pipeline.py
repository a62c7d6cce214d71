"""python -m assignment.pipeline at its smallest, and what can be measured of its stages."""

import json
import random
import re
import shutil
import signal
import time
from pathlib import Path

import pytest
from tiny_runs import command, finish, run_command, start

FLAGS = ("--preset", "smoke", "--effort", "0.02", "--run-dir", "pipeline")
STAGES = ("train", "sft", "reward_model", "dpo", "ppo", "sft-arithmetic", "grpo")
KILLS = 3

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory) -> Path:
    """The directory of a finished pipeline; not to be written to."""
    directory = tmp_path_factory.mktemp("whole")
    finished = run_command("pipeline", *FLAGS, directory=directory)
    assert finished.code == 0, finished.err
    assert "The report card: pipeline/report.html" in finished.out
    return directory / "pipeline"


def figures(pipeline: Path) -> dict:
    return json.loads((pipeline / "report.json").read_text())


def test_the_report_card_compares_all_stages(pipeline):
    stages = figures(pipeline)["stages"]
    assert set(stages) == set(STAGES) - {"reward_model"}
    common = {"loss", "followed", "gold_reward", "reward_model_score", "pass_at_1"}
    for name, measured in stages.items():
        assert common <= set(measured)
        assert ("kl_k1" in measured) == (name != "train")
        assert ("win_rate" in measured) == (name != "sft")
    assert 0 <= figures(pipeline)["reward_model"]["accuracy"] <= 1
    assert [point["n"] for point in figures(pipeline)["best_of_n"]] == [1, 2, 4, 8]
    for name in STAGES:
        record = json.loads((pipeline / f"{name}.json").read_text())
        assert record["finished"]
        assert record["peak_bytes"] > 1e8
    page = (pipeline / "report.html").read_text()
    assert page.count("<svg") == 5


def test_what_is_finished_is_not_repeated(pipeline, tmp_path):
    shutil.copytree(pipeline, tmp_path / "pipeline")
    before = {
        path: path.read_bytes()
        for path in (tmp_path / "pipeline").rglob("*")
        if path.is_file() and path.name != "lock"
    }
    finished = run_command("pipeline", *FLAGS, directory=tmp_path)
    assert finished.code == 0, finished.err
    assert "measuring" not in finished.out
    assert all(path.read_bytes() == content for path, content in before.items())


def test_killed_at_random_moments_it_ends_with_the_same_report_card(pipeline, tmp_path):
    shutil.copytree(pipeline, tmp_path / "pipeline")
    for name in ("dpo", "grpo"):
        shutil.rmtree(tmp_path / "pipeline" / name)
        (tmp_path / "pipeline" / f"{name}.measured.json").unlink()
    (tmp_path / "pipeline" / "report.json").unlink()
    generator = random.Random(5)
    kills = 0
    while kills < KILLS:
        process = start(command("pipeline", *FLAGS), tmp_path)
        time.sleep(generator.uniform(2, 25))
        if process.poll() is not None:
            break  # it came to its end before
        process.kill()
        process.wait()
        kills += 1
    finished = finish(start(command("pipeline", *FLAGS), tmp_path), tmp_path)
    assert finished.code == 0, finished.err
    assert kills
    assert figures(tmp_path / "pipeline") == figures(pipeline)
    for name in ("report.html", "report.md"):
        ours, wanted = ((d / name).read_text() for d in (tmp_path / "pipeline", pipeline))
        assert without_times(ours) == without_times(wanted)


def without_times(text: str) -> str:
    """A report without how long the stages took and how much memory they had."""
    return re.sub(r"\b\d+:\d\d\b|\d+\.\d GiB", "", text)


def test_it_stops_at_sigterm_with_a_line_that_says_how_to_go_on(pipeline, tmp_path):
    shutil.copytree(pipeline, tmp_path / "pipeline")
    shutil.rmtree(tmp_path / "pipeline" / "grpo")
    process = start(command("pipeline", *FLAGS), tmp_path)
    deadline = time.monotonic() + 300
    while not (tmp_path / "pipeline" / "grpo").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    stopped = finish(process, tmp_path)
    assert stopped.code == 128 + signal.SIGTERM
    assert "To go on: python -m assignment.pipeline --preset smoke" in stopped.err
    assert "Traceback" not in stopped.err


def test_a_directory_of_another_pipeline_is_refused(pipeline, tmp_path):
    flags = ("--preset", "tiny", "--run-dir", pipeline)
    finished = run_command("pipeline", *flags, directory=tmp_path)
    assert finished.code == 2
    (line,) = finished.errors
    assert "other settings" in line


@pytest.mark.parametrize(
    ("stage", "flags", "expected"),
    [
        ("reward_model", (), {"accuracy", "calibration_error", "gold_accuracy"}),
        (
            "dpo",
            ("--tasks", "stories", "--reward-model", "reward_model"),
            {"gold_reward", "kl_k3", "win_rate_low", "length_controlled_win_rate"}
            | {"reward_model_score", "best_of_16_gold"},
        ),
        ("grpo", (), {"loss", "pass_at_1", "pass_at_8", "exact_match"}),
    ],
)
def test_each_stage_is_measured_by_what_suits_it(stage, flags, expected, pipeline, tmp_path):
    json_file = tmp_path / "figures.json"
    arguments = ("--run-dir", stage, "--json", json_file, *flags)
    finished = run_command("evaluate", *arguments, directory=pipeline)
    assert finished.code == 0, finished.err
    assert expected <= set(json.loads(json_file.read_text()))


@pytest.mark.parametrize(
    ("stage", "flags", "words"),
    [
        ("reward_model", ("--tasks", "stories"), "cannot be measured on: stories"),
        ("sft", ("--tasks", "pairs", "text"), "cannot be measured on: pairs"),
        ("sft", ("--tasks", "stories", "--against", "reward_model"), "different shapes"),
        ("sft", ("--tasks", "stories", "--reward-model", "dpo"), "dpo is no run of python -m"),
        ("sft", ("--against", "nowhere"), "nowhere is not a run directory"),
    ],
)
def test_what_cannot_be_measured_is_refused(stage, flags, words, pipeline):
    finished = run_command("evaluate", "--run-dir", stage, *flags, directory=pipeline)
    assert finished.code == 2
    (line,) = finished.errors
    assert words in line


def test_the_default_reward_model_of_a_ppo_run_is_found_again(pipeline, tmp_path, monkeypatch):
    from assignment.config import EvaluateConfig
    from assignment.reporting.tasks import RunMeasures
    from assignment.training.runs import RunDirectory

    shutil.copytree(pipeline, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    description = json.loads(Path("ppo/config.json").read_text())
    description["settings"]["reward_model"] = None  # as without --reward-model
    Path("ppo/config.json").write_text(json.dumps(description))
    run = RunDirectory(Path("ppo"))
    assert RunMeasures(run, EvaluateConfig()).reward_run is None
    Path("runs").mkdir()
    Path("reward_model").rename("runs/reward_model-sft")  # where the command puts it
    assert RunMeasures(run, EvaluateConfig()).reward_run.path == Path("runs/reward_model-sft")
