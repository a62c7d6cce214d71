"""Verdicts on checks, and the report that gathers them, from which every format is written."""

from dataclasses import dataclass

import numpy as np

from autograder.checks import Check
from autograder.isolation import Isolation

PASSED, FAILED, BLOCKED = "passed", "failed", "blocked"
LIMIT, INFRASTRUCTURE = "limit", "infrastructure"

_MAX_SHOWN = 1000


@dataclass(frozen=True, eq=False)
class Comparison:
    """The two versions of the array in which a submission first differs, for a report to draw.

    Args:
        array: its name.
        index: the first entry that differs, where the shapes agree.
    """

    array: str
    expected: np.ndarray
    got: np.ndarray
    index: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Verdict:
    """The judgement on one check.

    Args:
        status: "passed", "failed", "blocked", "limit" or "infrastructure".
        message: what was found, in plain text.
        hint: where to look, when a known mistake was recognised.
        points: this check's share of the exercise, when the whole exercise is earned.
        max_points: its share.
        blank: the exercise itself is not written yet.
        blocked_by: the blank exercise that stands in the way.
        printed: what the submission printed.
        comparison: the arrays that differ, where there are any.
    """

    check: Check
    status: str
    message: str = ""
    hint: str = ""
    points: float = 0.0
    max_points: float = 0.0
    blank: bool = False
    blocked_by: str = ""
    printed: str = ""
    seconds: float = 0.0
    comparison: Comparison | None = None


@dataclass(frozen=True)
class Report:
    """All verdicts on a submission, in the syllabus's order.

    Args:
        isolation: how the submission was kept apart.
        notes: what is to be said about its files.
        kind: what the verdicts are on; a student must not take public checks for all.
    """

    verdicts: tuple[Verdict, ...]
    isolation: Isolation
    notes: tuple[str, ...] = ()
    kind: str = "public checks"

    @property
    def score(self) -> float:
        return round(sum(verdict.points for verdict in self.verdicts), 6)

    @property
    def max_score(self) -> float:
        return round(sum(verdict.max_points for verdict in self.verdicts), 6)

    def of(self, exercise: str) -> tuple[Verdict, ...]:
        return tuple(v for v in self.verdicts if v.check.exercise == exercise)


def worth_showing(verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """An exercise's verdicts, of those on its blank only one for each sentence.

    A blank has one sentence, however many checks wait for it.
    """
    blanks = {verdict.message: verdict for verdict in reversed(verdicts) if verdict.blank}
    return tuple(v for v in verdicts if not v.blank or blanks[v.message] is v)


def shown(points: float) -> str:
    """Points as a reader wants them: a share of an exercise's points is rarely a round number."""
    return f"{round(points, 2):g}"


def printable(text: str, limit: int = _MAX_SHOWN) -> str:
    """Untrusted text without control characters, cut to a bound: the middle of a long one goes."""
    kept = "".join(c for c in text if c == "\n" or c == "\t" or c.isprintable())
    if len(kept) <= limit:
        return kept
    tail = limit // 3  # TensorFlow puts whole tensors before what it has to say of them
    return f"{kept[: limit - tail]} … {kept[-tail:]}"
