"""L0: the grader's own files, covered for an interpreter and everything that it starts.

An interpreter that enters sees an empty directory, or an empty file, where each of them stands, and
a machine whose files cannot be changed, but in one directory. Workers have no capability (from L1
on), so none can lift a cover or look past it. It takes root, or a kernel that lets users have name
spaces of their own; Landlock (L3) needs neither.
"""

import errno
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.sandbox import IsolationError, kernel

_NEW_MOUNTS, _NEW_USERS = 0x00020000, 0x10000000
_READ_ONLY, _NO_SETUID, _NO_DEVICES, _NO_PROGRAMS = 1, 2, 4, 8
_REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1 << 5, 1 << 12, 1 << 14, 1 << 18
# A mount may only be changed with the restrictions that it has.
_KEPT = {"nosuid": _NO_SETUID, "nodev": _NO_DEVICES, "noexec": _NO_PROGRAMS}
# Under another mount, or in a place that this user cannot reach: then its workers cannot either.
_OUT_OF_REACH = (errno.ENOENT, errno.EACCES, errno.EINVAL)


def covering(
    covered: Iterable[str], hidden: Iterable[Path], needed: Iterable[str]
) -> tuple[str, ...]:
    """What to cover: the grader's own files, and more; of two in each other only the outer one.

    Args:
        covered: the grader's own; without any, nothing can be covered here.
        hidden: more that shall not be seen, if it is there.
        needed: what workers must see.

    Raises:
        IsolationError: something needed lies in what shall not be seen.
    """
    own = [Path(path) for path in covered]
    more = [path.resolve() for path in hidden if path.exists()] if own else []
    for seen in map(Path, needed):
        for path in more:
            if any(place.is_relative_to(path) for place in (seen, seen.resolve())):
                raise IsolationError(
                    f"{path} cannot be kept from submissions, because {seen}, which they need, "
                    "lies in it; move one of them"
                )
    everything = dict.fromkeys([*own, *more])
    return tuple(str(path) for path in everything if everything.keys().isdisjoint(path.parents))


def enter(paths: Iterable[str], writable: str) -> None:
    """Covers files and directories for the calling process, which has a single thread.

    Args:
        writable: the directory in which files can still be made and changed.

    Raises:
        OSError: this process may have no mounts of its own.
    """
    user, group = os.getuid(), os.getgid()
    kernel.unshare(_NEW_MOUNTS if user == 0 else _NEW_MOUNTS | _NEW_USERS)
    if user != 0:  # in its own name space it stays who it was
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    kernel.mount(None, "/", None, _RECURSIVE | _PRIVATE)
    for path in paths:
        if os.path.isdir(path):
            flags = _READ_ONLY | _NO_SETUID | _NO_DEVICES | _NO_PROGRAMS
            kernel.mount("tmpfs", path, "tmpfs", flags, "size=4k,mode=0")
        else:
            kernel.mount(os.devnull, path, None, _BIND)
    kernel.mount(writable, writable, None, _BIND)
    for target, flags in list(_mounts()):
        if target != writable:
            _make_read_only(target, flags)


def _make_read_only(target: str, flags: int) -> None:
    try:
        kernel.mount(None, target, None, _REMOUNT | _BIND | _READ_ONLY | flags)
    except OSError as error:
        if error.errno not in _OUT_OF_REACH:
            raise


def _mounts() -> Iterator[tuple[str, int]]:
    """Where something is mounted, with the restrictions to keep."""
    for line in Path("/proc/self/mountinfo").read_bytes().splitlines():
        fields = line.split()
        target = re.sub(rb"\\([0-7]{3})", lambda octal: bytes([int(octal[1], 8)]), fields[4])
        options = fields[5].decode().split(",")
        yield os.fsdecode(target), sum(_KEPT.get(option, 0) for option in options)
