"""Official grading: public inputs first, then, where they are passed, a student's hidden ones."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from autograder import hidden, kit, points
from autograder.checks import Check, load
from autograder.judge import TOTAL_SECONDS, grade
from autograder.processes import Runner
from autograder.verdicts import PASSED, Report


def grade_officially(
    path: Path,
    student: str,
    checks: Sequence[Check],
    runner: Runner,
    *,
    hidden_inputs: Path | None = None,
    total_seconds: float = TOTAL_SECONDS,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Grades a submission for marks.

    Hidden inputs are tried on the exercises that pass on the public ones. What is expected on
    hidden inputs is read when no worker of the submission is alive any more.

    Args:
        student: whose submission it is; chooses the variant of the hidden inputs.
        hidden_inputs: a directory of hidden recordings, if there is one.
        total_seconds: when it has passed, checks that have not begun are over the limit.

    Raises:
        SubmissionError: nothing there can be graded.
    """
    deadline = time.monotonic() + total_seconds
    report = grade(path, checks, runner=runner, total_seconds=total_seconds, progress=progress)
    if hidden_inputs is None:
        return report
    failing = {v.check.exercise for v in report.verdicts if v.status != PASSED}
    again = [check for check in checks if check.exercise not in failing]
    outcomes = {}
    if again:
        second = grade(
            path,
            again,
            outputs=hidden.variant_of(student, hidden_inputs),
            runner=runner,
            total_seconds=max(1.0, deadline - time.monotonic()),
            progress=progress,
        )
        outcomes = {verdict.check.key: verdict for verdict in second.verdicts}
    verdicts = [hidden.merged(v, outcomes.get(v.check.key)) for v in report.verdicts]
    return replace(
        report,
        verdicts=tuple(points.distribute(verdicts, load())),
        kind="checks, on public and hidden inputs,",
    )


def recordings(hidden_inputs: Path | None) -> list[Path]:
    """All recordings that grades may depend on."""
    return [kit.OUTPUTS, *(hidden.variants(hidden_inputs) if hidden_inputs else [])]
