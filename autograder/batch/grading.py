"""The run over a class: what is graded already stays, the rest is graded one after the other.

The checks of one submission run several at once, and only its own: what is expected is compared
when all of its workers are dead, and before the next submission begins.
"""

import shutil
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from autograder import intake, isolation
from autograder.batch import records
from autograder.batch.digests import Kit
from autograder.batch.journal import Journal, Record
from autograder.batch.roster import Entry
from autograder.checks import Check
from autograder.official import grade_officially
from autograder.processes import Runner
from autograder.submission import SubmissionError


@dataclass(frozen=True)
class Work:
    """A submission to grade, on the checks of the exercises that no record answers for."""

    entry: Entry
    checks: list[Check]


def plan(
    entries: Sequence[Entry],
    journal: Journal,
    checks: Sequence[Check],
    kit: Kit,
    regrade: Collection[str],
) -> list[Work]:
    """What is left to do.

    Args:
        regrade: students whose records do not count.
    """
    known = journal.latest()
    work = []
    for entry in entries:
        record = None if entry.student in regrade else known.get(entry.student)
        exercises = set(records.stale(record, _digest(entry), kit))
        own = [check for check in checks if check.exercise in exercises]
        if own:
            work.append(Work(entry, own))
    return work


class Grader:
    """Grades submissions with one set of warm workers; a context manager.

    Args:
        out: where a copy of each submission's files is kept.
        hidden_inputs: a directory of hidden recordings, if there is one.
        submissions: the directory of all submissions. Where files are covered, no worker sees any
            of these three.
    """

    def __init__(
        self,
        out: Path,
        kit: Kit,
        workers: int,
        hidden_inputs: Path | None,
        submissions: Path,
    ):
        self._out, self._kit, self._workers, self._hidden = out, kit, workers, hidden_inputs
        self._covered = [out, submissions, *([hidden_inputs] if hidden_inputs else [])]
        self._stack = ExitStack()
        self._runner: Runner | None = None

    def __enter__(self) -> "Grader":
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def grade(self, work: Work, old: Record | None, progress: Callable[[int, int], None]) -> Record:
        """The record of a submission; what an older one says of other exercises is kept."""
        entry = work.entry
        try:
            with intake.opened(entry.path) as taken:
                copy = self._copy(entry, taken.directory)
                report = grade_officially(
                    copy,
                    entry.student,
                    work.checks,
                    self._running(),
                    hidden_inputs=self._hidden,
                    progress=progress,
                )
                report = records.with_notes(report, taken.notes)
                old = records.usable(old, taken.digest, self._kit)
                record = records.graded(entry.student, taken.digest, self._kit, report, old)
        except SubmissionError as error:
            # Students read it too, and need not know where their submissions lie.
            reason = str(error).replace(str(entry.path), entry.path.name)
            return records.refused(entry.student, reason)
        if records.status(record, self._kit) != records.GRADED:
            self._stop()  # whatever is wrong with the workers, the next submission gets new ones
        return record

    def _copy(self, entry: Entry, taken: Path) -> Path:
        """Keeps what is graded, so that a grade can be made again when it is disputed."""
        copy = self._out / "students" / entry.folder / "submission"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(taken, copy)
        return copy

    def _running(self) -> Runner:
        if self._runner is None:
            isolated = isolation.require(isolation.OFFICIAL)
            runner = Runner(self._workers, hidden=self._covered, isolated=isolated)
            self._runner = self._stack.enter_context(runner)
        return self._runner

    def _stop(self) -> None:
        self._stack.close()
        self._runner = None


def _digest(entry: Entry) -> str:
    try:
        with intake.opened(entry.path) as taken:
            return taken.digest
    except SubmissionError:
        return ""
