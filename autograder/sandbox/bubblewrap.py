"""L5: bubblewrap, where it is installed and allowed: a machine in which nothing else exists.

No other process, no network, no file but those that are named; the grader's own files are not
refused to a worker, they are not there.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

NAME = "bubblewrap"

# What the warm interpreter needs as root: to give each worker its user, and to clean up after it.
_KEPT = (
    *("CAP_SETUID", "CAP_SETGID", "CAP_KILL"),
    *("CAP_FOWNER", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH"),
)


def find() -> str:
    """The program, or an empty text."""
    return shutil.which("bwrap") or ""


def command(readable: Iterable[str], root: Path) -> list[str]:
    """The words to put before a command so that it runs inside.

    Args:
        readable: what exists there, read-only.
        root: the grader's temporary directory, the only one that can be written.
    """
    words = [find(), "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    if os.geteuid() == 0:
        words += ["--cap-drop", "ALL"]
        for capability in _KEPT:
            words += ["--cap-add", capability]
    else:
        words += ["--unshare-user"]
    words += ["--proc", "/proc", "--dev", "/dev"]
    shown = [path for path in readable if not path.startswith(("/proc/", "/dev/"))]
    # Bubblewrap would make these itself, and close them to every other user.
    parents = {str(parent) for path in [*shown, str(root)] for parent in Path(path).parents}
    for parent in sorted(parents - {"/"}):
        words += ["--perms", "0755", "--dir", parent]
    for path in shown:
        if os.path.islink(path):
            words += ["--symlink", os.readlink(path), path]
        else:
            words += ["--ro-bind", path, path]
    return [*words, "--bind", str(root), str(root), "--remount-ro", "/", "--"]
