"""What the kernel does not bound: seen from outside, by the interpreter that forked the worker."""

import contextlib
import os
import signal
import time
from pathlib import Path

from autograder.sandbox.limits import MIB, Limits

_MAX_DEPTH = 32
_PATIENCE = 5.0
_MEMORY = ("RssAnon", "RssShmem", "VmPTE")


def excess(pid: int, directory: str, limits: Limits, may_fork: bool) -> str:
    """The bound that a worker has passed, or an empty text.

    Args:
        directory: where it may write.
        may_fork: look for processes that it started.
    """
    status = _status(pid)
    # RLIMIT_DATA counts neither shared memory nor the tables of pages that are mapped and empty.
    if sum(status.get(name, 0) for name in _MEMORY) > limits.data_mib * MIB:
        return "memory"
    if status.get("Threads", 0) > limits.threads:
        return "threads"
    if may_fork and len(descendants(pid)) > limits.processes:
        return "processes"
    return "disk space" if _is_full(directory, limits) else ""


def descendants(pid: int, spared: frozenset[int] = frozenset()) -> set[int]:
    """The processes below one, without those below `spared`."""
    below: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                text = Path(f"/proc/{entry}/stat").read_text(errors="replace")
                parent = int(text.rpartition(")")[2].split()[1])
                below.setdefault(parent, []).append(int(entry))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        for child in below.get(waiting.pop(), ()):
            if child not in spared and child not in found:
                found.add(child)
                waiting.append(child)
    return found


def end_strays(spared: frozenset[int]) -> None:
    """Kills every descendant of this process but the spared ones and what is below them.

    All are stopped before the first is killed, so that none can start another meanwhile.
    """
    until = time.monotonic() + _PATIENCE
    stopped: set[int] = set()
    while time.monotonic() < until:
        found = descendants(os.getpid(), spared)
        if not found:
            return
        number = signal.SIGKILL if found <= stopped else signal.SIGSTOP
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, number)
        stopped |= found
        for pid in found if number == signal.SIGKILL else ():
            with contextlib.suppress(OSError):  # those below a stray are not this one's children
                os.waitpid(pid, os.WNOHANG)


def _status(pid: int) -> dict[str, int]:
    values = {}
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines():
            name, _, text = line.partition(":")
            if name in (*_MEMORY, "Threads"):
                number, _, unit = text.strip().partition(" ")
                values[name] = int(number) * (1024 if unit == "kB" else 1)
    return values


def _is_full(directory: str, limits: Limits) -> bool:
    """Whether there are too many files, too large, or too deep to be counted."""
    count = size = 0
    waiting = [(directory, 0)]
    while waiting:
        path, depth = waiting.pop()
        with contextlib.suppress(OSError), os.scandir(path) as entries:
            for entry in entries:
                count += 1
                size += entry.stat(follow_symlinks=False).st_blocks * 512
                if count > limits.files or size > limits.disk_mib * MIB or depth > _MAX_DEPTH:
                    return True
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, depth + 1))
    return False
