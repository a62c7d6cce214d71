"""The pipeline's processes: finished ones are known, stopped ones go on, none is left behind."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from assignment.config import PipelineConfig
from assignment.reporting import runner
from assignment.reporting.runner import (
    PipelineDirectory,
    Record,
    StageFailedError,
    run_stage,
)
from assignment.reporting.stages import STAGES, PipelineStage

ROOT = Path(__file__).resolve().parents[2]

# A stage in a few lines: counts to its number of steps, saves each, stops cleanly at a signal.
FAKE_STAGE = """
    import json, pathlib, signal, sys, time
    run, steps, seconds, code = pathlib.Path(sys.argv[1]), *map(float, sys.argv[2:])
    stop = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda n, _: stop.append(n))
    run.mkdir(exist_ok=True)
    (run / "config.json").write_text(json.dumps({"settings": {"steps": steps}}))
    log = run / "metrics.jsonl"
    done = len(log.read_text().splitlines()) if log.exists() else 0
    for step in range(done + 1, int(steps) + 1):
        with log.open("a") as file:
            file.write(json.dumps({"step": step}) + "\\n")
        time.sleep(seconds)
        if stop:
            sys.exit(128 + stop[0])
    print("the last line")
    sys.exit(int(code))
"""


@dataclasses.dataclass(frozen=True)
class FakeStage(PipelineStage):
    """A stage that needs no TensorFlow."""

    step_count: int = 3
    step_seconds: float = 0.01
    code: int = 0

    def arguments(self, config):
        run = str(config.directory() / self.name)
        return ["fake_stage", run, str(self.step_count), str(self.step_seconds), str(self.code)]


def test_damaged_settings_of_a_pipeline_are_named(tmp_path):
    (tmp_path / "pipeline.json").write_text("{bad")
    directory = PipelineDirectory(PipelineConfig(run_dir=tmp_path))
    with pytest.raises(ValueError, match=r"pipeline\.json is damaged"), directory.opened():
        pass
    assert (tmp_path / "pipeline.json").read_text() == "{bad"


def fake(name: str = "fake", **values) -> FakeStage:
    first = STAGES[0]
    return FakeStage(name, name, "fake", first.config, (), (), first.seconds, **values)


@pytest.fixture
def directory(tmp_path, monkeypatch) -> PipelineDirectory:
    (tmp_path / "fake_stage.py").write_text(textwrap.dedent(FAKE_STAGE))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(runner, "TICK_SECONDS", 0.05)
    return PipelineDirectory(PipelineConfig(run_dir=tmp_path / "pipeline"))


def run(directory: PipelineDirectory, stage: PipelineStage) -> list[Record]:
    """Run a stage; returns what was shown."""
    shown = []
    with directory.opened() as lock:
        run_stage(directory, stage, lock, lambda record: shown.append(dataclasses.replace(record)))
    return shown


def steps(directory: PipelineDirectory, stage: PipelineStage) -> list[int]:
    lines = (directory.path / stage.name / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["step"] for line in lines]


def test_a_stage_that_ended_well_is_finished_and_its_cost_is_known(directory):
    stage = fake()
    assert not directory.record(stage).finished
    shown = run(directory, stage)
    assert [record.finished for record in shown] == [False] * (len(shown) - 1) + [True]
    record = directory.record(stage)
    assert record.finished
    assert record.seconds > 0
    assert record.peak_bytes > 1e6
    assert (directory.path / "fake.log").read_text() == "the last line\n"


def test_a_stage_whose_run_was_removed_is_not_finished(directory):
    stage = fake()
    run(directory, stage)
    (directory.path / "fake" / "config.json").unlink()
    assert not directory.record(stage).finished


def test_a_stage_that_fails_says_how_and_is_not_finished(directory):
    stage = fake(code=3)
    with pytest.raises(StageFailedError, match=r"fake ended with exit code 3[^$]*the last line"):
        run(directory, stage)
    assert not directory.record(stage).finished


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_stage_cleanly_and_the_next_run_goes_on(directory, number):
    stage = fake(step_count=40, step_seconds=0.05)
    sent = []

    def send_once(_):
        if (directory.path / "fake" / "metrics.jsonl").exists() and not sent:
            sent.append(os.kill(os.getpid(), number))

    with pytest.raises(SystemExit) as stopped, directory.opened() as lock:
        run_stage(directory, stage, lock, send_once)
    assert stopped.value.code == 128 + number
    before = directory.record(stage)
    assert not before.finished
    assert 0 < len(steps(directory, stage)) < 40
    run(directory, stage)
    assert directory.record(stage).finished
    assert directory.record(stage).seconds > before.seconds
    assert steps(directory, stage) == list(range(1, 41))


def test_a_directory_of_other_settings_is_refused(directory):
    with directory.opened():
        pass
    other = dataclasses.replace(directory.config, preset="smoke", seed=4)
    refused = pytest.raises(ValueError, match=r"other settings.*tiny.*Received.*smoke")
    with refused, PipelineDirectory(other).opened():
        pass


PIPELINE = """
    import pathlib, sys
    from test_runner import PipelineConfig, PipelineDirectory, fake, run
    directory = PipelineDirectory(PipelineConfig(run_dir=pathlib.Path(sys.argv[1])))
    run(directory, fake(step_count=int(sys.argv[2]), step_seconds=0.05))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's signal at a parent's death")
def test_a_pipeline_that_is_killed_leaves_no_process_behind(directory, tmp_path):
    paths = os.pathsep.join(map(str, (tmp_path, ROOT, Path(__file__).parent)))
    arguments = [sys.executable, "-c", textwrap.dedent(PIPELINE), str(directory.path), "400"]
    pipeline = subprocess.Popen(arguments, env=os.environ | {"PYTHONPATH": paths})
    stage = fake()
    deadline = time.monotonic() + 60
    while not (directory.path / "fake" / "metrics.jsonl").exists():
        assert pipeline.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    pipeline.kill()
    pipeline.wait()
    # The lock is free only when the stage has stopped too.
    with directory.opened():
        made = len(steps(directory, stage))
        time.sleep(0.5)
        assert len(steps(directory, stage)) == made < 400
