"""Removal of a directory that a submission has filled: any depth, any mode, no link followed."""

import contextlib
import os
import secrets
import stat
from pathlib import Path


def remove(directory: Path) -> None:
    """Removes a directory with all that is in it, or a file; what cannot be removed is left.

    `shutil.rmtree` recurses, and gives up at a directory that its owner may not enter.
    """
    top = str(directory)
    if directory.is_symlink() or not directory.is_dir():
        with contextlib.suppress(OSError):
            directory.unlink()
        return
    with contextlib.suppress(OSError):
        while names := _names(top):
            for name in names:
                # A directory's own directories are moved up first, so that no path gets long.
                for below in _names(os.path.join(top, name)):
                    path = os.path.join(top, name, below)
                    if _is_directory(path):
                        os.chmod(path, 0o700)  # moving it changes its own ".."
                        os.rename(path, os.path.join(top, secrets.token_hex(16)))
                    else:
                        os.unlink(path)
                _remove_empty(os.path.join(top, name))
        os.rmdir(top)


def _names(path: str) -> list[str]:
    if not _is_directory(path):
        return []
    os.chmod(path, 0o700)
    return os.listdir(path)


def _is_directory(path: str) -> bool:
    return stat.S_ISDIR(os.lstat(path).st_mode)


def _remove_empty(path: str) -> None:
    if _is_directory(path):
        os.rmdir(path)
    else:
        os.unlink(path)
