"""L0: the grader's own files, covered for an interpreter and everything that it starts.

An interpreter that enters sees an empty directory, or an empty file, where each of them stands.
Workers have no capability (from L1 on), so none can lift a cover or look past it. It takes root, or
a kernel that lets users have name spaces of their own; Landlock (L3) needs neither.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from autograder.sandbox import kernel

_NEW_MOUNTS, _NEW_USERS = 0x00020000, 0x10000000
_READ_ONLY, _NO_SETUID, _NO_DEVICES, _NO_PROGRAMS = 1, 2, 4, 8
_BIND, _RECURSIVE, _PRIVATE = 1 << 12, 1 << 14, 1 << 18


def enter(paths: Iterable[str]) -> None:
    """Covers files and directories for the calling process, which has a single thread.

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
