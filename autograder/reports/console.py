"""The report on a terminal: a table for each part, then what to do next."""

import re
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder import syllabus
from autograder.verdicts import (
    BLOCKED,
    FAILED,
    INFRASTRUCTURE,
    LIMIT,
    PASSED,
    Report,
    Verdict,
    shown,
    worth_showing,
)

_STYLES = {
    PASSED: "green",
    FAILED: "red",
    BLOCKED: "yellow",
    LIMIT: "magenta",
    INFRASTRUCTURE: "bold red",
    "blank": "dim",
}
# How a finding on an exception ends: its type, and the line that raised it.
_RAISED = re.compile(r"\(\w+, [^\s,]+, line \d+.*\)\Z", re.DOTALL)


def show(report: Report, console: Console, verbose: bool = False) -> None:
    """Prints the full report.

    Args:
        verbose: also what the submission printed in checks that did not pass.
    """
    for part in syllabus.PARTS:
        exercises = [e for e in syllabus.exercises_of(part) if report.of(e.id)]
        if exercises:
            console.print(_part_table(part, exercises, report))
    for note in report.notes:
        console.print(Text(f"Note: {note}", style="yellow"))
    if verbose:
        _show_printed(report, console)
    _show_total(report, console)


def show_status(report: Report, console: Console) -> None:
    """Prints one line for each exercise: blank, failing or done, its points and handout page."""
    table = Table("Exercise", "Points", "State", "Handout", box=None)
    for exercise in syllabus.EXERCISES.values():
        if verdicts := report.of(exercise.id):
            state = _state(verdicts)
            table.add_row(
                exercise.id,
                _earned_of(verdicts),
                Text(state, style=_STYLES.get(state, "green")),
                exercise.page,
            )
    console.print(table)
    _show_total(report, console)


def _part_table(part: syllabus.Part, exercises: list[syllabus.Exercise], report: Report) -> Table:
    earned, possible = _points([verdict for e in exercises for verdict in report.of(e.id)])
    table = Table(
        title=f"Part {part.number} · {part.title} — {shown(earned)} of {shown(possible)} points",
        title_justify="left",
        title_style="bold",
        expand=True,
        show_lines=False,
    )
    table.add_column("Exercise", min_width=28, no_wrap=True)
    table.add_column("Points", justify="right", width=9)
    table.add_column("Status", width=14)
    table.add_column("What was found", ratio=5, overflow="fold")
    for exercise in exercises:
        own = report.of(exercise.id)
        table.add_row(
            Text(exercise.id, style="bold"),
            _earned_of(own),
            "",
            Text(exercise.title, style="bold"),
        )
        said: dict[str, str] = {}
        for verdict in worth_showing(own):
            table.add_row("", "", _status(verdict), _finding(verdict, exercise, said))
        table.add_section()
    return table


def _points(verdicts: Sequence[Verdict]) -> tuple[float, float]:
    """What was earned, and what the checks that ran are worth together."""
    return sum(v.points for v in verdicts), sum(v.max_points for v in verdicts)


def _earned_of(verdicts: Sequence[Verdict]) -> str:
    earned, possible = _points(verdicts)
    return f"{shown(earned)}/{shown(possible)}"


def _status(verdict: Verdict) -> Text:
    status = "blank" if verdict.blank else verdict.status
    return Text(status, style=_STYLES[status])


def _finding(verdict: Verdict, exercise: syllabus.Exercise, said: dict[str, str]) -> Text:
    """What to show of a verdict; of a text that another check has had already, only of which."""
    if verdict.status == PASSED:
        return Text(verdict.check.title)
    if verdict.blank:
        return Text(f"{verdict.message}\n→ {exercise.page}")
    title = verdict.check.title
    text = Text(f"{title}: {_once(verdict.message, title, said)}")
    if verdict.hint:
        text.append(f"\nHint: {_once(verdict.hint, title, said)}", style="cyan")
    if verdict.status != BLOCKED and exercise.page not in said:
        said[exercise.page] = title
        text.append(f"\n→ {exercise.page}", style="dim")
    return text


def _once(text: str, title: str, said: dict[str, str]) -> str:
    """The text, or the check whose text it was already; a short one is said again.

    Two exceptions of one line are one, although each names other shapes and addresses.
    """
    raised = _RAISED.search(text)
    first = said.setdefault(raised[0] if raised else text, title)
    again = f"as for “{first}”"
    return text if first == title or len(text) < len(again) else again


def _state(verdicts: tuple[Verdict, ...]) -> str:
    statuses = {verdict.status for verdict in verdicts}
    if statuses == {PASSED}:
        return "done"
    if any(verdict.blank for verdict in verdicts):
        return "blank"
    for status in (INFRASTRUCTURE, LIMIT, FAILED):
        if status in statuses:
            return status
    return BLOCKED


def _show_printed(report: Report, console: Console) -> None:
    for verdict in report.verdicts:
        if verdict.status != PASSED and verdict.printed:
            console.print(Text(f"Printed during {verdict.check.key}:", style="bold"))
            console.print(Text(verdict.printed))


def _show_total(report: Report, console: Console) -> None:
    passed = sum(verdict.status == PASSED for verdict in report.verdicts)
    style = "bold green" if report.score == report.max_score else "bold"
    console.print(
        Text(
            f"{shown(report.score)} of {shown(report.max_score)} points; "
            f"{passed} of {len(report.verdicts)} {report.kind} passed",
            style=style,
        )
    )
    console.print(Text(f"Isolation: {report.isolation}", style="dim"))
