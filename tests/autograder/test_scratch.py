"""What a grader that was killed has left behind goes when the next one starts, and nothing else."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from autograder import kit, scratch

MAKING = "import time; from autograder import scratch; print(scratch.Scratch('x').path, flush=True)"


@pytest.fixture
def temporary(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def aged(path: Path) -> Path:
    os.utime(path, (time.time() - 3600,) * 2)
    return path


def left_by_another(*more: str) -> tuple[subprocess.Popen, Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", "; ".join((MAKING, *more))],
        stdout=subprocess.PIPE,
        text=True,
        cwd=kit.ROOT,
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_the_directory_of_a_killed_grader_is_removed(temporary):
    process, path = left_by_another("time.sleep(60)")
    (path / "closed").mkdir(mode=0)
    process.send_signal(signal.SIGKILL)
    process.wait()
    scratch.sweep()
    assert path.exists(), "a new directory may be one that is not locked yet"
    aged(path)
    scratch.sweep()
    assert not path.exists()


def test_the_directory_of_a_grader_that_lives_stays(temporary):
    process, path = left_by_another("time.sleep(60)")
    try:
        scratch.sweep()
        aged(path)
        scratch.sweep()
        assert path.exists()
    finally:
        process.kill()
        process.wait()


def test_what_is_no_graders_directory_stays(temporary):
    (temporary / "other").mkdir()
    target = temporary / "target"
    target.mkdir()
    (target / "file").write_text("kept")
    (temporary / "autograder-link").symlink_to(target)
    (temporary / "autograder-file").write_text("kept")
    for path in temporary.iterdir():
        aged(path)
    scratch.sweep()
    assert sorted(p.name for p in temporary.iterdir()) == [
        *("autograder-file", "autograder-link", "other", "target")
    ]
    assert (target / "file").read_text() == "kept"


def test_a_directory_is_gone_after_use(temporary):
    made = scratch.Scratch("x")
    (made.path / "file").write_text("x")
    made.remove()
    assert list(temporary.iterdir()) == []
