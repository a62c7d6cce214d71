"""Assembles what is graded: a fresh starter package with the syllabus's files of a submission.

Nothing else of a submission is taken, so its `numpy.py`, `conftest.py` or changed harness files
have no effect. Files are copied, never imported or parsed here.
"""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from autograder import kit, syllabus

MAX_FILE_BYTES = 512 * 1024
_BLANK = re.compile(r"raise NotImplementedError\(\s*\"([a-z_]+\.[a-z0-9_]+): ")


class SubmissionError(ValueError):
    """A directory that is no submission; the message says what was looked for."""


def assemble(
    source: Path,
    target: Path,
    replaced: Mapping[str, str] | None = None,
    base: Path | None = None,
) -> dict[str, str]:
    """Builds `target/assignment` from the starter and the submission's files.

    Args:
        source: a directory that holds an `assignment/` package.
        target: a directory to create.
        replaced: contents to use instead of the submission's, by file below `assignment/`.
        base: holds the package that the files are laid onto; the starter by default.

    Returns:
        Notes on files that were not taken, by file below `assignment/`.

    Raises:
        SubmissionError: there is no `assignment/` below `source`.
    """
    package = source / "assignment"
    if not package.is_dir():
        raise SubmissionError(f"{source} holds no assignment/ directory, so it is no submission")
    shutil.copytree(
        (base or kit.starter()) / "assignment",
        target / "assignment",
        ignore=shutil.ignore_patterns("__pycache__", "runs"),
    )
    notes = {}
    for name in syllabus.submitted_files():
        if problem := _problem(package, name):
            notes[name] = problem
        else:
            shutil.copyfile(package / name, target / "assignment" / name)
    for name, text in (replaced or {}).items():
        (target / "assignment" / name).write_text(text, encoding="utf-8")
    return notes


def blank_exercises(directory: Path) -> set[str]:
    """The exercises whose stencil sentence still stands in an assembled submission's files."""
    found: set[str] = set()
    for name in syllabus.submitted_files():
        path = directory / "assignment" / name
        if path.is_file():
            found |= set(_BLANK.findall(path.read_text(encoding="utf-8", errors="replace")))
    return found & set(syllabus.EXERCISES)


def _problem(package: Path, name: str) -> str:
    """Why a file cannot be taken, or an empty text."""
    path = package / name
    if path.resolve() != package.parent.resolve() / "assignment" / name:
        return f"assignment/{name} is a link, and links are not followed"
    if not path.is_file():
        return f"assignment/{name} is missing; the starter's file was used"
    if path.stat().st_size > MAX_FILE_BYTES:
        return f"assignment/{name} is larger than {MAX_FILE_BYTES // 1024} KiB"
    return ""
