"""Between reports and the journal: what is kept of a graded submission, and how it is shown again.

A record holds all that the student's page shows, so that pages and gradebook can always be made
from the journal alone, however often the run was interrupted.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from autograder import points
from autograder.batch.digests import Kit
from autograder.batch.journal import Record
from autograder.checks import Check, load
from autograder.isolation import Isolation
from autograder.reports.heatmaps import Drawing, Image, draw
from autograder.sandbox.plan import Plan
from autograder.verdicts import INFRASTRUCTURE, Report, Verdict

GRADED, REFUSED = "graded", "refused"


def graded(student: str, submission: str, kit: Kit, report: Report, old: Record | None) -> Record:
    """The record of a report, completed by what an older record holds of other exercises."""
    exercises = dict(old["exercises"]) if old else {}
    for exercise, digest in kit.exercises.items():
        if verdicts := report.of(exercise):
            exercises[exercise] = {"digest": digest, "checks": [_entry(v) for v in verdicts]}
    return {
        "student": student,
        "submission": submission,
        "environment": kit.environment,
        "isolation": report.isolation.as_json(),
        "kind": report.kind,
        "notes": list(report.notes),
        "exercises": exercises,
    }


def with_notes(report: Report, notes: Mapping[str, str]) -> Report:
    """The report with the notes on the submission as it was handed in, in place of its own."""
    return replace(report, notes=tuple(notes.values()))


def refused(student: str, reason: str) -> Record:
    """The record of a submission that cannot be graded at all."""
    return {"student": student, "refused": reason}


def stale(record: Record | None, submission: str, kit: Kit) -> list[str]:
    """The exercises that a record does not answer for, in the syllabus's order."""
    if record is None or "refused" in record:
        return list(kit.exercises)
    if record["submission"] != submission or record["environment"] != kit.environment:
        return list(kit.exercises)
    return [
        exercise
        for exercise, digest in kit.exercises.items()
        if exercise not in record["exercises"]
        or record["exercises"][exercise]["digest"] != digest
        or any(e["status"] == INFRASTRUCTURE for e in record["exercises"][exercise]["checks"])
    ]


def usable(record: Record | None, submission: str, kit: Kit) -> Record | None:
    """A record whose exercises may be kept beside new ones."""
    if record is None or "refused" in record:
        return None
    same = record["submission"] == submission and record["environment"] == kit.environment
    return record if same else None


def status(record: Record, kit: Kit) -> str:
    """ "graded", "refused", or "infrastructure" when the grader failed in some check."""
    if "refused" in record:
        return REFUSED
    statuses = {v.status for v in report(record, kit).verdicts}
    return INFRASTRUCTURE if INFRASTRUCTURE in statuses else GRADED


def report(record: Record, kit: Kit) -> Report:
    """The report that a record was made of, for the exercises of this run."""
    checks = load()
    verdicts = [
        _verdict(checks[f"{exercise}/{entry['name']}"], entry)
        for exercise in kit.exercises
        for entry in record["exercises"].get(exercise, {"checks": []})["checks"]
        if f"{exercise}/{entry['name']}" in checks
    ]
    distributed = points.distribute(verdicts, checks)
    isolation = _isolation(record["isolation"])
    return Report(tuple(distributed), isolation, tuple(record["notes"]), kind=record["kind"])


def drawings(record: Record) -> dict[str, Drawing]:
    """What was drawn of the arrays that differ, by the check's key."""
    found = {}
    for exercise, entries in record["exercises"].items():
        for entry in entries["checks"]:
            if drawing := entry.get("drawing"):
                found[f"{exercise}/{entry['name']}"] = _drawing(drawing)
    return found


def _entry(verdict: Verdict) -> dict[str, Any]:
    entry = {
        "name": verdict.check.name,
        "status": verdict.status,
        "message": verdict.message,
        "hint": verdict.hint,
        "blank": verdict.blank,
        "blocked_by": verdict.blocked_by,
        "printed": verdict.printed,
    }
    drawing = draw(verdict.comparison) if verdict.comparison else None
    if drawing is not None:
        entry["drawing"] = asdict(drawing)
    return {key: value for key, value in entry.items() if value}


def _verdict(check: Check, entry: Mapping[str, Any]) -> Verdict:
    fields = {key: value for key, value in entry.items() if key not in ("name", "drawing")}
    return Verdict(check, **fields)


def _isolation(fields: Mapping[str, Any]) -> Isolation:
    active, lacking = (
        {int(level.removeprefix("L")): text for level, text in fields[name].items()}
        for name in ("active", "lacking")
    )
    return Isolation(active, lacking, tuple(fields["exposed"]), Plan())


def _drawing(entry: Mapping[str, Any]) -> Drawing:
    return Drawing(
        entry["place"],
        tuple(Image(**image) for image in entry["images"]),
        tuple(tuple(row) for row in entry["largest"]),
    )
