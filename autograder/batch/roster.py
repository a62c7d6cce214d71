"""Who handed in what: every directory and archive in a directory is one student's submission."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from autograder.intake.directories import ARCHIVES

_MADE = re.compile(r"-[0-9a-f]{8}\Z")  # a name that could be made from another one
_SAFE = re.compile(r"[^A-Za-z0-9@+=_.-]+")


@dataclass(frozen=True)
class Entry:
    """A student's submission; the student is called as the directory or archive is."""

    student: str
    path: Path

    @property
    def folder(self) -> str:
        """A name for the student's directory of results, whatever the student is called."""
        return folder(self.student)


def find(directory: Path) -> list[Entry]:
    """The submissions in a directory, by student.

    Raises:
        ValueError: there are none, or two of one student.
    """
    if not directory.is_dir():
        raise ValueError(f"{directory} is no directory of submissions")
    if (directory / "assignment").is_dir():
        raise ValueError(
            f"{directory} is one submission; give the directory that holds those of the class"
        )
    entries: dict[str, Entry] = {}
    for path in sorted(directory.iterdir()):
        student = _student(path)
        if student is None:
            continue
        if student in entries:
            other = entries[student].path.name
            raise ValueError(
                f"{student} has two submissions in {directory}: {other} and {path.name}; keep one"
            )
        entries[student] = Entry(student, path)
    if not entries:
        raise ValueError(
            f"{directory} holds no submissions: each student's is a directory or an archive in it"
        )
    return [entries[student] for student in sorted(entries)]


def overlooked(directory: Path) -> list[str]:
    """What lies beside the submissions and is none, but for what a system leaves there."""
    paths = [path for path in directory.iterdir() if not _is_left_by_a_system(path.name)]
    return sorted(path.name for path in paths if _student(path) is None)


def folder(student: str) -> str:
    """A name that is safe for a directory, and different for different students."""
    safe = _SAFE.sub("_", student).strip(".")[:80]
    if safe == student and not _MADE.search(student):
        return safe
    return f"{safe}-{hashlib.sha256(student.encode(errors='replace')).hexdigest()[:8]}"


def _is_left_by_a_system(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _student(path: Path) -> str | None:
    name = path.name
    if _is_left_by_a_system(name):
        return None
    if path.is_dir() and not path.is_symlink():
        return name
    for ending in sorted(ARCHIVES, key=len, reverse=True):
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return None
