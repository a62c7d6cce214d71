"""The grader's temporary directories, which do not outlive it, however it ends.

A directory is locked for as long as the process that made it lives; the kernel frees the lock. So a
grader that starts can tell what a killed one has left behind, and removes it.
"""

import contextlib
import fcntl
import os
import tempfile
import time
from pathlib import Path

from autograder.sandbox import cleaning

_PREFIX = "autograder-"
_MIN_AGE = 600.0  # seconds; a directory is there for a moment before it is locked


class Scratch:
    """A new temporary directory, `path`.

    Args:
        purpose: a word of its name.
    """

    def __init__(self, purpose: str):
        self.path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{purpose}-")).resolve()
        self._lock = _locked(self.path)

    def remove(self) -> None:
        cleaning.remove(self.path)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def sweep() -> None:
    """Removes what graders of this user left that are certainly gone; other files stay."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            status = path.lstat()
            if status.st_uid != os.geteuid() or time.time() - status.st_mtime < _MIN_AGE:
                continue
            lock = _locked(path)
            if lock is not None:
                cleaning.remove(path)
                os.close(lock)


def _locked(directory: Path) -> int | None:
    """A descriptor that holds the directory's lock; None when another process holds it."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
