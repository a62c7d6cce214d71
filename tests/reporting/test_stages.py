"""The table of stages, and how far a run is."""

import json

import tyro

from assignment.config import PRESETS, PipelineConfig
from assignment.reporting.stages import STAGES, progress_of


def test_every_stage_comes_behind_those_that_it_needs():
    seen = set()
    for stage in STAGES:
        assert seen.issuperset(stage.parents)
        seen.add(stage.name)


def test_the_flags_of_every_stage_are_those_of_its_command(tmp_path):
    for preset in ("smoke", "tiny"):
        pipeline = PipelineConfig(preset=preset, run_dir=tmp_path, seed=3)
        for stage in STAGES:
            module, *flags = stage.arguments(pipeline)
            config = tyro.cli(stage.config, args=flags)
            resolved = config.resolve()
            resolved = resolved[0] if isinstance(resolved, tuple) else resolved
            assert module == f"assignment.{stage.command}"
            assert resolved.directory() == tmp_path / stage.name
            assert (resolved.preset, resolved.seed) == (preset, 3)
            if stage.parents:
                assert resolved.source == tmp_path / stage.parents[0]


def test_the_whole_effort_is_what_a_command_makes_by_itself():
    for preset in ("smoke", "tiny"):
        for stage in STAGES:
            _, *flags = stage.arguments(PipelineConfig(preset=preset))
            place = flags.index("--steps")
            steps = int(flags[place + 1])
            resolved = tyro.cli(stage.config, args=flags[:place] + flags[place + 2 :]).resolve()
            assert (resolved[0] if isinstance(resolved, tuple) else resolved).steps == steps


def test_less_effort_is_fewer_steps_and_never_none():
    train = STAGES[0]
    whole = PRESETS["tiny"].steps
    assert train.steps(PipelineConfig()) == whole
    assert train.steps(PipelineConfig(effort=0.25)) == whole / 4
    assert all(stage.steps(PipelineConfig(effort=1e-6)) == 1 for stage in STAGES)


def test_progress_is_the_last_complete_line_of_the_log(tmp_path):
    assert progress_of(tmp_path) == (0, 1)
    (tmp_path / "config.json").write_text(json.dumps({"settings": {"steps": 30}}))
    assert progress_of(tmp_path) == (0, 1)
    log = tmp_path / "metrics.jsonl"
    log.write_text('{"step": 10}\n{"step": 20}\n')
    assert progress_of(tmp_path) == (20, 30)
    log.write_text('{"step": 10}\n{"ste')
    assert progress_of(tmp_path) == (0, 1)
