"""Which stages run: those that are not finished, and whose parents and exercises are."""

import pytest

from assignment import pipeline
from assignment.config import PipelineConfig
from assignment.reporting import runner
from assignment.reporting.runner import PipelineDirectory, Record, StageFailedError
from assignment.reporting.stages import STAGES


class Display:
    def begin(self, name):
        pass


@pytest.fixture
def directory(tmp_path) -> PipelineDirectory:
    return PipelineDirectory(PipelineConfig(run_dir=tmp_path))


@pytest.fixture
def run(directory, monkeypatch):
    """Runs the stages, some of which end with an exit code; returns which were tried."""

    def run_stages(codes: dict[str, int]):
        tried = []

        def run_stage(_, stage, lock, show):
            tried.append(stage.name)
            (directory.path / f"{stage.name}.log").write_text("what was said\n")
            if stage.name in codes:
                log = directory.path / f"{stage.name}.log"
                raise StageFailedError(stage, codes[stage.name], log)
            (directory.path / stage.name).mkdir()
            (directory.path / stage.name / "config.json").touch()
            Record(finished=True).write(directory.record_path(stage))

        monkeypatch.setattr(runner, "run_stage", run_stage)
        return tried, pipeline.run_stages(directory, 0, Display())

    return run_stages


def test_all_stages_run_once(run):
    assert run({}) == ([stage.name for stage in STAGES], [])
    assert run({}) == ([], [])


def test_a_blank_exercise_keeps_back_only_the_stages_that_need_it(run):
    tried, blank = run({"reward_model": 3})
    assert tried == ["train", "sft", "reward_model", "dpo", "sft-arithmetic", "grpo"]
    assert [failure.code for failure in blank] == [3]
    tried, blank = run({})
    assert (tried, blank) == (["reward_model", "ppo"], [])


def test_with_the_first_exercises_blank_there_is_nothing_to_report(run):
    with pytest.raises(StageFailedError, match="train ended with exit code 3"):
        run({"train": 3})


def test_another_failure_ends_the_pipeline(run):
    with pytest.raises(StageFailedError, match=r"sft ended with exit code 2[^$]*what was said"):
        run({"sft": 2})
