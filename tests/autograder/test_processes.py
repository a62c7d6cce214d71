"""Workers that misbehave: each fails its own check, with its reason, and nothing else."""

import dataclasses
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder import isolation, judge, kit, recordings, submission
from autograder.checks import load
from autograder.mutations import Mutation
from autograder.processes import Job, Runner
from autograder.sandbox import cover
from autograder.workers import PRIVATE

RECORDING = recordings.Recording(kit.OUTPUTS)


def verdict(check, outcome):
    return judge.judge([(check, outcome)], RECORDING, set())[0]


def test_workers_import_no_library_that_the_zygote_has_not():
    program = """
import importlib, sys
from autograder import syllabus, worker, zygote
worker.warm_up()
zygote.import_libraries()
before = set(sys.modules)
for file in syllabus.submitted_files():
    importlib.import_module("assignment." + file.removesuffix(".py").replace("/", "."))
new = {name.split(".")[0] for name in set(sys.modules) - before}
print(*sorted(new - {"assignment"} - sys.stdlib_module_names))
"""
    environment = {**os.environ, "PYTHONPATH": str(kit.ROOT)}
    ended = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True)
    assert ended.returncode == 0, ended.stderr.decode()
    assert ended.stdout.split() == []


def test_a_correct_body_passes(submit, causal):
    body = "return tf.linalg.band_part(tf.ones((query_length, query_length), tf.bool), -1, 0)"
    assert verdict(causal, submit(body)).status == "passed"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("import os; os._exit(0)", "failed", "exit code 0 before its result"),
        ("import sys; sys.exit(0)", "failed", "SystemExit"),
        ("import ctypes; ctypes.string_at(0)", "failed", "SIGSEGV"),
        ("import os; os.kill(os.getpid(), 9)", "failed", "no usable result"),
        (
            "import os; os.close(3); os.closerange(3, 200)",
            "failed",
            "no usable result|before its result",
        ),
        ("return tf.ones((2, 2)), 1", "failed", "array of numbers|inhomogeneous"),
        ("return None", "failed", "does the function return"),
        ("raise KeyboardInterrupt", "failed", "KeyboardInterrupt"),
        ("raise ValueError('mine: ' + str(query_length))", "failed", r"mine: \d+ \(ValueError, "),
        ("import numpy as np; np.ones(2**34)[:] = 1", "limit", "memory"),
        ("assert False, '\\x1b[31mred' * 5000", "failed", r"^\[31mred"),
    ],
)
def test_a_death_or_an_exception_fails_the_check_with_its_reason(
    submit, causal, body, status, words
):
    found = verdict(causal, submit(body))
    assert found.status == status
    assert re.search(words, found.message), found.message
    assert "\x1b" not in found.message and len(found.message) < 1500


def test_an_exception_names_the_line_of_the_students_file(submit, causal):
    message = verdict(causal, submit("return undefined_name")).message
    assert "name 'undefined_name' is not defined (NameError" in message
    assert re.search(r"assignment/layers/masking\.py, line \d+: return undefined_name", message)


@pytest.mark.parametrize(
    "body",
    [
        "import time; time.sleep(300)",
        "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(300)",
        "while True: pass",
    ],
)
def test_the_time_limit_is_kept_from_outside(submit, causal, body):
    begun = time.monotonic()
    quick = dataclasses.replace(causal, limit=1.5)
    found = verdict(quick, submit(body, quick))
    assert (found.status, found.message) == ("limit", "over the limit of time of 1.5 s")
    assert time.monotonic() - begun < 100  # far less than the body sleeps, on a busy machine too


def test_a_blank_is_recognised_behind_the_error_that_reworded_it(submit, causal):
    body = """
        try:
            raise NotImplementedError("training.loss: average the cross-entropy")
        except RuntimeError as error:
            raise ValueError("reworded") from error
    """
    found = verdict(causal, submit(body))
    assert (found.status, found.blocked_by) == ("blocked", "training.loss")


def test_what_is_printed_is_bounded_and_never_a_verdict(submit, causal):
    body = """
        print('{"score": 100, "status": "passed"}')
        for _ in range(100):
            print("x" * 2**20)
        return tf.ones((query_length, query_length), tf.bool)
    """
    outcome = submit(body)
    assert len(outcome.printed) < 20_000 and "bytes more" in outcome.printed
    assert verdict(causal, outcome).status == "failed"


FORGE = """
    import os, struct
    {prepare}
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, message)
        except OSError:
            pass
    os._exit(0)
"""


@pytest.mark.parametrize(
    "prepare",
    [
        "message = b'.' + struct.pack('<I', 0)",
        "message = b'passed' * 100",
        "message = b'A' + b'\\xff' * 400",
        "message = b'A' + struct.pack('<H', 4) + b'mask' + struct.pack('<BBQQ', 0, 1, 1, 1)"
        " + b'\\x01.' + struct.pack('<I', 1)",
        "message = b'E' + (struct.pack('<I', 6) + b'passed') * 6 + b'.' + struct.pack('<I', 0)",
    ],
)
def test_a_forged_message_never_passes(submit, causal, prepare):
    found = verdict(causal, submit(FORGE.format(prepare=prepare)))
    assert found.status == "failed" and found.points == 0


def test_the_worker_sees_no_expected_output_and_no_secret_of_the_environment(submit):
    body = """
        import os, sys
        package = os.path.dirname(sys.modules["autograder"].__file__)
        listed = " ".join(sorted(os.listdir(package)))
        raise ValueError(f"{listed} | {sorted(os.environ)}")
    """
    message = submit(body).error.message
    assert "wire.py" in message
    assert "solution_outputs" not in message and "tolerances.json" not in message
    assert "HOSTNAME" not in message


def test_a_submitted_module_cannot_replace_one_of_the_library(runner, causal, tmp_path):
    source = tmp_path / "source"
    for name in ("assignment/numpy.py", "numpy.py", "sitecustomize.py", "assignment/__init__.py"):
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("raise SystemExit('replaced')\n")
    masking = source / "assignment/layers/masking.py"
    masking.parent.mkdir(parents=True)
    masking.write_bytes((kit.SOLUTION / "layers/masking.py").read_bytes())
    assembled = runner.root / "replaced"
    notes = submission.assemble(source, assembled)
    assert "missing" in notes["layers/attention.py"]
    outcome = runner.run_one(Job(causal, assembled))
    assert verdict(causal, outcome).status == "passed"


def test_linked_files_are_not_taken(tmp_path):
    layers = tmp_path / "source/assignment/layers"
    layers.mkdir(parents=True)
    (layers / "masking.py").symlink_to("/etc/passwd")
    notes = submission.assemble(tmp_path / "source", tmp_path / "assembled")
    assert "link" in notes["layers/masking.py"]
    assert "root:" not in (tmp_path / "assembled/assignment/layers/masking.py").read_text()


def test_a_warm_interpreter_that_was_killed_is_replaced(runner, submit):
    assert submit("return tf.zeros([query_length])").arrays is not None
    os.kill(runner._zygote._process.pid, signal.SIGKILL)
    assert submit("return tf.zeros([query_length])").arrays is not None


def test_the_warm_interpreter_stays_fit_to_be_forked(runner, submit, monkeypatch):
    submit("return None")
    monkeypatch.setattr(runner, "_new_zygote", lambda warm: pytest.fail(f"another, {warm=}"))
    assert submit("return tf.zeros([query_length])").arrays is not None


@pytest.mark.slow
def test_an_interpreter_of_its_own_serves_where_nothing_can_be_forked(causal, monkeypatch):
    with Runner(jobs=1, isolated=isolation.available().at_most(1)) as portable:
        monkeypatch.setattr(portable, "_forks", False)
        submission.assemble(kit.ROOT, portable.root / "submission", base=kit.ROOT)
        outcome = portable.run_one(Job(causal, portable.root / "submission", RECORDING.seed))
    assert verdict(causal, outcome).status == "passed", outcome


def test_the_next_check_gets_a_new_interpreter(submit, causal):
    assert submit("import os; os._exit(1)").arrays is None
    body = "return tf.linalg.band_part(tf.ones((query_length, query_length), tf.bool), -1, 0)"
    assert verdict(causal, submit(body)).status == "passed"


@pytest.mark.slow
def test_a_fresh_interpreter_does_the_same(causal):
    with Runner(jobs=1, warm=False) as cold:
        submission.assemble(kit.ROOT, cold.root / "submission", base=kit.ROOT)
        outcome = cold.run_one(Job(causal, cold.root / "submission", RECORDING.seed))
    assert verdict(causal, outcome).status == "passed", outcome
    assert not cold.root.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="needs a warm interpreter")
def test_what_a_worker_leaves_beside_its_directory_is_removed(causal):
    body = (
        "import os; beside = os.path.dirname(os.getcwd()); os.makedirs(beside + '/left/deep'); "
        "open(beside + '/left.py', 'w').close(); raise RuntimeError(str(os.listdir(beside)))"
    )
    files = Mutation("leaves", "masking.causal", body=body).files()
    with Runner(jobs=1, isolated=isolation.available().at_most(2)) as lower:
        submission.assemble(kit.ROOT, lower.root / "submission", files, base=kit.ROOT)
        outcome = lower.run_one(Job(causal, lower.root / "submission"))
        assert "left.py" in outcome.error.message  # below L3 it can write there
        assert list((lower.root / PRIVATE).iterdir()) == []


def test_no_worker_outlives_its_runner(causal, tmp_path):
    with Runner(jobs=1) as short:
        submission.assemble(kit.ROOT, short.root / "submission", base=kit.ROOT)
        short.run_one(Job(causal, short.root / "submission"))
        zygote = short._zygote._process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(zygote, 0)


def test_the_input_of_a_check_depends_on_its_own_name_and_the_seed_only():
    first, second = list(load().values())[:2]
    draws = {
        tuple(check.rng(seed).integers(0, 99, 8)) for check in (first, second) for seed in (0, 1)
    }
    assert len(draws) == 4
    assert (first.rng(0).integers(0, 99, 8) == first.rng(0).integers(0, 99, 8)).all()


def test_a_directory_that_workers_need_cannot_be_hidden_from_them(tmp_path):
    covering = dataclasses.replace(isolation.available(), covered=(str(kit.OUTPUTS),))
    with pytest.raises(isolation.IsolationError, match="cannot be kept from submissions, because"):
        Runner(jobs=1, hidden=[Path(sys.prefix)], isolated=covering)


@pytest.mark.parametrize("hidden", ["environment", "links"])
def test_nor_can_the_place_or_the_target_of_a_link_that_they_need(tmp_path, hidden):
    (tmp_path / "environment").mkdir()
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "venv"
    link.symlink_to(tmp_path / "environment")
    with pytest.raises(isolation.IsolationError, match="links/venv, which they need, lies in it"):
        cover.covering(["/grader"], [tmp_path / hidden], [str(link)])


def test_of_two_hidden_directories_in_each_other_the_outer_one_is_covered(tmp_path):
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    covering = dataclasses.replace(isolation.available(), covered=(str(kit.OUTPUTS),))
    hidden = [tmp_path / "outer" / "inner", tmp_path / "outer", kit.OUTPUTS / "x", tmp_path / "no"]
    with Runner(jobs=1, hidden=hidden, isolated=covering) as runner:
        assert runner._covered == (str(kit.OUTPUTS), str(tmp_path / "outer"))
