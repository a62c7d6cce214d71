"""How well submissions are kept apart on this machine: tried, never assumed.

Six levels, each a barrier of its own (docs/instructor-security.md says what each promises):

    L0  separate processes, two phases, a fresh package, an allow-listed environment
    L1  resource limits, and a watch from outside
    L2  a filter on system calls
    L3  Landlock: which files exist for a worker
    L4  a user of its own for each worker, where the grader is root
    L5  bubblewrap, where it is installed and allowed

The barriers stand in `autograder.sandbox`. A grader for marks calls `require(OFFICIAL)`.
"""

import functools
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from autograder import kit
from autograder.sandbox import bubblewrap, cleaning, identity, landlock, limits, paths
from autograder.sandbox import filter as system_calls
from autograder.sandbox.plan import Plan

OFFICIAL = 2  # grading for marks refuses less
HIGHEST = 5

_PROBE = Path(__file__).resolve().parent / "sandbox" / "probe.py"
_SECONDS = 30


class IsolationError(RuntimeError):
    """This machine isolates submissions less than was asked for; the message is one line."""


@dataclass(frozen=True)
class Isolation:
    """How submissions are kept apart here.

    Args:
        active: the barriers that hold, by level; one above a gap counts for safety, not for level.
        lacking: why each other barrier does not hold, by level.
        plan: what a worker is told to raise.
    """

    active: dict[int, str]
    lacking: dict[int, str]
    plan: Plan

    @property
    def level(self) -> int:
        """The highest level up to which every barrier holds."""
        return next(i for i in range(HIGHEST + 1) if i + 1 not in self.active)

    def __str__(self) -> str:
        held = ", ".join(f"L{level} {name}" for level, name in self.active.items())
        lacks = "; ".join(f"L{level} {reason}" for level, reason in self.lacking.items())
        return f"level {self.level} ({held})" + (f"; lacking: {lacks}" if lacks else "")

    def as_json(self) -> dict[str, object]:
        """For reports: level, active and lacking, with the levels as texts."""
        return {
            "level": self.level,
            "active": {f"L{level}": name for level, name in self.active.items()},
            "lacking": {f"L{level}": reason for level, reason in self.lacking.items()},
        }

    def at_most(self, level: int) -> "Isolation":
        """The same without the barriers above a level."""
        above = {i: "left out" for i in self.active if i > level}
        return Isolation(
            {i: name for i, name in self.active.items() if i <= level},
            dict(sorted((self.lacking | above).items())),
            replace(self.plan, levels=tuple(i for i in self.plan.levels if i <= level)),
        )


@functools.cache
def available() -> Isolation:
    """What this machine can do, each barrier tried once on a child process."""
    names = {
        0: "processes",
        1: limits.NAME,
        2: system_calls.NAME,
        3: f"Landlock ABI {landlock.abi()}" if sys.platform == "linux" else "Landlock",
        4: identity.NAME,
        5: bubblewrap.NAME,
    }
    lacking = _impossible()
    readable = paths.readable(secrets())
    found, search = _best_view(readable, tuple(i for i in names if i and i not in lacking))
    lacking = dict(sorted((lacking | {i: why for i, why in found.items() if why}).items()))
    active = {level: name for level, name in names.items() if level not in lacking}
    levels = tuple(level for level in active if 1 <= level <= 4)
    return Isolation(active, lacking, Plan(levels, readable, search=search))


def require(level: int | str) -> Isolation:
    """The isolation of this machine, at least of this level (3 or "L3").

    Raises:
        ValueError: there is no such level.
        IsolationError: a barrier up to that level does not hold; says which, and why.
    """
    wanted = parse(level)
    found = available()
    if found.level < wanted:
        first = found.level + 1
        raise IsolationError(
            f"isolation level L{wanted} is required, and this machine reaches L{found.level}; "
            f"it lacks L{first}: {found.lacking[first]}"
        )
    return found


def parse(level: int | str) -> int:
    """The number of a level given as 3, "3" or "L3"."""
    text = str(level).upper().removeprefix("L")
    if text not in {str(i) for i in range(HIGHEST + 1)}:
        raise ValueError(f"an isolation level is one of L0 to L{HIGHEST}. Received: {level!r}")
    return int(text)


def describe() -> str:
    """What holds on this machine and what is lacking, for the report."""
    return str(available())


def secrets() -> list[Path]:
    """What no worker may see: recordings, tolerances, and code that solves the exercises."""
    package = kit.AUTOGRADER
    candidates = [kit.OUTPUTS, kit.TOLERANCES, kit.SOLUTION, package / "misconceptions"]
    return [path for path in candidates if path.exists()]


def _impossible() -> dict[int, str]:
    """What need not be tried, and why."""
    first = {"linux": HIGHEST + 1, "win32": 1}.get(sys.platform, 2)
    lacking = {level: "exists on Linux only" for level in range(first, HIGHEST + 1)}
    if sys.platform == "linux" and os.geteuid() != 0:
        lacking[4] = "needs a grader that runs as root"
    if sys.platform == "linux" and not bubblewrap.find():
        lacking[5] = "bwrap is not installed"
    return lacking


def _best_view(readable: tuple[str, ...], levels: tuple[int, ...]) -> tuple[dict[int, str], bool]:
    """Why barriers do not hold, by level; and whether a worker's user must search freely."""
    if not levels:
        return {}, False
    problem = {}
    within = 5 in levels
    found = _try(readable, levels, within)
    if within and 0 in found:
        problem, within = {5: found[0]}, False
        found = _try(readable, levels, within)
    search = False
    if found.get(4) and not found.get(3):
        # The interpreter may lie under a private home: then its user needs the right to search it.
        search = not _try(readable, levels, within, search=True).get(4)
        found[4] = "" if search else found[4]
    found.pop(0, "")
    return found | problem, search


def _try(
    readable: tuple[str, ...], levels: tuple[int, ...], within: bool, search: bool = False
) -> dict[int, str]:
    """Why each of L1 to L4 does not hold; 0 is there when nothing could be tried.

    Args:
        within: try them inside bubblewrap.
        search: see `identity.enter`.
    """
    root = Path(tempfile.mkdtemp(prefix="grader-probe-")).resolve()
    slot = identity.Slot() if 4 in levels else None
    own = root / "own"
    try:
        root.chmod(0o711)
        for directory in (root / "private", own):
            directory.mkdir(mode=0o700)
        if slot:
            os.chown(own, slot.user, slot.user)
        code = (str(kit.AUTOGRADER / "__init__.py"), str(_PROBE.parent))
        order = {
            "levels": [level for level in levels if level <= 4],
            "readable": [*readable, *code],
            "secrets": [str(path) for path in secrets()],
            "private": str(root / "private"),
            "own": str(own),
            "user": slot.user if slot else 0,
            "search": search,
        }
        view = bubblewrap.command((*readable, *code), root) if within else []
        done = subprocess.run(
            [*view, *paths.interpreter(), str(_PROBE)],
            input=json.dumps(order),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            cwd=root,
        )
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:]
            raise OSError(" ".join(last) or f"the trial ended with {done.returncode}")
        return {int(level): reason for level, reason in json.loads(done.stdout).items()}
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return dict.fromkeys((0, *levels), f"could not be tried: {error}")
    finally:
        if slot:
            slot.close()
        cleaning.remove(root)
