"""What every kind of submission offers: which files it holds, and their bytes."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Protocol

from autograder import syllabus

MAX_DEPTH = 4  # levels above the package
MAX_ENTRIES = 20_000


class Unreadable(Exception):
    """A wanted file that cannot be taken; the message completes "<file> …"."""


class Source(Protocol):
    """A submission, opened for reading."""

    label: str

    def counts(self) -> Mapping[PurePosixPath, int]:
        """How many of the syllabus's files each directory holds at their places."""

    def read(self, name: PurePosixPath) -> bytes:
        """The bytes of a regular file; raises Unreadable."""

    def remark(self, name: PurePosixPath) -> str:
        """What is strange about a file that was read, or an empty text."""

    def others(self) -> list[str]:
        """Some of the names that it holds, to show when no package is found."""


def count_packages(names: Iterable[PurePosixPath]) -> Counter[PurePosixPath]:
    """How many of the syllabus's files stand below each directory, from a list of file names."""
    wanted = {PurePosixPath(name).parts for name in syllabus.submitted_files()}
    lengths = {len(parts) for parts in wanted}
    counts: Counter[PurePosixPath] = Counter()
    for name in set(names):
        for length in lengths:
            above = name.parts[:-length]
            if name.parts[-length:] in wanted and len(above) <= MAX_DEPTH + 1:
                counts[PurePosixPath(*above)] += 1
    return counts
