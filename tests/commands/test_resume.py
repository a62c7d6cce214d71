"""A run that is stopped in any way and resumed ends as if it had never been stopped."""

import contextlib
import os
import random
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny_runs import (
    STEPS,
    assert_same_run,
    command,
    finish,
    flags_of,
    logged_steps,
    start,
    takers,
    tensors,
    wait_for,
)

from assignment.signals import CAN_DIVERT

KILLS = int(os.environ.get("KIT_KILLS", "3"))
STEP = "step/.ATTRIBUTES/VARIABLE_VALUE"
ALWAYS_SAVE = ("--checkpoint-minutes", "0")


def has_newer(run_dir: Path, pattern: str, since: float) -> bool:
    """Whether the checkpoints have a file or directory of a name that was written since then."""
    for path in (run_dir / "checkpoints").glob(f"**/{pattern}"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime > since:
                return True
    return False


def moments(run_dir: Path, generator: random.Random) -> Iterator[Callable[[], object]]:
    """Conditions at which to kill a run, one kind after the other.

    When a checkpoint is being written; when its data has appeared; some steps further; at any time.
    """
    while True:
        began = time.time()
        yield lambda began=began: has_newer(run_dir, "*_temp", began)
        began = time.time()
        yield lambda began=began: has_newer(run_dir, "*.data*", began)
        step = last_step(run_dir) + generator.randint(1, 4)
        yield lambda step=step: last_step(run_dir) >= min(step, STEPS)
        deadline = time.monotonic() + generator.uniform(0, 25)
        yield lambda deadline=deadline: time.monotonic() > deadline


def last_step(run_dir: Path) -> int:
    return max([0, *logged_steps(run_dir)])


@pytest.mark.slow
@pytest.mark.parametrize("model", ["transformer", "lstm"])
def test_a_run_killed_at_random_moments_ends_like_one_that_was_not(
    model, request, corpus, tmp_path, capsys
):
    name = "finished_run" if model == "transformer" else "finished_lstm_run"
    expected = request.getfixturevalue(name)
    arguments = command("train", *flags_of(corpus), "--model", model, *ALWAYS_SAVE)
    run_dir = tmp_path / "run"
    generator = random.Random(model)
    kills, while_saving, died_at = 0, 0, []
    conditions = moments(run_dir, generator)
    while kills < KILLS:
        condition = next(conditions)
        process = start(arguments, tmp_path)
        if not wait_for(condition, process):
            # It came to its end before that moment: the next kills are of a new run.
            assert process.returncode == 0, (tmp_path / "err").read_text()
            assert_same_run(run_dir, expected)
            shutil.rmtree(run_dir)
            continue
        time.sleep(generator.choice([0, generator.uniform(0, 0.02)]))
        process.kill()
        process.wait()
        kills += 1
        while_saving += has_newer(run_dir, "*_temp", 0)
        died_at.append(last_step(run_dir))
        print(f"{model}: kill {kills} after step {died_at[-1]}", flush=True)
    finished = finish(start(arguments, tmp_path), tmp_path)
    assert finished.code == 0, finished.err
    assert_same_run(run_dir, expected)
    with capsys.disabled():
        print(f"\n{model}: {kills} kills, {while_saving} while saving, after steps {died_at}")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_run_saves_and_says_how_to_go_on(number, finished_run, corpus, tmp_path):
    run_dir = tmp_path / "run"
    process = start(command("train", *flags_of(corpus), "--no-resume"), tmp_path)
    assert wait_for(lambda: logged_steps(run_dir), process)
    if CAN_DIVERT:
        (taker,) = takers(process)
        assert taker != process.pid
    process.send_signal(number)
    stopped = finish(process, tmp_path)
    assert stopped.code == 128 + number
    assert "Traceback" not in stopped.err
    (line,) = [line for line in stopped.err.splitlines() if "To go on: " in line]
    step = int(line.split("stopped after step ")[1].split(",")[0])
    assert logged_steps(run_dir)[-1] == step == int(tensors(run_dir / "checkpoints")[STEP])

    python, *arguments = shlex.split(line.split("To go on: ")[1])
    assert python == "python"
    resumed = finish(start([sys.executable, *arguments], tmp_path), tmp_path)
    assert resumed.code == 0, resumed.err
    assert f"Resuming behind step {step} of {STEPS}." in resumed.out
    assert_same_run(run_dir, finished_run)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


@pytest.mark.slow
@pytest.mark.parametrize("damage", [truncate, flip_a_bit])
def test_a_damaged_checkpoint_is_passed_over(damage, finished_run, train, tmp_path):
    run_dir = tmp_path / "run"
    shutil.copytree(finished_run, run_dir)
    damage(run_dir / "checkpoints" / f"ckpt-{STEPS}.data-00000-of-00001")
    finished = train(tmp_path)
    assert finished.code == 0, finished.err
    (warning,) = [line for line in finished.err.splitlines() if line.startswith("warning: ")]
    assert f"ckpt-{STEPS} is damaged" in warning
    assert f"Resuming behind step {STEPS // 2} of {STEPS}." in finished.out
    assert_same_run(run_dir, finished_run)
