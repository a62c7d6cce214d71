"""The points of an exercise, and which exercise to look at first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from autograder import syllabus
from autograder.checks import Check
from autograder.verdicts import FAILED, LIMIT, PASSED, Verdict


def with_causes(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Sends the student from a check that fails to a failing exercise whose code it runs."""
    failing = {v.check.exercise for v in verdicts if v.status in (FAILED, LIMIT)}
    return [_with_cause(verdict, failing) for verdict in verdicts]


def distribute(verdicts: Sequence[Verdict], checks: Mapping[str, Check]) -> list[Verdict]:
    """Shares an exercise's points among its checks; they are earned together or not at all.

    Args:
        checks: every check of the course, whether it ran or not, by key.
    """
    counts: dict[str, int] = defaultdict(int)
    for check in checks.values():
        counts[check.exercise] += 1
    earned = {v.check.exercise for v in verdicts} - {
        v.check.exercise for v in verdicts if v.status != PASSED
    }
    result = []
    for verdict in verdicts:
        exercise = syllabus.EXERCISES[verdict.check.exercise]
        share = exercise.points / counts[exercise.id]
        points = share if exercise.id in earned else 0.0
        result.append(replace(verdict, points=points, max_points=share))
    return result


def _names_file(message: str, exercise: str) -> bool:
    return Path(syllabus.EXERCISES[exercise].file).name in message


def _with_cause(verdict: Verdict, failing: set[str]) -> Verdict:
    causes = [exercise for exercise in verdict.check.needs if exercise in failing]
    if verdict.status != FAILED or verdict.blank or not causes:
        return verdict
    # First the one whose file the message names: a mistake that keeps it from being imported.
    causes.sort(key=lambda exercise: not _names_file(verdict.message, exercise))
    first = f"This check also runs {causes[0]}, which does not pass: look at that one first."
    return replace(verdict, hint=f"{first} {verdict.hint}".strip())
