"""Reports inside a GitHub workflow: the step's summary, annotations, and Classroom's result.

A runner takes commands from the log: a line of a student's output such as `::error::…` or
`##[endgroup]` would be one. So what a submission had a hand in is escaped in every format, and the
console report is printed while commands are stopped with a token that nobody can guess.
"""

import base64
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from autograder import syllabus
from autograder.verdicts import (
    BLOCKED,
    INFRASTRUCTURE,
    PASSED,
    Report,
    Verdict,
    printable,
    shown,
)

_FILES = ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")
MAX_SUMMARY_BYTES = 1024 * 1024
MAX_CLASSROOM_BYTES = 128 * 1024
MAX_ANNOTATIONS = 10
_MAX_MESSAGE = 300
_MARKUP = re.compile(r"[^\w\s.,;=/%()-]|_|(?<=www)\.", re.IGNORECASE)
_NO_ADDRESS = "\u200b"  # a space without width: GitHub makes links of addresses, escaped ones too
_LEFT_OUT = "\nThe rest does not fit in a summary; run `python -m autograder` to see it.\n"


def require_workflow() -> None:
    """Raises ValueError outside a workflow's step, where there is nowhere to report to."""
    missing = [name for name in _FILES if not os.environ.get(name)]
    if missing:
        raise ValueError(f"--github works in a step of a GitHub workflow; {missing[0]} is not set")


def publish(report: Report) -> None:
    """Writes the step's summary and its output `result`, and prints the annotations."""
    contents = (summary(report), f"result={classroom(report)}\n")
    for name, content in zip(_FILES, contents, strict=True):
        with open(os.environ[name], "a", encoding="utf-8") as file:
            file.write(content)
    print("\n".join(annotations(report)), flush=True)


def in_log(text: str) -> str:
    """Untrusted text on one line, in which neither a runner nor a terminal finds a command."""
    one_line = " ".join(printable(text).split())
    return one_line.replace("::", ": :").replace("##[", "## [")


@contextmanager
def commands_stopped() -> Iterator[None]:
    """Within the block, the runner reads no commands from what is printed."""
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", flush=True)
    try:
        yield
    finally:
        # On a line of its own, whatever was printed last.
        print(f"\n::{token}::", flush=True)


def annotations(report: Report) -> list[str]:
    """At most ten workflow commands: for each exercise that fails, its first finding."""
    found = []
    for exercise in syllabus.EXERCISES.values():
        verdict = _first_finding(report.of(exercise.id))
        if verdict is not None and not verdict.blank and verdict.status != BLOCKED:
            file = f"assignment/{exercise.file}"
            title = f"{exercise.id}: {verdict.check.title}"
            message = "\n".join(filter(None, (verdict.message, verdict.hint, exercise.page)))
            found.append(
                f"::error file={_property(file)},title={_property(title)}::{_data(message)}"
            )
    if len(found) > MAX_ANNOTATIONS:
        rest = len(found) - MAX_ANNOTATIONS + 1
        found[MAX_ANNOTATIONS - 1 :] = [f"::error::{rest} more exercises do not pass"]
    return found


def summary(report: Report) -> str:
    """The step's summary in Markdown, at most 1 MiB."""
    lines = [f"## {shown(report.score)} of {shown(report.max_score)} points", ""]
    lines += [f"> {_markdown(note)}" for note in report.notes]
    for part in syllabus.PARTS:
        exercises = [e for e in syllabus.exercises_of(part) if report.of(e.id)]
        if exercises:
            lines += ["", f"### Part {part.number} · {part.title}", ""]
            lines += ["| Exercise | Points | State | What was found |", "|---|--:|---|---|"]
            lines += [_row(exercise, report.of(exercise.id)) for exercise in exercises]
    lines += ["", f"Isolation: {_markdown(str(report.isolation))}", ""]
    text = "\n".join(lines)
    if len(text.encode()) <= MAX_SUMMARY_BYTES:
        return text
    kept = text.encode()[: MAX_SUMMARY_BYTES - len(_LEFT_OUT)].decode(errors="ignore")
    return kept.rpartition("\n")[0] + _LEFT_OUT


def classroom(report: Report) -> str:
    """The result that GitHub Classroom's reporter reads: JSON in base64, a test per exercise."""
    tests = []
    for exercise in syllabus.EXERCISES.values():
        if verdicts := report.of(exercise.id):
            first = _first_finding(verdicts)
            tests.append(
                {
                    "name": f"{exercise.id}: {exercise.title}",
                    "status": _classroom_status(verdicts),
                    # The reporter adds up the scores; a missing one would make the sum NaN.
                    "score": round(sum(verdict.points for verdict in verdicts), 6),
                    "message": _one_line(first) if first else "",
                    "test_code": f"python -m autograder --exercise {exercise.id}",
                    "filename": f"assignment/{exercise.file}",
                    "line_no": 0,
                    "duration": round(1000 * sum(verdict.seconds for verdict in verdicts)),
                }
            )
    content = {
        "version": 1,
        "status": _classroom_status(report.verdicts),
        "max_score": report.max_score,
        "tests": tests,
    }
    encoded = base64.b64encode(json.dumps(content).encode()).decode()
    assert len(encoded) < MAX_CLASSROOM_BYTES
    return encoded


def _row(exercise: syllabus.Exercise, verdicts: tuple[Verdict, ...]) -> str:
    earned = shown(sum(verdict.points for verdict in verdicts))
    possible = shown(sum(verdict.max_points for verdict in verdicts))
    first = _first_finding(verdicts)
    if first is None:
        state, finding = "passed", ""
    else:
        state = "blank" if first.blank else first.status
        words = (f"{first.check.title}: {first.message}", first.hint, exercise.page)
        finding = "<br>".join(_markdown(text) for text in words if text)
    return f"| {_markdown(exercise.id)} | {earned}/{possible} | {state} | {finding} |"


def _first_finding(verdicts: tuple[Verdict, ...]) -> Verdict | None:
    return next((verdict for verdict in verdicts if verdict.status != PASSED), None)


def _classroom_status(verdicts: tuple[Verdict, ...]) -> str:
    statuses = {verdict.status for verdict in verdicts}
    if INFRASTRUCTURE in statuses:
        return "error"
    return "pass" if statuses == {PASSED} else "fail"


def _one_line(verdict: Verdict) -> str:
    """A message that is safe in the log, into which the reporter prints it, and of bounded size."""
    text = in_log(f"{verdict.message} {verdict.hint}")
    # As JSON will have it, where an emoji takes twelve characters.
    kept, size = "", 0
    for character in text:
        size += len(json.dumps(character)) - 2
        if size > _MAX_MESSAGE:
            return kept + " …"
        kept += character
    return kept


def _markdown(text: str) -> str:
    """Text without a meaning in Markdown or HTML, on one line."""
    text = " ".join(text.split()).replace("@", f"@{_NO_ADDRESS}")
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", text)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
