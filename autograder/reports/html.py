"""The report as one self-contained page: no script, and nothing is loaded from elsewhere."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jinja2
import markupsafe

from autograder import syllabus
from autograder.reports.heatmaps import Drawing, draw
from autograder.verdicts import PASSED, Report, Verdict, shown, worth_showing

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
    path.write_text(page(report, title, drawings_of(report), docs), encoding="utf-8")


def page(
    report: Report, title: str, drawings: Mapping[str, Drawing], docs: str = "", lead: str = ""
) -> str:
    """The page of one submission; see `write`.

    Args:
        drawings: of the arrays that differ, by the check's key.
        lead: a sentence to put on top.
    """
    passed = sum(verdict.status == PASSED for verdict in report.verdicts)
    return template("report.html").render(
        title=title,
        docs=docs,
        lead=lead,
        report=report,
        parts=_parts(report, drawings),
        passed=passed,
    )


def drawings_of(report: Report) -> dict[str, Drawing]:
    """Draws the arrays in which a submission differs, by the check's key."""
    drawn = {v.check.key: draw(v.comparison) for v in report.verdicts if v.comparison}
    return {key: drawing for key, drawing in drawn.items() if drawing is not None}


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
    environment.filters["prose"] = prose
    return environment.get_template(name)


def prose(text: str) -> markupsafe.Markup:
    """A hint's *emphasis* and `code` as HTML; all else of it is escaped."""
    escaped = str(markupsafe.escape(text))
    escaped = re.sub(r"(?<!\w)\*(\w(?:[^*]*\w)?)\*(?!\w)", r"<em>\1</em>", escaped)
    return markupsafe.Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped))


def _parts(report: Report, drawings: Mapping[str, Drawing]) -> list[_Part]:
    parts = []
    for part in syllabus.PARTS:
        exercises = [
            _exercise(exercise, report.of(exercise.id), drawings)
            for exercise in syllabus.exercises_of(part)
            if report.of(exercise.id)
        ]
        if exercises:
            parts.append(_Part(part, exercises))
    return parts


def _exercise(
    exercise: syllabus.Exercise, verdicts: tuple[Verdict, ...], drawings: Mapping[str, Drawing]
) -> _Exercise:
    wrong = [verdict for verdict in worth_showing(verdicts) if verdict.status != PASSED]
    findings = [
        _Finding(
            verdict,
            "blank" if verdict.blank else verdict.status,
            drawings.get(verdict.check.key),
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
