"""How well submissions are kept apart on this machine: tried, never assumed.

Six levels, each a barrier of its own (docs/instructor-security.md says what each promises):

    L0  separate processes, two phases, a fresh package, an allow-listed environment; the grader's
        own files covered, where the kernel lets it
    L1  resource limits, and a watch from outside
    L2  a filter on system calls
    L3  Landlock: which files exist for a worker
    L4  a user of its own for each worker, where the grader is root
    L5  bubblewrap, where it is installed and allowed

The barriers stand in `autograder.sandbox`. A grader for marks calls `require(OFFICIAL)`: L2, with
the grader's own files out of a worker's sight, by a cover or by a higher level.
"""

import functools
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from autograder import kit, scratch
from autograder.sandbox import IsolationError, bubblewrap, identity, landlock, limits, paths
from autograder.sandbox import filter as system_calls
from autograder.sandbox.plan import Plan

OFFICIAL = "official"
_OFFICIAL_LEVEL = 2
HIGHEST = 5

_PROBE = Path(__file__).resolve().parent / "sandbox" / "probe.py"
_SECONDS = 30


@dataclass(frozen=True)
class Isolation:
    """How submissions are kept apart here.

    Args:
        active: the barriers that hold, by level; one above a gap counts for safety, not for level.
        lacking: why each other barrier does not hold, by level.
        exposed: what of the grader's own files a worker could read, behind all barriers.
        plan: what a worker is told to raise.
        covered: files that the interpreter of the workers covers.
    """

    active: dict[int, str]
    lacking: dict[int, str]
    exposed: tuple[str, ...]
    plan: Plan
    covered: tuple[str, ...] = ()

    @property
    def level(self) -> int:
        """The highest level up to which every barrier holds."""
        return next(i for i in range(HIGHEST + 1) if i + 1 not in self.active)

    def __str__(self) -> str:
        held = ", ".join(f"L{level} {name}" for level, name in self.active.items())
        lacks = "; ".join(f"L{level} {reason}" for level, reason in self.lacking.items())
        text = f"level {self.level} ({held})" + (f"; lacking: {lacks}" if lacks else "")
        return text + "; a submission could read the grader's own files" * bool(self.exposed)

    def as_json(self) -> dict[str, object]:
        """For reports: level, active and lacking, with the levels as texts."""
        return {
            "level": self.level,
            "active": {f"L{level}": name for level, name in self.active.items()},
            "lacking": {f"L{level}": reason for level, reason in self.lacking.items()},
            "exposed": list(self.exposed),
        }

    def at_most(self, level: int) -> "Isolation":
        """The same without the barriers above a level."""
        above = {i: "left out" for i in self.active if i > level}
        plan = replace(self.plan, levels=tuple(i for i in self.plan.levels if i <= level))
        active = {i: name for i, name in self.active.items() if i <= level}
        plan, tried = _fitted(plan, 5 in active)
        lacking = dict(sorted((self.lacking | above).items()))
        return Isolation(active, lacking, tried.exposed, plan, tried.covered)


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
    plan = Plan(tuple(i for i in names if 1 <= i <= 4 and i not in lacking), _readable())
    within = 5 not in lacking
    plan, tried = _fitted(plan, within)
    if within and 5 in tried.broken:
        lacking[5], within = tried.broken[5], False
        plan, tried = _fitted(plan, within)
    lacking = dict(sorted((lacking | tried.broken).items()))
    plan = replace(plan, levels=tuple(i for i in plan.levels if i not in lacking))
    if tried.broken:
        tried = _try(plan, within)
    if tried.covered:
        names[0] += ", the grader's own files covered"
    active = {level: name for level, name in names.items() if level not in lacking}
    return Isolation(active, lacking, tried.exposed, plan, tried.covered)


def require(level: int | str) -> Isolation:
    """The isolation of this machine, at least of this level: 3, "L3" or OFFICIAL.

    Raises:
        ValueError: there is no such level.
        IsolationError: a barrier up to that level does not hold; says which, and why.
    """
    wanted = _OFFICIAL_LEVEL if level == OFFICIAL else parse(level)
    found = available()
    if found.level < wanted:
        first = found.level + 1
        raise IsolationError(
            f"isolation level L{wanted} is required, and this machine reaches L{found.level}; "
            f"it lacks L{first}: {found.lacking[first]}"
        )
    if level == OFFICIAL and found.exposed:
        reasons = "; ".join(f"L{i} {why}" for i, why in found.lacking.items() if i > wanted)
        raise IsolationError(
            f"grading for marks is refused, because a submission could read {found.exposed[0]} "
            f"here ({reasons})"
        )
    return found


def parse(level: int | str) -> int:
    """The number of a level given as 3, "3" or "L3"."""
    text = str(level).upper().removeprefix("L")
    if text not in {str(i) for i in range(HIGHEST + 1)}:
        raise ValueError(f"an isolation level is one of L0 to L{HIGHEST}. Received: {level!r}")
    return int(text)


def secrets() -> list[Path]:
    """What no worker may see: recordings, tolerances, and code that solves exercises."""
    package = kit.AUTOGRADER
    candidates = [kit.OUTPUTS, kit.TOLERANCES, kit.SOLUTION, kit.ROOT / ".git", kit.ROOT / "tests"]
    candidates += [package / "misconceptions", package / "variants"]
    return [path for path in candidates if path.exists()]


def _impossible() -> dict[int, str]:
    """What need not be tried, and why."""
    if sys.platform != "linux":
        return dict.fromkeys(range(2, HIGHEST + 1), "exists on Linux only")
    lacking = {}
    if os.geteuid() != 0:
        lacking[4] = "needs a grader that runs as root"
    if not bubblewrap.find():
        lacking[5] = "bwrap is not installed"
    return lacking


def _readable() -> tuple[str, ...]:
    code = (kit.AUTOGRADER / "__init__.py", _PROBE.parent)
    return (*paths.readable(secrets()), *(str(path) for path in code))


def _fitted(plan: Plan, within: bool) -> tuple[Plan, "_Trial"]:
    """The plan as this machine needs it, tried."""
    tried = _try(plan, within)
    if 4 in tried.broken and 3 in plan.levels and 3 not in tried.broken:
        # The interpreter may lie under a private home: then its user needs the right to search it.
        searching = replace(plan, search=True)
        again = _try(searching, within)
        if 4 not in again.broken:
            return searching, again
    return plan, tried


@dataclass(frozen=True)
class _Trial:
    """Why barriers do not hold, by level; which secrets can be covered, and which can be read."""

    broken: dict[int, str]
    covered: tuple[str, ...]
    exposed: tuple[str, ...]


def _try(plan: Plan, within: bool) -> _Trial:
    """Tries a plan's barriers, inside bubblewrap or not, and all of them on the secrets."""
    hidden = tuple(str(path) for path in secrets())
    made = scratch.Scratch("probe")
    root = made.path
    slot = identity.Slot() if 4 in plan.levels else None
    own = root / "own"
    try:
        root.chmod(0o711)
        for directory in (root / "private", own):
            directory.mkdir(mode=0o700)
        if slot:
            os.chown(own, slot.user, slot.user)
        order = {
            "plan": asdict(replace(plan, user=slot.user if slot else 0)),
            "secrets": hidden,
            "private": str(root / "private"),
            "own": str(own),
            "view": within,
        }
        view = bubblewrap.command(plan.readable, root) if within else []
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
        answer = json.loads(done.stdout)
        broken = {int(i): why for i, why in answer["broken"].items()}
        return _Trial(broken, hidden * answer["covered"], tuple(answer["exposed"]))
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        levels = (*plan.levels, 5) if within else plan.levels
        reason = f"could not be tried: {error}"
        return _Trial(dict.fromkeys(levels, reason), (), hidden)
    finally:
        if slot:
            slot.close()
        made.remove()
