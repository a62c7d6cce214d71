"""A submission that is a directory, or a git checkout."""

import os
import stat
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath

from autograder import syllabus
from autograder.intake import places
from autograder.intake.source import MAX_DEPTH, MAX_ENTRIES, Unreadable
from autograder.submission import MAX_FILE_BYTES

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")


class DirectorySource:
    """Reads a directory without following any link in it."""

    def __init__(self, root: Path):
        self.label = str(root)
        self._root = root

    def counts(self) -> dict[PurePosixPath, int]:
        return self._counts

    @cached_property
    def _counts(self) -> dict[PurePosixPath, int]:
        files = syllabus.submitted_files()
        found = {
            place: sum(os.path.lexists(self._root / place / name) for name in files)
            for place in _walk(self._root)
        }
        return {place: count for place, count in found.items() if count}

    def read(self, name: PurePosixPath) -> bytes:
        place = self._root
        for part in name.parts[:-1]:
            place = place / part
            if place.is_symlink():
                raise Unreadable("lies behind a link, and links are not followed")
        return _read(place / name.name)

    def remark(self, name: PurePosixPath) -> str:
        return ""

    def others(self) -> list[str]:
        try:
            with os.scandir(self._root) as entries:
                return sorted(
                    f"{entry.name} (a link)" if entry.is_symlink() else entry.name
                    for entry in entries
                )[:5]
        except OSError as error:
            return [f"({error.strerror})"]


def only_archive(directory: Path) -> Path | None:
    """The one archive in a directory, as learning platforms hand out submissions."""
    try:
        entries = [entry for entry in os.scandir(directory) if not entry.name.startswith(".")]
    except OSError:
        return None
    archives = [
        entry
        for entry in entries
        if entry.name.lower().endswith(ARCHIVES) and entry.is_file(follow_symlinks=False)
    ]
    return Path(archives[0].path) if len(archives) == 1 else None


def _walk(root: Path) -> Iterator[PurePosixPath]:
    """Directories by levels, down to a depth and a number of entries."""
    level, left = [PurePosixPath()], MAX_ENTRIES
    for _ in range(MAX_DEPTH + 2):
        yield from level
        level = [place / name for place in level for name in _directories(root / place)][:left]
        left -= len(level)


def _directories(place: Path) -> list[str]:
    try:
        with os.scandir(place) as entries:
            return sorted(
                entry.name
                for entry in entries
                if places.is_own(entry.name) and entry.is_dir(follow_symlinks=False)
            )
    except OSError:
        return []


def _read(path: Path) -> bytes:
    """A regular file's bytes; a fifo or device is not opened, nor waited for."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            raise Unreadable("is a link, and links are not followed")
        if not stat.S_ISREG(mode):
            raise Unreadable("is not a regular file")
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise Unreadable(_missing(path)) from None
    except OSError as error:
        raise Unreadable(f"cannot be read ({error.strerror})") from None
    if len(content) > MAX_FILE_BYTES:
        raise Unreadable(f"is larger than {MAX_FILE_BYTES // 1024} KiB")
    return content


def _missing(path: Path) -> str:
    try:
        names = os.listdir(path.parent)
    except OSError:
        return "is missing"
    for name in names:
        if name.lower() == path.name.lower():
            return f"is missing (there is a {name!r}: capitals matter)"
    return "is missing"
