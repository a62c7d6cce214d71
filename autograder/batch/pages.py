"""The pages of a class: one for each student, and an index."""

from collections.abc import Sequence
from pathlib import Path

from autograder.batch import files, gradebook, records
from autograder.batch.digests import Kit
from autograder.batch.gradebook import CheckRow, Row
from autograder.batch.journal import Record
from autograder.batch.similarity import Pair
from autograder.reports import html

_MOST_PAIRS = 30


def page_of(out: Path, folder: str) -> Path:
    """Where a student's page lies."""
    return out / "students" / folder / "report.html"


def write_student(out: Path, row: Row, record: Record, kit: Kit) -> None:
    """Writes a student's page; it shows nothing of anybody else."""
    path = page_of(out, row.folder)
    if row.status == records.REFUSED:
        page = html.template("refused.html").render(title=row.student, reason=row.note)
    else:
        page = html.page(
            records.report(record, kit), row.student, records.drawings(record), lead=_lead(row)
        )
    files.write(path, page)


def write_index(
    out: Path, rows: Sequence[Row], checks: Sequence[CheckRow], pairs: Sequence[Pair]
) -> None:
    """Writes the page of the whole class."""
    page = html.template("class.html").render(
        title="Class report",
        rows=rows,
        unusual=[row for row in rows if row.note],
        graded=[row for row in rows if row.final is not None],
        median=gradebook.median(rows),
        checks=sorted(checks, key=lambda row: row.rate),
        pairs=pairs[:_MOST_PAIRS],
    )
    files.write(out / "index.html", page)


def _lead(row: Row) -> str:
    if row.raw is None:
        return "The grader failed in some checks, so this is not a grade yet."
    if row.lateness is None or not row.lateness.days:
        return ""
    free = f", {row.lateness.free} of them free" if row.lateness.free else ""
    days = f"{row.lateness.days} day{'s' * (row.lateness.days > 1)} late{free}"
    return f"{days}: {row.penalty:g} points are taken off, which leaves {row.final:g}."
