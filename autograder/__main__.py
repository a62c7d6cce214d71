"""python -m autograder [SUBMISSION]: grades a directory or archive that holds `assignment/`."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console
from tyro.conf import Positional, UseAppendAction, arg

from autograder import isolation, kit, syllabus
from autograder.checks import Check
from autograder.judge import grade
from autograder.recordings import Recording
from autograder.reports import console as console_report
from autograder.reports import github as github_report
from autograder.reports import junit as junit_report
from autograder.reports import results
from autograder.selection import select
from autograder.verdicts import FAILED, Report


def main(
    submission: Positional[Path] = kit.ROOT,
    k: Annotated[str, arg(aliases=["-k"])] = "",
    exercise: UseAppendAction[tuple[str, ...]] = (),
    fail_fast: bool = False,
    status: bool = False,
    json: Path | None = None,
    html: Path | None = None,
    junit: Path | None = None,
    github: bool = False,
    explain: str = "",
    outputs: Path = kit.OUTPUTS,
    jobs: int | None = None,
    require_sandbox: str = "L0",
    verbose: bool = False,
) -> None:
    """Grades a submission, and prints a table for each part.

    The exit code is 0 at full marks, 1 below them, and 2 when nothing could be graded.

    Args:
        submission: a directory, a zip or a tar archive that holds an `assignment/` package.
        k: run only checks whose exercise, name or title contains this text.
        exercise: run only the checks of this exercise, for example masking.causal; may be given
            several times.
        fail_fast: stop at the first check that does not pass.
        status: one line per exercise: blank, failing or done.
        json: also write the results to this file.
        html: also write a page with the results, and heat maps of the arrays that differ.
        junit: also write the results as JUnit XML.
        github: in a step of a GitHub workflow: also write its summary, annotations, and the
            output `result` for GitHub Classroom's reporter.
        explain: for instructors: list the mistakes that this exercise's checks recognise, and
            grade nothing.
        outputs: the recorded outputs to compare with.
        jobs: how many checks run at once; as many as there are processors by default.
        require_sandbox: grade nothing where submissions are isolated less: L0 to L5, or official.
        verbose: show what the submission printed in checks that did not pass.
    """
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    try:
        if explain:
            if kit.is_handout():
                raise ValueError(
                    "--explain lists every known mistake of an exercise: it is for instructors"
                )
            _explain(explain, Recording(outputs), console)
            return
        if github:
            github_report.require_workflow()
        for flag, path in (("--json", json), ("--html", html), ("--junit", junit)):
            if path and (path.is_dir() or not path.parent.is_dir()):
                raise ValueError(f"{flag} {path}: that is a directory, or lies in none")
        isolation.require(require_sandbox)
        checks = select(k, exercise)
        report = _grade(submission, checks, outputs, jobs, fail_fast)
    except (KeyError, ValueError, FileNotFoundError) as error:
        print(error.args[0] if isinstance(error, KeyError) else error, file=sys.stderr)
        sys.exit(2)
    _write_files(report, json, html, junit)
    with github_report.commands_stopped() if github else nullcontext():
        if status:
            console_report.show_status(report, console)
        else:
            console_report.show(report, console, verbose)
        if submission.resolve() == kit.ROOT and not kit.is_handout():
            _explain_failing_solution(report, console)
    if github:
        github_report.publish(report)
    sys.exit(0 if report.score == report.max_score else 1)


def _write_files(report: Report, json: Path | None, html: Path | None, junit: Path | None) -> None:
    if json is not None:
        results.write(report, json)
    if junit is not None:
        junit_report.write(report, junit)
    if html is not None:
        from autograder.reports import html as html_report  # costs the import of matplotlib

        html_report.write(report, html, docs=_docs(html))


def _docs(page: Path) -> str:
    """How to get from a page in this repository to its root; nothing from elsewhere."""
    directory = page.resolve().parent
    if not directory.is_relative_to(kit.ROOT):
        return ""
    return "../" * len(directory.relative_to(kit.ROOT).parts) or "./"


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


def _explain_failing_solution(report: Report, console: Console) -> None:
    """In an instructor's checkout, whose own code it was: what else may be wrong."""
    failed = dict.fromkeys(v.check.exercise for v in report.verdicts if v.status == FAILED)
    if failed:
        console.print(
            "This was the solution itself. If a check was changed since it was recorded: "
            f"python -m autograder.record --exercises {' '.join(failed)}",
            markup=False,
            soft_wrap=True,
        )


def _explain(exercise_id: str, recording: Recording, console: Console) -> None:
    exercise = syllabus.find(exercise_id)
    console.print(f"{exercise.id}: {exercise.title} ({exercise.page})", markup=False)
    for mistake in recording.misconceptions(exercise_id):
        console.print(f"\n{mistake.id}: {mistake.hint}", markup=False)
        console.print(f"  caught by: {', '.join(mistake.caught_by)}", markup=False)


if __name__ == "__main__":
    tyro.cli(main, prog="python -m autograder", description=__doc__)
