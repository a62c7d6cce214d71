"""When the pipeline will be done."""

import pytest

from assignment.config import PipelineConfig
from assignment.reporting.progress import MEASURING, Estimate, ProgressDisplay, clock
from assignment.reporting.runner import PipelineDirectory, Record
from assignment.reporting.stages import STAGES


@pytest.fixture
def estimate() -> Estimate:
    return Estimate(PipelineConfig())


def test_at_first_it_is_what_it_took_elsewhere(estimate):
    assert estimate.remaining == sum(estimate.expected.values())
    assert estimate.elapsed == 0


def test_few_steps_do_not_make_starting_shorter():
    short = Estimate(PipelineConfig(preset="smoke", effort=0.02))
    for stage in STAGES:
        short.update(stage.name, 30.0, 1.0)
    assert 50 < short.remaining < 100  # the report card, at about the speed that was expected


def test_a_machine_that_was_slower_so_far_is_expected_to_stay_so(estimate):
    usual = estimate.expected
    left = sum(usual.values()) - usual["train"]
    estimate.update("train", 3 * usual["train"], 1.0)
    assert estimate.remaining == pytest.approx(3 * left)


def test_a_stage_that_is_well_under_way_tells_its_own_end(estimate):
    usual = estimate.expected
    estimate.update("train", usual["train"], 1.0)
    estimate.update("sft", 600.0, 0.75)
    others = sum(usual.values()) - usual["train"] - usual["sft"]
    assert estimate.remaining == pytest.approx(others + 200.0)


def test_it_never_becomes_negative(estimate):
    for name in estimate.expected:
        estimate.update(name, 1e6, 0.05)
    assert estimate.remaining == 0


def test_a_log_file_gets_a_line_when_a_stage_ends(tmp_path, capsys):
    directory = PipelineDirectory(PipelineConfig(run_dir=tmp_path))
    with ProgressDisplay(directory) as display:
        for seconds in range(1, 5):
            display.show("train", Record(seconds=seconds))
        display.show("train", Record(seconds=65.0, finished=True))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[-1].startswith("train: finished after 1:05; 1:05 so far, about ")


def test_every_stage_has_an_expectation_and_so_has_the_report_card(estimate):
    assert set(estimate.expected) == {stage.name for stage in STAGES} | {MEASURING}
    assert clock(3599.9) == "59:59"
