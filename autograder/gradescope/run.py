"""What runs in Gradescope's container: grades /autograder/submission part by part.

results.json stands there from the first second, and is replaced when a check has run: whatever
ends the container, the parts that were graded keep their points.
"""

import json
import os
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder import intake, isolation, kit, syllabus
from autograder.checks import load
from autograder.gradescope import leaderboard
from autograder.official import grade_officially
from autograder.processes import Runner
from autograder.reports import gradescope as report_format
from autograder.reports.gradescope import Entry
from autograder.submission import SubmissionError
from autograder.verdicts import Report

_PRIVATE = kit.ROOT / "private"
_BEGUN = "The grader has begun; if this stays, it was ended before it could finish."


@dataclass(frozen=True)
class Container:
    """The directories that Gradescope lays out; AUTOGRADER_ROOT names another place of them."""

    root: Path

    @property
    def submission(self) -> Path:
        return self.root / "submission"

    @property
    def results(self) -> Path:
        return self.root / "results" / "results.json"

    def student(self) -> str:
        """Who handed in: the addresses of the group, in order; hidden inputs depend on it."""
        path = self.root / "submission_metadata.json"
        try:
            users = json.loads(path.read_text(encoding="utf-8"))["users"]
            return " ".join(sorted(str(user["email"]) for user in users))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RuntimeError(f"{path} does not say who handed in: {error!r}") from error


def grade(container: Container, settings: dict[str, Any]) -> None:
    """Grades the submission, and leaves results.json.

    Args:
        settings: what `python -m autograder.gradescope` wrote into the zip.
    """
    begun = time.monotonic()
    parts = [tuple(e.id for e in syllabus.exercises_of(part)) for part in syllabus.PARTS]
    pending = [exercise for exercises in parts for exercise in exercises]
    report: Report | None = None

    def write(messages: Sequence[str] = (), entries: Sequence[Entry] = ()) -> None:
        content = report_format.results(
            report,
            pending=pending,
            seconds=time.monotonic() - begun,
            messages=messages,
            leaderboard=entries,
        )
        report_format.write(container.results, content)

    write([_BEGUN])
    isolated = isolation.require(isolation.OFFICIAL)
    hidden = _PRIVATE / "hidden" if settings["hidden"] else None
    student = container.student()
    try:
        with (
            intake.opened(container.submission) as taken,
            Runner(hidden=[_PRIVATE], isolated=isolated) as runner,
        ):
            for exercises in parts:
                checks = [c for c in load().values() if c.exercise in exercises]
                new = grade_officially(
                    taken.directory,
                    student,
                    checks,
                    runner,
                    hidden_inputs=hidden,
                    total_seconds=max(1.0, begun + settings["seconds"] - time.monotonic()),
                    progress=lambda done, total: write([_BEGUN]),
                )
                old = report.verdicts if report else ()
                notes = tuple(taken.notes.values())
                report = replace(new, verdicts=(*old, *new.verdicts), notes=notes)
                pending = [exercise for exercise in pending if exercise not in exercises]
                write([_BEGUN])
    except SubmissionError as error:
        pending = []
        reason = str(error).replace(str(container.submission), "The submission")
        write([f"Nothing could be graded. {reason}."])
        return
    entries, messages = _board(container, settings, report)
    write(messages, entries)


def _board(
    container: Container, settings: dict[str, Any], report: Report | None
) -> tuple[list[Entry], list[str]]:
    if not settings["leaderboard"]:
        return [], []
    entries = [Entry("Points", report.score if report else 0.0, "desc")]
    run = leaderboard.find(container.submission)
    if run is None:
        return entries, ["No leaderboard/ directory with a run was handed in."]
    try:
        value = leaderboard.measure(run, _PRIVATE / "held_out.txt")
    except leaderboard.LeaderboardError as error:
        return entries, [f"The checkpoint in leaderboard/ was not measured: {error}"]
    return [Entry("Nats per character on unseen stories", value, "asc"), *entries], []


def main() -> None:
    container = Container(Path(os.environ.get("AUTOGRADER_ROOT", "/autograder")))
    try:
        grade(container, json.loads((_PRIVATE / "settings.json").read_text(encoding="utf-8")))
    except Exception as error:
        # For the instructor, who alone sees standard output; students read results.json.
        traceback.print_exc()
        message = (
            "The grader itself failed, so this is not a grade: ask your instructor to run it "
            f"again ({type(error).__name__})."
        )
        report_format.write(container.results, {"output": message, "tests": []})
        sys.exit(1)


if __name__ == "__main__":
    main()
