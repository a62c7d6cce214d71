"""Gradescope's results.json: a test for each exercise, because its points are earned together."""

import json
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder import syllabus
from autograder.verdicts import INFRASTRUCTURE, PASSED, Report, Verdict, worth_showing


@dataclass(frozen=True)
class Entry:
    """A line of the leaderboard, of which the judge knows the value.

    Args:
        order: "asc" when small is good, "desc" when large is.
    """

    name: str
    value: float
    order: str


def results(
    report: Report | None,
    *,
    pending: Collection[str] = (),
    seconds: float = 0.0,
    messages: Sequence[str] = (),
    leaderboard: Sequence[Entry] = (),
) -> dict[str, Any]:
    """The content of results.json.

    Args:
        report: on what was graded; None when nothing was.
        pending: exercises whose turn is still to come.
        seconds: the time taken so far.
        messages: what is said on top.
        leaderboard: its entries.
    """
    tests = []
    verdicts = report.verdicts if report else ()
    for part in syllabus.PARTS:
        for number, exercise in enumerate(syllabus.exercises_of(part), start=1):
            own = tuple(v for v in verdicts if v.check.exercise == exercise.id)
            if own or exercise.id in pending:
                tests.append(_test(exercise, f"{part.number}.{number}", own))
    troubles = sum(verdict.status == INFRASTRUCTURE for verdict in verdicts)
    lines = list(messages)
    if pending:
        lines.append(f"{len(pending)} exercises were not graded when this was written.")
    if troubles:
        lines.append(
            f"The grader itself failed in {troubles} checks, so this is not a grade: ask your "
            "instructor to run it again."
        )
    if report:
        lines += [f"Note: {note}" for note in report.notes]
        passed = sum(verdict.status == PASSED for verdict in verdicts)
        lines.append(f"{passed} of {len(verdicts)} {report.kind} passed.")
        lines.append(f"Isolation: {report.isolation}")
    content = {
        "score": round(sum(test["score"] for test in tests), 6),
        "execution_time": round(seconds),
        "output": "\n".join(lines),
        "output_format": "text",
        "test_output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {"infrastructure": troubles, "pending": sorted(pending)},
    }
    if leaderboard:  # the key alone sets up a ranking that everybody sees
        content["leaderboard"] = [
            {"name": entry.name, "value": round(entry.value, 6), "order": entry.order}
            for entry in leaderboard
        ]
    return content


def write(path: Path, content: dict[str, Any]) -> None:
    """Replaces the file at once: whenever the container is stopped, a whole one stands there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    os.replace(new, path)


def _test(
    exercise: syllabus.Exercise, number: str, verdicts: tuple[Verdict, ...]
) -> dict[str, Any]:
    passed = bool(verdicts) and all(verdict.status == PASSED for verdict in verdicts)
    return {
        "name": f"{exercise.id}: {exercise.title}",
        "number": number,
        "score": round(sum(verdict.points for verdict in verdicts), 6),
        "max_score": exercise.points,
        "status": "passed" if passed else "failed",
        "output": _output(exercise, verdicts),
        "output_format": "text",
        "tags": [f"part {exercise.part.number}"],
        "visibility": "visible",
    }


def _output(exercise: syllabus.Exercise, verdicts: tuple[Verdict, ...]) -> str:
    """The message first, then where to read on."""
    if not verdicts:
        return "not graded yet"
    lines = []
    for verdict in worth_showing(verdicts):
        if verdict.blank:
            lines.append(verdict.message)
            continue
        line = f"{verdict.status}: {verdict.check.title}"
        lines.append(f"{line}: {verdict.message}" if verdict.message else line)
        if verdict.hint:
            lines.append(f"  Hint: {verdict.hint}")
        if verdict.printed and verdict.status != PASSED:
            lines.append("  It printed:\n" + verdict.printed)
    return "\n".join([*lines, exercise.page])
