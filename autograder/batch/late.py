"""The late policy: a small TOML file, and what it takes off a score.

due = 2026-11-20T23:59:00+01:00   # with the offset from UTC
grace_minutes = 15                # later than this counts from the due time on
percent_per_day = 10              # of the points earned, for each day begun
late_days = 2                     # days that cost nothing, for each student
most_days_late = 5                # after so many days nothing is earned
times = "times.csv"               # columns student and submitted, beside this file

[extensions]                      # a later due time, in days
alice = 3
"""

import csv
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_DAY = timedelta(days=1)
_MOST = 1_000_000  # of days or minutes, which is years


@dataclass(frozen=True)
class Lateness:
    """How late a submission is, and what that costs.

    Args:
        days: days begun after the due time, extension and grace considered.
        free: how many of them the student's late days pay for.
        percent: what is taken off the points earned.
    """

    days: int
    free: int
    percent: float


@dataclass(frozen=True)
class Policy:
    """What a late submission costs; see the module for the file."""

    due: datetime
    grace_minutes: float = 0.0
    percent_per_day: float = 0.0
    late_days: int = 0
    most_days_late: int | None = None
    extensions: Mapping[str, float] = field(default_factory=dict)
    submitted: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def students(self) -> set[str]:
        """Whoever is named in it."""
        return {*self.extensions, *self.submitted}

    def lateness(self, student: str) -> Lateness | None:
        """How late the student was; None when nobody knows when the submission came."""
        if student not in self.submitted:
            return None
        due = self.due + _DAY * self.extensions.get(student, 0.0)
        late = self.submitted[student] - due
        if late <= timedelta(minutes=self.grace_minutes):
            return Lateness(0, 0, 0.0)
        days = max(1, math.ceil(late / _DAY))
        free = min(days, self.late_days)
        if self.most_days_late is not None and days - free > self.most_days_late:
            return Lateness(days, free, 100.0)
        return Lateness(days, free, min(100.0, self.percent_per_day * (days - free)))


def load(path: Path) -> Policy:
    """Reads a policy.

    Raises:
        ValueError: the file is missing, malformed, or holds what is no policy.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"the late policy {path} cannot be read: {_reason(error)}") from None
    times = entries.pop("times", None)
    known = {item.name for item in fields(Policy)} - {"submitted"}
    if unknown := sorted(set(entries) - known):
        raise ValueError(f"{path}: no setting is called {unknown[0]!r}; known: {sorted(known)}")
    due = entries.get("due")
    if not isinstance(due, datetime):
        raise ValueError(f"{path}: due must be a date with a time, 2026-11-20T23:59:00+01:00")
    entries["due"] = due.astimezone() if due.tzinfo is None else due
    _check_numbers(path, entries)
    if times is not None:
        entries["submitted"] = _times(path.parent / str(times), entries["due"])
    return Policy(**entries)


def _reason(error: Exception) -> str:
    """Without the number and the path that Python writes around the operating system's words."""
    return getattr(error, "strerror", None) or str(error)


def _check_numbers(path: Path, entries: dict[str, Any]) -> None:
    extensions = entries.get("extensions", {})
    if not isinstance(extensions, dict):
        raise ValueError(f"{path}: extensions is a table of students and days")
    numbers = {name: value for name, value in entries.items() if name not in ("due", "extensions")}
    numbers |= {f"extensions.{student}": days for student, days in extensions.items()}
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < _MOST:
            raise ValueError(
                f"{path}: {name} must be a number, 0 or more and below {_MOST:,}. "
                f"Received: {value!r}"
            )
    if entries.get("percent_per_day", 0) > 100:
        raise ValueError(
            f"{path}: percent_per_day is at most 100. Received: {entries['percent_per_day']!r}"
        )


def _times(path: Path, due: datetime) -> dict[str, datetime]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(
            f"the times of submission {path} cannot be read: {_reason(error)}"
        ) from None
    times: dict[str, datetime] = {}
    for number, row in enumerate(rows, start=2):
        try:
            time = datetime.fromisoformat((row["submitted"] or "").strip())
            student = row["student"].strip()
        except (KeyError, ValueError, AttributeError):
            raise ValueError(
                f"{path}, line {number}: columns student and submitted are needed, the time as "
                f"2026-11-20T23:59:00+01:00. Received: {dict(row)}"
            ) from None
        if time.tzinfo is None:
            time = time.replace(tzinfo=due.tzinfo)
        times[student] = max(time, times.get(student, datetime.min.replace(tzinfo=UTC)))
    return times
