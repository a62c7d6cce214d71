"""Tries each barrier on a child process: `python -I probe.py`, the order as JSON on standard input.

    {"plan": …, "secrets": […], "private": DIRECTORY, "own": DIRECTORY, "view": true}

answers {"broken": {"2": "a new process could be started"}, "covered": true, "exposed": […]}: why
barriers of the plan do not hold, whether secrets can be covered, and which of them can be read
behind everything. The directory `private` belongs to this user, `own` to the plan's, and `view`
says that this runs inside bubblewrap.
"""

import errno
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from autograder.sandbox import cover, kernel, syscalls
from autograder.sandbox.limits import MIB, Limits
from autograder.sandbox.plan import Plan, enter

# Inside bubblewrap, what is hidden is absent.
_HIDDEN = (errno.EPERM, errno.EACCES, errno.ENOENT)
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
_LIMITS = Limits(data_mib=256, file_mib=1, open_files=64)


class BrokenError(Exception):
    """A barrier that does not hold, or that stops what must go on."""


def refused(what: str, action: Callable[[], Any], *codes: int) -> None:
    """Raises BrokenError unless the action fails with a permission error."""
    try:
        action()
    except OSError as error:
        if error.errno in (codes or (errno.EPERM, errno.EACCES)):
            return
        raise BrokenError(f"{what}: {error}") from None
    raise BrokenError(what)


def works(what: str, action: Callable[[], Any]) -> None:
    """Raises BrokenError unless the action succeeds."""
    try:
        action()
    except Exception as error:
        raise BrokenError(f"{what}: {error}") from None


def limits_hold(order: dict[str, Any]) -> None:
    def too_much_memory() -> None:
        try:
            bytearray(512 * MIB)
        except MemoryError as error:
            raise PermissionError(errno.EPERM, "refused") from error

    refused("memory is not bounded", too_much_memory)
    path = Path(order["private"], "large")
    refused(
        "the size of a file is not bounded",
        lambda: path.write_bytes(bytes(2 * MIB)),
        errno.EFBIG,
    )
    refused(
        "open files are not bounded",
        lambda: [os.open(os.devnull, os.O_RDONLY) for _ in range(80)],
        errno.EMFILE,
    )


def filter_holds(order: dict[str, Any]) -> None:
    refused("a new process could be started", lambda: os.fork() or os._exit(0))
    refused("a program could be run", lambda: os.execv(sys.executable, [sys.executable, "-V"]))
    refused("a program could be started", lambda: subprocess.run([sys.executable, "-V"]))
    refused("the network could be reached", socket.socket)
    refused("another process could be signalled", lambda: os.kill(os.getppid(), 0))
    refused("the session could be left", os.setsid)
    refused("another process could be traced", lambda: _call("ptrace", 16, os.getppid(), 0, 0))
    refused("namespaces could be made", lambda: _call("unshare", 0x10000000))
    refused("shared memory could be left behind", lambda: _call("shmget", 0, 4096, 0o1600))
    refused("clone3 could be called", lambda: kernel.syscall(435, None, 0), errno.ENOSYS)
    mode = os.stat(order["private"]).st_mode
    os.chmod(order["private"], 0o711 if mode & 0o777 == 0o700 else 0o700)
    if os.stat(order["private"]).st_mode != mode:
        raise BrokenError("the mode of a file could be changed")
    works("threads cannot be started", _start_a_thread)


def landlock_holds(order: dict[str, Any]) -> None:
    for secret in [*order["secrets"], f"/proc/{os.getppid()}/environ", "/etc/passwd"]:
        _hidden(secret)
    outside = Path(order["private"]).parent / "outside"
    refused("a file could be written elsewhere", lambda: outside.write_text("x"))
    _needed(order)


def identity_holds(order: dict[str, Any]) -> None:
    if os.getresuid() != (order["plan"]["user"],) * 3:
        raise BrokenError("the user did not change")
    refused("root's processes could be signalled", lambda: os.kill(os.getppid(), 0))
    refused("the user could change back", lambda: os.setuid(0))
    _needed(order)


def view_holds(order: dict[str, Any]) -> None:
    for secret in order["secrets"]:
        if os.path.exists(secret):
            raise BrokenError(f"{secret} can be seen")
    networks = [name for _, name in socket.if_nameindex() if name != "lo"]
    if networks:
        raise BrokenError(f"the network {networks[0]} can be seen")
    if sum(entry.isdigit() for entry in os.listdir("/proc")) > 5:
        raise BrokenError("other processes can be seen")


def _hidden(secret: str) -> None:
    try:
        seen = os.listdir(secret) if os.path.isdir(secret) else Path(secret).read_bytes()
    except OSError as error:
        if error.errno not in _HIDDEN:
            raise
    else:
        if seen:
            raise BrokenError(f"{secret} could be read")


def _needed(order: dict[str, Any]) -> None:
    for path in order["plan"]["readable"]:
        read = os.listdir if os.path.isdir(path) else _open
        works(f"user {os.getuid()} cannot read {path}", partial(read, path))
    works("the library cannot be read", lambda: Path(os.__file__).read_bytes())
    path = Path(order["private"], "own")
    works("the private directory cannot be written", lambda: path.write_text("x"))
    works("the private directory cannot be emptied", path.unlink)


def _open(path: str) -> None:
    os.close(os.open(path, os.O_RDONLY))


def _start_a_thread() -> None:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


def _call(name: str, *arguments: int) -> int:
    groups = (syscalls._OTHER_PROCESSES, syscalls._PROCESSES, syscalls._SHARED)
    pair = next(group[name] for group in groups if name in group)
    return kernel.syscall(syscalls.number(pair), *arguments)


_TRIALS: dict[int, Callable[[dict[str, Any]], None]] = {
    1: limits_hold,
    2: filter_holds,
    3: landlock_holds,
    4: identity_holds,
    5: view_holds,
}


def probe(order: dict[str, Any]) -> dict[str, Any]:
    """Tries every barrier by itself, and then all together on the secrets."""
    plan = Plan.from_json(order["plan"])
    broken = {}
    for level in (*plan.levels, 5) if order["view"] else plan.levels:
        # Where the user may search freely, only Landlock says what it reads.
        levels = (3, 4) if level == 4 and plan.search else (level,)
        problem = _in_child(replace(plan, levels=levels), _TRIALS[level], order)
        if problem:
            broken[level] = problem
    covered = not order["view"] and _covers(order["secrets"], order["private"])
    exposed = [
        secret
        for secret in order["secrets"]
        if _in_child(plan, lambda order, secret=secret: _hidden(secret), order)
    ]
    return {"broken": broken, "covered": covered, "exposed": exposed}


def _covers(secrets: list[str], private: str) -> bool:
    """Covers the secrets, where a child process found that it can be done."""
    trial = {"secrets": secrets, "private": private, "own": private}
    if _in_child(Plan(()), _cover_holds, trial):
        return False
    cover.enter(secrets, private)
    return True


def _cover_holds(order: dict[str, Any]) -> None:
    cover.enter(order["secrets"], order["private"])
    for place in (order["private"] + "/..", "/tmp", "/"):
        path = Path(place, "grader-outside")
        refused("a file could be written elsewhere", lambda path=path: path.touch(), *_READ_ONLY)
    path = Path(order["private"], "own")
    works("the private directory cannot be written", lambda: path.write_text("x"))
    works("the private directory cannot be emptied", path.unlink)


def _in_child(plan: Plan, trial: Callable[[dict[str, Any]], None], order: dict[str, Any]) -> str:
    """Why the trial failed behind the plan's barriers, or an empty text."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        if 4 in plan.levels:
            order["private"] = order["own"]
        try:
            enter(plan, _LIMITS, order["private"])
            trial(order)
            answer = "held"
        except BaseException as error:
            answer = str(error) or type(error).__name__
        os.write(write, answer.encode(errors="replace")[:2000])
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        answer = stream.read().decode(errors="replace")
    os.waitpid(pid, 0)
    return "" if answer == "held" else answer or "the trial was cut off"


if __name__ == "__main__":
    print(json.dumps(probe(json.load(sys.stdin))))
