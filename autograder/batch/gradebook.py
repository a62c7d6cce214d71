"""The gradebook of a class, and how each check fared."""

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.batch import files, records
from autograder.batch.digests import Kit
from autograder.batch.journal import Record
from autograder.batch.late import Lateness, Policy
from autograder.batch.roster import Entry
from autograder.verdicts import FAILED, PASSED, Report


@dataclass(frozen=True)
class Row:
    """One student.

    Args:
        points: by exercise; empty when nothing could be graded.
        raw: their sum; None, not zero, where there is no grade.
        lateness: None where there is no policy, or no time of submission.
        note: what an instructor should know.
    """

    student: str
    folder: str
    status: str
    points: dict[str, float]
    raw: float | None
    lateness: Lateness | None
    note: str
    submission: str

    @property
    def penalty(self) -> float | None:
        """The points taken off for lateness."""
        if self.raw is None:
            return None
        return round(self.raw * self.lateness.percent / 100, 6) if self.lateness else 0.0

    @property
    def final(self) -> float | None:
        return None if self.raw is None else round(self.raw - self.penalty, 6)


@dataclass(frozen=True)
class CheckRow:
    """How one check fared in the class: statuses counted, and the most frequent hint."""

    exercise: str
    name: str
    title: str
    counts: Mapping[str, int]
    hint: str
    hinted: int

    @property
    def rate(self) -> float:
        """The share of graded submissions that pass."""
        return self.counts[PASSED] / max(1, sum(self.counts.values()))


def row(entry: Entry, record: Record, kit: Kit, policy: Policy | None) -> Row:
    """A student's row; a submission without a grade has no points, rather than none."""
    lateness = policy.lateness(entry.student) if policy else None
    status = records.status(record, kit)
    if status == records.REFUSED:
        return Row(entry.student, entry.folder, status, {}, None, lateness, record["refused"], "")
    report = records.report(record, kit)
    points = {
        exercise: round(sum(verdict.points for verdict in report.of(exercise)), 6)
        for exercise in kit.exercises
    }
    notes = list(report.notes)
    if status != records.GRADED:
        failed = [verdict for verdict in report.verdicts if verdict.status == status]
        notes.insert(
            0,
            f"the grader failed in {len(failed)} checks, which run again at the next run: "
            f"{failed[0].message}",
        )
    if policy and lateness is None:
        notes.insert(0, "no time of submission is known")
    raw = report.score if status == records.GRADED else None
    return Row(
        entry.student, entry.folder, status, points, raw, lateness, "; ".join(notes),
        record["submission"],
    )  # fmt: skip


def write(path: Path, rows: Sequence[Row], kit: Kit) -> None:
    """Writes the gradebook as CSV."""
    columns = [
        "student", *kit.exercises, "raw", "days late", "late penalty", "final", "status",
        "note", "submission digest", "kit digest",
    ]  # fmt: skip
    files.write_table(
        path,
        columns,
        [
            [
                row.student,
                *(row.points.get(exercise, "") for exercise in kit.exercises),
                _or_blank(row.raw),
                row.lateness.days if row.lateness else "",
                _or_blank(row.penalty),
                _or_blank(row.final),
                row.status,
                row.note,
                row.submission,
                kit.whole,
            ]
            for row in rows
        ],
    )


def check_rows(reports: Sequence[Report]) -> list[CheckRow]:
    """How each check fared over all reports."""
    counts: dict[str, Counter[str]] = {}
    hints: dict[str, Counter[str]] = {}
    checks = {}
    for report in reports:
        for verdict in report.verdicts:
            key = verdict.check.key
            checks[key] = verdict.check
            status = "blank" if verdict.blank else verdict.status
            counts.setdefault(key, Counter())[status] += 1
            if verdict.status == FAILED and verdict.hint:
                hints.setdefault(key, Counter())[verdict.hint] += 1
    rows = []
    for key, check in checks.items():
        # Of equally frequent ones the first in order, whoever was graded first.
        most = sorted(hints.get(key, Counter()).items(), key=lambda item: (-item[1], item[0]))
        hint, hinted = most[0] if most else ("", 0)
        rows.append(CheckRow(check.exercise, check.name, check.title, counts[key], hint, hinted))
    return rows


def write_checks(path: Path, rows: Sequence[CheckRow]) -> None:
    """Writes the pass rates as CSV."""
    statuses = ("passed", "failed", "blank", "blocked", "limit", "infrastructure")
    files.write_table(
        path,
        ["exercise", "check", "title", *statuses, "pass rate", "most frequent hint", "times"],
        [
            [
                row.exercise,
                row.name,
                row.title,
                *(row.counts[status] for status in statuses),
                row.rate,
                row.hint,
                row.hinted,
            ]
            for row in rows
        ],
    )


def median(rows: Sequence[Row]) -> float | None:
    """The median of the final scores that there are."""
    finals = [row.final for row in rows if row.final is not None]
    return statistics.median(finals) if finals else None


def _or_blank(value: float | None) -> float | str:
    return "" if value is None else value
