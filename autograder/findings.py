"""The finding on one check: what its worker's outcome, held against the recording, means."""

import re
from dataclasses import replace

from autograder import compare, diagnose, syllabus, wire
from autograder.checks import Check
from autograder.exception_hints import hint_for_exception
from autograder.following import Outcome
from autograder.recordings import Recording
from autograder.verdicts import (
    BLOCKED,
    FAILED,
    INFRASTRUCTURE,
    LIMIT,
    PASSED,
    Comparison,
    Verdict,
    printable,
)

_BLANK = re.compile(r"(?:^|NotImplementedError: )([a-z_]+\.[a-z0-9_]+): ", re.MULTILINE)
_WHERE_IT_RAN = re.compile(r"\{\{function_node .*?\}\}\s*")  # TensorFlow's own name of an operation
_MAX_DRAWN = 65_536  # entries of an array that is kept for a report


def finding(
    check: Check,
    outcome: Outcome,
    recording: Recording,
    blanks: set[str],
    tolerance: compare.Tolerance,
) -> Verdict:
    """The verdict on one check by itself, with a general hint and without points.

    Args:
        blanks: the exercises that the submission has not written.
    """
    base = Verdict(check, FAILED, printed=printable(outcome.printed), seconds=outcome.seconds)
    if outcome.infrastructure:
        return replace(base, status=INFRASTRUCTURE, message=outcome.infrastructure)
    if outcome.arrays is not None:
        verdict = _compared(base, outcome.arrays, recording, tolerance)
    elif outcome.limit:
        bound = f" of {check.limit:g} s" if outcome.limit == "time" else ""
        message = f"over the limit of {outcome.limit}{bound}"
        verdict = replace(base, status=LIMIT, message=message)
    elif outcome.error is not None:
        verdict = _raised(base, outcome.error)
    else:
        verdict = replace(base, message=f"the worker {outcome.death}")
    # A prerequisite may be blank without its sentence arriving: it was caught, or replaced.
    missing = [exercise for exercise in check.needs if exercise in blanks]
    if verdict.status in (FAILED, LIMIT) and not verdict.blank and missing:
        return _blocked(verdict, missing[0])
    return verdict


def _compared(
    base: Verdict, arrays: compare.Arrays, recording: Recording, tolerance: compare.Tolerance
) -> Verdict:
    expected = recording.expected(base.check)
    if expected is None:
        message = "no output of this check is recorded; run python -m autograder.record"
        return replace(base, status=INFRASTRUCTURE, message=message)
    mismatch = compare.first_mismatch(expected, arrays, tolerance)
    if mismatch is None:
        return replace(base, status=PASSED)
    return replace(
        base,
        message=mismatch.message,
        hint=diagnose.hint(mismatch, expected, arrays),
        comparison=_comparison(mismatch, expected, arrays),
    )


def _comparison(
    mismatch: compare.Mismatch, expected: compare.Arrays, got: compare.Arrays
) -> Comparison | None:
    name = mismatch.array
    if name not in expected or name not in got or got[name].size > _MAX_DRAWN:
        return None
    return Comparison(name, expected[name], got[name], mismatch.index)


def _raised(base: Verdict, error: wire.RemoteError) -> Verdict:
    message = _WHERE_IT_RAN.sub("", printable(error.message)).strip()
    place = f"{printable(error.file)}, line {printable(error.line)}" if error.file else ""
    blank = _BLANK.search(message) if error.type == "NotImplementedError" else None
    if blank and blank[1] in syllabus.EXERCISES:
        exercise = blank[1]
        if exercise != base.check.exercise:
            return _blocked(base, exercise)
        # An exercise may have several blanks. A line that only led to one is not shown.
        which = f" ({place})" if error.source.startswith("raise NotImplementedError") else ""
        task = syllabus.EXERCISES[exercise].task
        return replace(base, message=f"not written yet: {task}{which}", blank=True)
    if not place and error.check_source:
        place = f"raised in the check at: {printable(error.check_source, 200)}"
    elif error.source:
        place += f": {printable(error.source, 200)}"
    details = ", ".join(part for part in (printable(error.type, 100), place) if part)
    return replace(
        base,
        message=f"{message or 'an exception without a message'} ({details})",
        hint=hint_for_exception(error.type, message),
    )


def _blocked(verdict: Verdict, exercise: str) -> Verdict:
    check = verdict.check
    if exercise in syllabus.all_prerequisites(check.exercise, *check.needs):
        message = f"blocked by {exercise}: write that one first"
    else:
        message = (
            f"blocked by {exercise}: your code calls it while it is blank; "
            "this exercise does not need it"
        )
    return replace(
        verdict,
        status=BLOCKED,
        message=message,
        hint="",
        blocked_by=exercise,
    )
