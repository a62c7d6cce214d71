"""What a worker may use. Entered by the worker itself, just before it meets the submission.

Layers, from the inside out; a report names those that were active:

    L0  separate processes, two phases, a fresh package, an allow-listed environment
    L1  resource limits (below)
"""

import contextlib
import functools
import sys
from dataclasses import dataclass

OFFICIAL = 2  # grading for marks refuses less

_MIB = 2**20
# macOS refuses some limits; on Linux a refusal is an error, because there grading is official.
_UNSUPPORTED = () if sys.platform == "linux" else (ValueError, OSError)


@dataclass(frozen=True)
class Limits:
    """Bounds of one worker.

    Args:
        seconds: wall time, kept from outside; the CPU time is bounded by a multiple of it.
        data_mib: private memory (RLIMIT_DATA), above which allocation fails cleanly. The warm
            interpreter with TensorFlow holds 300 MiB of it.
        file_mib: the largest file that may be written.
        open_files: how many descriptors may be open.
    """

    seconds: float = 20.0
    data_mib: int = 2048
    file_mib: int = 128
    open_files: int = 512


def enter(limits: Limits) -> None:
    """Applies the resource limits to the calling process; they cannot be raised again."""
    if sys.platform == "win32":
        return
    import resource

    # Two threads may burn two seconds of CPU per second; XLA's compiler uses more.
    cpu_seconds = int(limits.seconds * 4) + 5
    bounds = {
        resource.RLIMIT_DATA: limits.data_mib * _MIB,
        resource.RLIMIT_FSIZE: limits.file_mib * _MIB,
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CORE: 0,
    }
    for kind, bound in bounds.items():
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            bound = min(bound, hard)
        # The signal of the soft CPU limit tells a time limit from other deaths.
        hard = bound + 2 if kind == resource.RLIMIT_CPU else bound
        with contextlib.suppress(*_UNSUPPORTED):
            resource.setrlimit(kind, (bound, hard))


class IsolationError(RuntimeError):
    """This machine isolates submissions less than was asked for; the message is one line."""


@dataclass(frozen=True)
class Isolation:
    """How submissions are kept apart here.

    Args:
        level: the highest level up to which every barrier holds.
        active: the barriers that hold, by level; one above a gap counts for safety, not for level.
        lacking: why each other barrier does not, by level.
    """

    level: int
    active: dict[int, str]
    lacking: dict[int, str]

    def __str__(self) -> str:
        held = ", ".join(f"L{level} {name}" for level, name in self.active.items())
        lacks = "; ".join(f"L{level}: {reason}" for level, reason in self.lacking.items())
        return f"level {self.level} ({held})" + (f"; lacking {lacks}" if lacks else "")

    def as_json(self) -> dict[str, object]:
        """For reports: level, active and lacking, with the levels as texts."""
        return {
            "level": self.level,
            "active": {f"L{level}": name for level, name in self.active.items()},
            "lacking": {f"L{level}": reason for level, reason in self.lacking.items()},
        }


@functools.cache
def available() -> Isolation:
    """What this machine can do, each barrier tried once on a child process."""
    names = {0: "processes", 1: "resource limits"}
    if sys.platform == "win32":
        del names[1]
    lacking = {level: "not tried" for level in range(len(names), 6)}
    return Isolation(max(names), names, lacking)


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
            f"isolation level L{wanted} is required, and this machine reaches L{found.level}: "
            f"L{first} {found.lacking[first]}"
        )
    return found


def parse(level: int | str) -> int:
    """The number of a level given as 3, "3" or "L3"."""
    text = str(level).upper().removeprefix("L")
    if text not in ("0", "1", "2", "3", "4", "5"):
        raise ValueError(f"an isolation level is one of L0 to L5. Received: {level!r}")
    return int(text)


def describe() -> str:
    """What holds on this machine and what is lacking, for the report."""
    return str(available())
