"""The leaderboard: what a submitted checkpoint really achieves on text that nobody has seen.

Weights, shape and tokenizer come from the submission, and every line of code from the solution: no
number that a student reports is believed, and no code of theirs runs. The measure is the length of
the text under the model in nats per character, so that tokenizers can be compared; a tokenizer that
does not give the text back exactly is refused, because it could leave out what is hard to guess.
"""

import json
import math
import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

from autograder import isolation, kit, scratch
from autograder.sandbox.limits import Limits
from autograder.workers import worker_environment

_WORKER = Path(__file__).with_name("leaderboard_worker.py")
_FILES = re.compile(r"(config\.json|tokenizer\.model|checkpoints/(best/)?[\w.-]+)")
_MAX_BYTES = 512 * 2**20
_MAX_FILES = 100
_SECONDS = 120
_LIMITS = Limits(seconds=_SECONDS, data_mib=3072)


class LeaderboardError(Exception):
    """A checkpoint that cannot be measured; the message says why."""


def find(submission: Path) -> Path | None:
    """The `leaderboard/` directory of a submission, at its top or one level down."""
    for place in [submission, *sorted(p for p in submission.iterdir() if p.is_dir())]:
        run = place / "leaderboard"
        if run.is_dir() and not run.is_symlink() and not place.is_symlink():
            return run
    return None


def measure(run: Path, held_out: Path, seconds: float = _SECONDS) -> float:
    """The nats per character of a text under a submitted run's best checkpoint.

    Args:
        run: a run directory, as `assignment.train` writes it.
        held_out: the text.

    Raises:
        LeaderboardError: there is no usable run, or it takes too long.
    """
    made = scratch.Scratch("leaderboard")
    work = made.path
    try:
        _copy(run, work / "run")
        shutil.copy(held_out, work / "held_out.txt")
        shutil.copytree(kit.SOLUTION, work / "code" / "assignment")
        shutil.copytree(kit.AUTOGRADER / "sandbox", work / "code" / "autograder" / "sandbox")
        (work / "code" / "autograder" / "__init__.py").touch()
        return _run(work, seconds)
    finally:
        made.remove()


def _copy(run: Path, target: Path) -> None:
    """Takes the files of a run that are needed, and neither links nor more than a bound."""
    left, taken = _MAX_BYTES, 0
    for place, directories, names in os.walk(run):
        directories.sort()
        for name in sorted(names):
            path = Path(place) / name
            relative = path.relative_to(run).as_posix()
            status = path.lstat()
            if not _FILES.fullmatch(relative) or not stat.S_ISREG(status.st_mode):
                continue
            left, taken = left - status.st_size, taken + 1
            if left < 0 or taken > _MAX_FILES:
                raise LeaderboardError("it holds too many or too large files; keep one checkpoint")
            (target / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / relative)
    if not (target / "config.json").is_file():
        raise LeaderboardError("it holds no config.json; copy a run directory of assignment.train")


def _run(work: Path, seconds: float) -> float:
    # The code is ours: it needs no user of its own, but what it reads is the student's.
    plan = isolation.available().plan
    levels = tuple(level for level in plan.levels if level < 4)
    plan = replace(plan, levels=levels, readable=(*plan.readable, str(work)))
    order = {"plan": asdict(plan), "limits": asdict(_LIMITS), "work": str(work)}
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-B", str(_WORKER)],
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=seconds,
            env=worker_environment(work, {}),
            cwd=work,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise LeaderboardError(f"it takes more than {seconds:g} seconds") from None
    try:
        answer = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise LeaderboardError(f"the run cannot be loaded (exit code {done.returncode})") from None
    if "refused" in answer:
        raise LeaderboardError(answer["refused"])
    value = float(answer["nats_per_character"])
    if not math.isfinite(value) or value < 0:
        raise LeaderboardError("its loss is not a finite number")
    return value
