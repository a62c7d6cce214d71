"""The report as one self-contained page: no script, and nothing is loaded from elsewhere."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jinja2

from autograder import syllabus
from autograder.reports.heatmaps import Drawing, draw
from autograder.verdicts import PASSED, Report, Verdict, shown

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class _Finding:
    """A check that did not pass, with what there is to see."""

    verdict: Verdict
    status: str
    drawing: Drawing | None


@dataclass(frozen=True)
class _Exercise:
    exercise: syllabus.Exercise
    earned: float
    possible: float
    findings: list[_Finding]
    passed: list[Verdict]


@dataclass(frozen=True)
class _Part:
    part: syllabus.Part
    exercises: list[_Exercise]

    @property
    def earned(self) -> float:
        return sum(exercise.earned for exercise in self.exercises)

    @property
    def possible(self) -> float:
        return sum(exercise.possible for exercise in self.exercises)


def write(report: Report, path: Path, title: str = "Autograder report", docs: str = "") -> None:
    """Writes the page of one submission.

    Args:
        title: the page's heading, such as the student's name; it may be untrusted.
        docs: what to put before a handout page's name to make a link of it; no links when empty.
    """
    passed = sum(verdict.status == PASSED for verdict in report.verdicts)
    page = template("report.html").render(
        title=title, docs=docs, report=report, parts=_parts(report), passed=passed
    )
    path.write_text(page, encoding="utf-8")


@cache
def template(name: str) -> jinja2.Template:
    """A page's template; whatever it shows is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["points"] = shown
    return environment.get_template(name)


def _parts(report: Report) -> list[_Part]:
    parts = []
    for part in syllabus.PARTS:
        exercises = [
            _exercise(exercise, report.of(exercise.id))
            for exercise in syllabus.exercises_of(part)
            if report.of(exercise.id)
        ]
        if exercises:
            parts.append(_Part(part, exercises))
    return parts


def _exercise(exercise: syllabus.Exercise, verdicts: tuple[Verdict, ...]) -> _Exercise:
    wrong = [verdict for verdict in verdicts if verdict.status != PASSED]
    if wrong and all(verdict.blank for verdict in verdicts):
        wrong = wrong[:1]  # a blank has one sentence, however many checks wait for it
    findings = [
        _Finding(
            verdict,
            "blank" if verdict.blank else verdict.status,
            draw(verdict.comparison) if verdict.comparison else None,
        )
        for verdict in wrong
    ]
    return _Exercise(
        exercise,
        sum(verdict.points for verdict in verdicts),
        sum(verdict.max_points for verdict in verdicts),
        findings,
        [verdict for verdict in verdicts if verdict.status == PASSED],
    )
