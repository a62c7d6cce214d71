"""What a user gets wrong: one line says what, exit code 2, no traceback, nothing overwritten."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tiny_runs import Finished, command, flags_of, logged_steps, run_command, start, wait_for


def assert_refused(finished: Finished, *words: str) -> None:
    assert finished.code == 2, finished.err
    assert "Traceback" not in finished.err
    (line,) = finished.errors
    for word in words:
        assert word in line, line


def contents(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


def test_a_corpus_that_is_no_text_is_refused_before_anything_is_written(tmp_path):
    (tmp_path / "empty.txt").touch()
    (tmp_path / "latin.txt").write_bytes("Crème brûlée. ".encode("latin-1") * 100)
    (tmp_path / "folder").mkdir()
    for corpus, words in {
        "missing.txt": ["Unknown corpus 'missing.txt'", "stories", "path of a UTF-8 text file"],
        "storis": ["Unknown corpus 'storis'", "Did you mean 'stories'?"],
        "folder": ["folder is a directory"],
        "empty.txt": ["empty.txt is empty"],
        "latin.txt": ["latin.txt is not UTF-8", "byte 2"],
    }.items():
        finished = run_command("train", "--corpus", corpus, "--run-dir", "run", directory=tmp_path)
        assert_refused(finished, *words)
        assert len(finished.err.splitlines()) == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "name, arguments, words",
    [
        ("train", ["--preset", "huge"], ["Unknown preset 'huge'", "smoke", "gpt2-xl"]),
        ("train", ["--steps", "-5"], ["--steps must be at least 1", "-5"]),
        ("train", ["--seed", "-1"], ["--seed must be from 0 to 2147483647", "-1"]),
        ("evaluate", ["--json", "no/x.json"], ["--json no/x.json: there is no directory no"]),
        ("evaluate", ["--seed", "4294967296"], ["--seed must be from 0 to", "4294967296"]),
        ("train", ["--learning-rate", "0"], ["--learning-rate must be positive", "0"]),
        ("train", ["--dropout", "1.5"], ["--dropout must be from 0 to below 1", "1.5"]),
        ("train", ["--final-rate", "-3"], ["--final-rate must be from 0 to 1", "-3"]),
        ("train", ["--bahdanau"], ["--bahdanau is an option of recurrent models", "--model lstm"]),
        ("train", ["--model", "rnn", "--positions", "rotary"], ["--positions is an option", "rnn"]),
        ("train", ["--model", "lstm", "--preset", "gpt2"], ["gpt2 has no recurrent model"]),
        ("sample", ["--top-p", "2"], ["--top-p must be above 0 and at most 1", "2"]),
        ("sample", ["--temperature", "-1"], ["--temperature must be 0 or more", "-1"]),
        ("sample", ["--prompt", "\udcff"], ["--prompt is not UTF-8", "udcff"]),
        ("sample", ["--samples", "0"], ["--samples must be at least 1", "0"]),
        ("grpo", ["--temperature", "inf"], ["--temperature must be positive, and finite", "inf"]),
        ("chat", ["--top-k", "-1"], ["--top-k must be 0 or more", "-1"]),
        ("pipeline", ["--effort", "0"], ["--effort must be above 0 and at most 10", "0"]),
    ],
)
def test_an_impossible_value_is_refused_at_once(name, arguments, words, tmp_path):
    finished = run_command(name, *arguments, directory=tmp_path)
    assert_refused(finished, *words)
    assert len(finished.err.splitlines()) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"out", "err"}


@pytest.mark.parametrize("name", ["train", "sample", "evaluate", "chat", "pipeline"])
def test_an_unknown_flag_is_refused(name, tmp_path):
    finished = run_command(name, "--no-such-flag", "1", directory=tmp_path)
    assert finished.code == 2
    assert "--no-such-flag" in finished.err
    assert "Traceback" not in finished.err


def test_a_text_shorter_than_a_window_is_refused(train, tmp_path, corpus):
    short = tmp_path / "short.txt"
    short.write_text(corpus.read_text()[:2500])
    # About fifteen hundred tokens to train on, and a tenth of that to validate on.
    finished = train(tmp_path, "--corpus", short, "--sequence-length", "600")
    assert_refused(finished, "validation part", "601 of one window", "--sequence-length")
    assert not (tmp_path / "run").exists()


def test_a_vocabulary_that_the_text_does_not_support_is_refused(train, tmp_path):
    finished = train(tmp_path, "--vocabulary-size", "30000")
    assert_refused(finished, "vocabulary of 30000 tokens", "a smaller one")
    assert not (tmp_path / "run").exists()


def test_a_run_of_another_configuration_is_not_touched(train, finished_run, tmp_path):
    shutil.copytree(finished_run, tmp_path / "run")
    before = contents(tmp_path / "run")
    finished = train(tmp_path, "--seed", "7", "--batch-size", "8")
    assert_refused(finished, "batch_size was 4, now 8", "seed was 0, now 7", "another --run-dir")
    assert contents(tmp_path / "run") == before


def test_no_resume_does_not_touch_a_run(train, finished_run, tmp_path):
    shutil.copytree(finished_run, tmp_path / "run")
    before = contents(tmp_path / "run")
    finished = train(tmp_path, "--no-resume")
    assert_refused(finished, "run already holds a run", "--run-dir")
    assert contents(tmp_path / "run") == before


def test_a_run_directory_that_cannot_be_made_is_refused(train, tmp_path):
    (tmp_path / "file").touch()
    finished = train(tmp_path, "--run-dir", "file/run")
    assert_refused(finished, "file/run")


def test_only_a_run_with_a_checkpoint_can_write(finished_run, tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("config.json", "tokenizer.model"):
        shutil.copy(finished_run / name, bare)
    finished = run_command("sample", "--run-dir", "bare", directory=tmp_path)
    assert_refused(finished, "bare has no checkpoint yet")


@pytest.mark.parametrize("name", ["sample", "evaluate"])
def test_what_is_not_a_run_directory_is_refused(name, tmp_path):
    finished = run_command(name, "--run-dir", ".", directory=tmp_path)
    assert_refused(finished, "is not a run directory", "python -m assignment.train")


def test_a_prompt_longer_than_the_context_is_refused(finished_run, tmp_path):
    arguments = ("--run-dir", finished_run, "--prompt", "A long story. " * 10)
    finished = run_command("sample", *arguments, directory=tmp_path)
    assert_refused(finished, "context has 16", "shorter --prompt")


@pytest.mark.slow
def test_a_loss_that_is_not_finite_stops_the_run_and_is_not_saved(train, tmp_path):
    flags = ("--learning-rate", "1e30", "--warmup-steps", "0", "--checkpoint-minutes", "0")
    finished = train(tmp_path, *flags)
    step = max([0, *logged_steps(tmp_path / "run")]) + 1
    place = f"ckpt-{step - 1}" if step > 1 else "none"
    assert_refused(
        finished,
        f"step {step}",
        "batch begins with the tokens [",
        f"The last good checkpoint: {place}",
        "--learning-rate",
    )


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_run_whose_disk_was_full_goes_on_when_there_is_room(corpus, finished_run, tmp_path):
    disk = tmp_path / "run"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", disk])
    if mounted.returncode:
        pytest.skip("this environment does not let root mount")
    try:
        arguments = command("train", *flags_of(corpus), "--checkpoint-minutes", "0")
        process = start(arguments, tmp_path)
        assert wait_for(lambda: (disk / "checkpoints" / "ckpt-3.index").exists(), process)
        process.kill()
        process.wait()
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize
        (disk / "filler").write_bytes(bytes(free - 300_000))
        full = run_command("train", *arguments[3:], directory=tmp_path)
        assert_refused(full, "No space left")
        (disk / "filler").unlink()
        resumed = run_command("train", *arguments[3:], directory=tmp_path)
        assert resumed.code == 0, resumed.err
        assert "Resuming behind step" in resumed.out
        last = [json.loads(x) for x in (disk / "metrics.jsonl").read_text().splitlines()][-1]
        wanted = [json.loads(x) for x in (finished_run / "metrics.jsonl").read_text().splitlines()]
        assert last["loss"] == wanted[-1]["loss"]
    finally:
        subprocess.run(["umount", disk], check=True)
