"""The levels of isolation: tried, reported, required; and what they leave alone."""

import contextlib
import os
import platform
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder import isolation, kit, submission
from autograder.processes import Job, Runner
from autograder.sandbox import cleaning, identity, landlock, paths, syscalls
from autograder.sandbox.plan import Plan

HERE = isolation.available()

linux = pytest.mark.skipif(sys.platform != "linux", reason="barriers exist on Linux only")


def made(*levels: int, exposed: tuple[str, ...] = ()) -> isolation.Isolation:
    """An isolation in which these levels hold."""
    lacking = {i: f"reason {i}" for i in range(1, isolation.HIGHEST + 1) if i not in levels}
    return isolation.Isolation({i: f"barrier {i}" for i in levels}, lacking, exposed, Plan())


def test_the_level_is_the_highest_without_a_gap_below():
    assert made(0).level == 0
    assert made(0, 1, 2, 4).level == 2
    assert made(0, 1, 2, 3, 4, 5).level == 5


def test_a_report_names_what_holds_and_why_the_rest_does_not():
    assert str(made(0, 1, 2, 3, 5)) == (
        "level 3 (L0 barrier 0, L1 barrier 1, L2 barrier 2, L3 barrier 3, L5 barrier 5); "
        "lacking: L4 reason 4"
    )
    assert made(0, 1).as_json()["lacking"]["L2"] == "reason 2"
    assert "could read the grader's own files" in str(made(0, exposed=("recordings",)))


@pytest.mark.parametrize(
    ("level", "found", "words"),
    [
        ("L3", made(0, 1, 2), "L3 is required, and this machine reaches L2; it lacks L3: reason 3"),
        (4, made(0, 1, 2, 3, 5), "L4 is required, and this machine reaches L3; .* reason 4"),
        (isolation.OFFICIAL, made(0, 1), "L2 is required, and this machine reaches L1"),
        (isolation.OFFICIAL, made(0, 1, 2, exposed=("/recordings",)), "could read /recordings"),
    ],
)
def test_less_than_required_is_refused_in_one_line(monkeypatch, level, found, words):
    monkeypatch.setattr(isolation, "available", lambda: found)
    with pytest.raises(isolation.IsolationError, match=words) as refusal:
        isolation.require(level)
    assert "\n" not in str(refusal.value)


def test_enough_is_returned(monkeypatch):
    monkeypatch.setattr(isolation, "available", lambda: made(0, 1, 2, 3))
    for level in (0, "2", "l3", isolation.OFFICIAL):
        assert isolation.require(level).level == 3


@pytest.mark.parametrize("level", ["L6", "high", -1, ""])
def test_an_unknown_level_is_refused(level):
    with pytest.raises(ValueError, match="one of L0 to L5"):
        isolation.require(level)


def test_the_command_refuses_with_exit_code_2(tmp_path):
    outcome = subprocess.run(
        [sys.executable, "-m", "autograder", str(kit.STENCIL), "--require-sandbox", "L5"],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": str(tmp_path)},  # no bubblewrap in it
        cwd=kit.ROOT,
    )
    assert outcome.returncode == 2
    assert len(outcome.stderr.strip().splitlines()) == 1
    assert "L5 is required" in outcome.stderr


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--jobs", "0"], "--jobs must be at least 1. Received: 0"),
        (["--json", "no/such/x.json"], "--json no/such/x.json: that is a directory, or lies in"),
        (["--html", "docs"], "--html docs: that is a directory"),
    ],
)
def test_what_cannot_be_done_with_the_results_is_said_before_grading(flags, words):
    command = [sys.executable, "-m", "autograder", str(kit.STENCIL), *flags]
    outcome = subprocess.run(command, capture_output=True, text=True, cwd=kit.ROOT, check=False)
    assert outcome.returncode == 2
    assert words in outcome.stderr and not outcome.stdout


@linux
def test_without_its_upper_levels_a_machine_says_so():
    lower = HERE.at_most(1)
    assert lower.level <= 1 and set(lower.plan.levels) <= {1}
    assert lower.lacking[2] == ("left out" if 2 in HERE.active else HERE.lacking[2])


@linux
def test_every_barrier_that_counts_was_tried(monkeypatch):
    """A barrier that does nothing is found out."""
    broken = Path(__file__).with_name("broken_probe.py")
    assert broken.is_file()
    monkeypatch.setattr(isolation, "_PROBE", broken)
    monkeypatch.setattr(isolation.bubblewrap, "find", lambda: "")
    found = isolation.available.__wrapped__()
    assert found.level == 0
    assert "memory is not bounded" in found.lacking[1]
    assert "a new process could be started" in found.lacking[2]
    assert "could be read" in found.lacking[3]


@linux
def test_the_table_of_system_calls_is_the_kernels():
    headers = {
        0: Path(f"/usr/include/{platform.machine()}-linux-gnu/asm/unistd_64.h"),
        1: Path("/usr/include/asm-generic/unistd.h"),
    }
    groups = [value for name, value in vars(syscalls).items() if re.match("_[A-Z]", name)]
    compared = 0
    for column, header in headers.items():
        if not header.is_file():
            continue
        pattern = r"#define __NR(?:3264)?_(\w+)\s+(\d+)"
        known = dict(re.findall(pattern, header.read_text()))
        for name, numbers in (item for group in groups for item in group.items()):
            if name in known:
                assert numbers[column] == int(known[name]), name
                compared += 1
    if not compared:
        pytest.skip("the kernel's headers are not installed")


@linux
def test_nothing_that_holds_a_secret_is_readable():
    hidden = [Path(os.__file__), kit.OUTPUTS]
    allowed = [Path(path).resolve() for path in paths.readable(hidden)]
    assert allowed
    assert not any(secret.resolve().is_relative_to(path) for secret in hidden for path in allowed)


@pytest.mark.skipif(4 not in HERE.active, reason="needs root")
def test_no_two_graders_share_a_user():
    slots = [identity.Slot() for _ in range(3)]
    users = {slot.user for slot in slots}
    assert len(users) == 3
    for slot in slots:
        slot.close()


@pytest.mark.skipif(3 not in HERE.active, reason="needs Landlock")
def test_landlock_says_its_version():
    assert landlock.abi() >= 1 and f"ABI {landlock.abi()}" in HERE.active[3]


def test_a_filled_directory_is_removed_whatever_is_in_it(tmp_path):
    top = tmp_path / "top"
    deep = top
    deep.mkdir()
    here = os.open(top, os.O_RDONLY)
    try:
        os.fchdir(here)
        for _ in range(1200):  # beyond recursion, and beyond the longest path
            os.mkdir("directory")
            os.chdir("directory")
    finally:
        os.chdir(kit.ROOT)
        os.close(here)
    (tmp_path / "kept").write_text("kept")
    (top / "link").symlink_to(tmp_path)
    (top / "closed").mkdir()
    (top / "closed" / "file").write_text("x")
    (top / "closed").chmod(0)
    cleaning.remove(top)
    assert not top.exists()
    assert (tmp_path / "kept").read_text() == "kept"


@linux
def test_when_the_judge_is_killed_nothing_is_left(tmp_path):
    program = tmp_path / "judge.py"
    program.write_text(_SLEEPING)
    judge = subprocess.Popen(
        [sys.executable, str(program), str(tmp_path / "assembled")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=kit.ROOT,
        env={**os.environ, "PYTHONPATH": str(kit.ROOT)},
    )
    assert judge.stdout is not None
    root = Path(judge.stdout.readline().strip())
    while not list(root.glob("private/work-*/started")):
        assert judge.poll() is None
        time.sleep(0.1)
    judge.send_signal(signal.SIGKILL)
    judge.wait()
    until = time.monotonic() + 120
    while (left := [root] * root.exists() + _processes(root)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not left


_SLEEPING = """
import sys
from dataclasses import replace
from autograder import kit, submission
from autograder.checks import load
from autograder.mutations import Mutation
from autograder.processes import Job, Runner

body = "import time; open('started', 'w').close(); time.sleep(600)"
check = replace(load()["masking.causal/square"], limit=600.0)
with Runner(jobs=1) as runner:
    print(runner.root, flush=True)
    sleeping = Mutation("sleeping", "masking.causal", body=body)
    submission.assemble(kit.ROOT, runner.root / "sub", sleeping.files(), base=kit.ROOT)
    runner.run_one(Job(check, runner.root / "sub"))
"""


def _processes(root: Path) -> list[str]:
    """The commands of all processes that work in a grader's directory."""
    commands = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            commands.append(path.read_text())
    return [command for command in commands if str(root) in command]


@linux
def test_a_barrier_that_cannot_be_raised_is_the_graders_own_trouble(causal):
    plan = HERE.plan
    impossible = isolation.Isolation({0: "processes"}, {}, (), Plan((1, 4), plan.readable, user=-5))
    with Runner(jobs=1, isolated=impossible) as runner:
        submission.assemble(kit.ROOT, runner.root / "submission", base=kit.ROOT)
        outcome = runner.run_one(Job(causal, runner.root / "submission"))
    assert "did not come to the check" in outcome.infrastructure
