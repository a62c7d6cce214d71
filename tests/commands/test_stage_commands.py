"""sft, reward_model and dpo as commands: what they refuse, and real records through all of them."""

import json
import shutil
from pathlib import Path

import pytest
from test_bad_input import assert_refused, contents
from tiny_runs import ROOT, run_command

from assignment.training.runs import RunDirectory

REAL = ROOT.parent / "shared" / "data"
QUICK = (
    *("--preset", "smoke", "--steps", "4", "--batch-size", "2", "--evaluate-every", "2"),
    *("--log-every", "1"),
)


def write(path: Path, *records) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.fixture
def bad_files(tmp_path) -> dict[Path, list[str]]:
    """Files that no stage of conversations can use, and what has to be said about each."""
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "broken.jsonl").write_text('{"prompt": "a", "response": "b"}\n{"prompt":\n')
    latin = '{"prompt": "a", "response": "Crème"}\n'.encode("latin-1")
    (tmp_path / "latin.jsonl").write_bytes(latin)
    return {
        tmp_path / "empty.jsonl": ["empty.jsonl", "no record"],
        tmp_path / "broken.jsonl": ["broken.jsonl, line 2", "not valid JSON"],
        tmp_path / "latin.jsonl": ["latin.jsonl, line 1", "not UTF-8"],
        write(tmp_path / "field.jsonl", {"prompt": "a", "answer": "b"}): [
            "field.jsonl, line 1",
            "'response' is missing",
        ],
        write(tmp_path / "blank.jsonl", {"prompt": "a", "response": " "}): [
            "blank.jsonl, line 1",
            "'response' must be a text that is not blank",
        ],
        write(tmp_path / "pairs.jsonl", {"prompt": "a", "chosen": "b", "rejected": "c"}): [
            "pairs.jsonl, line 1",
            "expected a Conversation, found a Preference",
        ],
        tmp_path / "missing.jsonl": ["missing.jsonl", "Known: instructions, arithmetic"],
    }


@pytest.mark.slow
def test_records_in_disorder_are_refused_before_anything_is_written(
    bad_files, finished_run, tmp_path
):
    for path, words in bad_files.items():
        arguments = ("--from", finished_run, "--run-dir", "sft", "--data", path, *QUICK)
        assert_refused(run_command("sft", *arguments, directory=tmp_path), *words)
    assert not (tmp_path / "sft").exists()


@pytest.mark.parametrize("name", ["sft", "reward_model", "dpo"])
def test_a_source_that_is_no_run_is_refused(name, tmp_path):
    finished = run_command(name, "--from", ".", *QUICK, directory=tmp_path)
    assert_refused(finished, "is not a run directory")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("name", "arguments", "command"),
    [
        ("sft", [], "python -m assignment.train"),
        ("dpo", ["--preset", "smoke"], "python -m assignment.sft --preset smoke"),
        ("grpo", [], "python -m assignment.sft --data arithmetic --noise 0.4"),
    ],
)
def test_where_nothing_was_trained_the_command_that_comes_first_is_named(
    name, arguments, command, tmp_path
):
    finished = run_command(name, *arguments, directory=tmp_path)
    assert_refused(finished, "does not exist", f"Train one with {command}, or give --from")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("sft", ["--steps", "0"], ["--steps must be at least 1", "0"]),
        ("sft", ["--noise", "1.5"], ["--noise must be from 0 to 1", "1.5"]),
        ("sft", ["--lora-rank", "-1"], ["--lora-rank must be 0 or more", "-1"]),
        ("sft", ["--lora-embedding-rank", "4"], ["give --lora-rank too", "4"]),
        ("reward_model", ["--ranked-responses", "1"], ["--ranked-responses must be at least 2"]),
        ("dpo", ["--beta", "0"], ["--beta must be positive", "0"]),
        ("dpo", ["--learning-rate", "0"], ["--learning-rate must be positive", "0"]),
    ],
)
def test_an_impossible_value_is_refused_at_once(name, arguments, words, tmp_path):
    finished = run_command(name, *arguments, directory=tmp_path)
    assert_refused(finished, *words)
    assert len(finished.err.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="the real records are not here")
def test_real_records_go_through_every_stage(finished_run, tmp_path):
    before = contents(finished_run)
    shutil.copytree(finished_run, tmp_path / "train")
    instructions, preferences = REAL / "instructions.json", REAL / "preferences.json"
    for name, arguments in {
        "sft": ("--from", "train", "--data", instructions, "--lora-rank", "2"),
        "reward_model": ("--from", "sft", "--data", preferences),
        "dpo": ("--from", "sft", "--data", preferences, "--loss", "kto"),
    }.items():
        finished = run_command(name, *arguments, *QUICK, "--run-dir", name, directory=tmp_path)
        assert finished.code == 0, finished.err
        assert "were cut to the context of 16" in finished.out
        assert "before" in finished.out and "after" in finished.out
        run = RunDirectory(tmp_path / name)
        assert run.stage() == name
        assert run.pre_training().path == tmp_path / "train"
        run.load_model()
    assert contents(finished_run) == before

    refused = run_command("dpo", "--from", "reward_model", *QUICK, directory=tmp_path)
    assert_refused(refused, "reward_model holds a reward model", "assignment.sft")
