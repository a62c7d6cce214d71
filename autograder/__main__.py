"""python -m autograder [SUBMISSION]: grades a directory that holds an `assignment/` package."""

import sys
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console
from tyro.conf import Positional, arg

from autograder import kit, syllabus
from autograder.checks import Check, load
from autograder.judge import grade
from autograder.recordings import Recording
from autograder.reports import console as console_report
from autograder.reports import results
from autograder.submission import SubmissionError
from autograder.verdicts import Report


def main(
    submission: Positional[Path] = kit.ROOT,
    k: Annotated[str, arg(aliases=["-k"])] = "",
    exercise: str = "",
    fail_fast: bool = False,
    status: bool = False,
    json: Path | None = None,
    explain: str = "",
    outputs: Path = kit.OUTPUTS,
    jobs: int | None = None,
    verbose: bool = False,
) -> None:
    """Grades a submission, and prints a table for each part.

    The exit code is 0 at full marks, 1 below them, and 2 when nothing could be graded.

    Args:
        submission: a directory that holds an `assignment/` package.
        k: run only checks whose exercise, name or title contains this text.
        exercise: run only the checks of this exercise, for example masking.causal.
        fail_fast: stop at the first check that does not pass.
        status: one line per exercise: blank, failing or done.
        json: also write the results to this file.
        explain: list the mistakes that this exercise's checks recognise, and grade nothing.
        outputs: the recorded outputs to compare with.
        jobs: how many checks run at once; as many as there are processors by default.
        verbose: show what the submission printed in checks that did not pass.
    """
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    try:
        if explain:
            _explain(explain, Recording(outputs), console)
            return
        report = _grade(submission, _select(k, exercise), outputs, jobs, fail_fast)
    except (SubmissionError, KeyError, FileNotFoundError) as error:
        print(error.args[0] if isinstance(error, KeyError) else error, file=sys.stderr)
        sys.exit(2)
    if json is not None:
        results.write(report, json)
    if status:
        console_report.show_status(report, console)
    else:
        console_report.show(report, console, verbose)
    sys.exit(0 if report.score == report.max_score else 1)


def _select(text: str, exercise: str) -> list[Check]:
    if exercise:
        syllabus.find(exercise)
    found = [
        check
        for check in load().values()
        if (not exercise or check.exercise == exercise)
        and text.lower() in f"{check.key} {check.title}".lower()
    ]
    if not found:
        raise KeyError(f"no check matches -k {text!r} --exercise {exercise!r}")
    return found


def _grade(
    submission: Path, checks: list[Check], outputs: Path, jobs: int | None, fail_fast: bool
) -> Report:
    shown = sys.stderr.isatty()

    def progress(done: int, total: int) -> None:
        if shown:
            end = "\r" if done < total else "\n"
            print(f"{done} of {total} checks", end=end, file=sys.stderr, flush=True)

    return grade(
        submission, checks, outputs=outputs, jobs=jobs, fail_fast=fail_fast, progress=progress
    )


def _explain(exercise_id: str, recording: Recording, console: Console) -> None:
    exercise = syllabus.find(exercise_id)
    console.print(f"{exercise.id}: {exercise.title} ({exercise.page})", markup=False)
    for mistake in recording.misconceptions(exercise_id):
        console.print(f"\n{mistake.id}: {mistake.hint}", markup=False)
        console.print(f"  caught by: {', '.join(mistake.caught_by)}", markup=False)


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
