"""Intake: from what a student hands in to the files that are graded, whatever it is.

A submission may be a directory, a git checkout, a zip or a tar archive; its package may lie a few
levels down. Only the files named in the syllabus are ever read, each up to a bound, and they are
written into a fresh directory. So nothing is unpacked that could harm: a link, a device or a bomb
is at most a name in a list.
"""

import hashlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder import scratch, syllabus
from autograder.intake import archives, directories, places
from autograder.intake.source import Source, Unreadable
from autograder.intake.text import problem
from autograder.submission import SubmissionError


@dataclass(frozen=True)
class Intake:
    """What was taken of a submission.

    Args:
        directory: holds `assignment/`, with the syllabus's files alone.
        notes: what is to be said about files, by file below `assignment/`.
        digest: of the names and contents of the files taken.
    """

    directory: Path
    notes: dict[str, str]
    digest: str


@contextmanager
def opened(path: Path) -> Iterator[Intake]:
    """Takes the files of a submission; they are gone after the `with` block.

    Args:
        path: a directory or an archive.

    Raises:
        SubmissionError: nothing there can be graded; the message says what was found, and what to
            hand in.
    """
    target = scratch.Scratch("intake")
    try:
        with _source(path) as source:
            intake = _take(source, target.path)
        yield intake
    finally:
        target.remove()


@contextmanager
def _source(path: Path) -> Iterator[Source]:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise SubmissionError(
            f"{path} cannot be found, so it holds no assignment/ directory"
        ) from error
    if stat.S_ISDIR(mode):
        source = directories.DirectorySource(path)
        inner = None if source.counts() else directories.only_archive(path)
        if inner is None:
            yield source
            return
        path = inner
    elif not stat.S_ISREG(mode):
        raise SubmissionError(f"{path} is neither a directory nor an archive")
    with archives.opened(path) as source:
        yield source


def _take(source: Source, target: Path) -> Intake:
    package = places.package(source)
    notes: dict[str, str] = {}
    digest = hashlib.sha256()
    for name in syllabus.submitted_files():
        try:
            content = source.read(package / name)
        except Unreadable as found:
            notes[name] = f"assignment/{name} {found}; the starter's file was used"
            continue
        if words := problem(content) or source.remark(package / name):
            notes[name] = f"assignment/{name} {words}"
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
        file = target / "assignment" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    if len(notes) == len(syllabus.submitted_files()) and not (target / "assignment").exists():
        told = [note.split(";")[0] for note in notes.values()]
        first = next((note for note in told if not note.endswith("is missing")), told[0])
        raise SubmissionError(f"{source.label}: none of the course's files can be taken: {first}")
    return Intake(target, notes, digest.hexdigest())
