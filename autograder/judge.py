"""The judge: runs every check of a submission, and, with every worker dead, compares.

Phase one knows the submission and no expected value; phase two knows the expected values, and no
process of the submission is alive. The judge imports NumPy, and never a submission.
"""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder import compare, diagnose, isolation, kit, submission, syllabus, wire
from autograder.checks import Check, load
from autograder.processes import Job, Outcome, Runner
from autograder.recordings import Recording

PASSED, FAILED, BLOCKED = "passed", "failed", "blocked"
LIMIT, INFRASTRUCTURE = "limit", "infrastructure"

_BLANK = re.compile(r"(?:^|NotImplementedError: )([a-z_]+\.[a-z0-9_]+): ", re.MULTILINE)
_MAX_SHOWN = 1000
TOTAL_SECONDS = 900.0


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


@dataclass(frozen=True)
class Report:
    """All verdicts on a submission, in the syllabus's order."""

    verdicts: tuple[Verdict, ...]
    isolation: str
    notes: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        return round(sum(verdict.points for verdict in self.verdicts), 6)

    @property
    def max_score(self) -> float:
        return round(sum(verdict.max_points for verdict in self.verdicts), 6)

    def of(self, exercise: str) -> tuple[Verdict, ...]:
        return tuple(v for v in self.verdicts if v.check.exercise == exercise)


def grade(
    directory: Path,
    selected: Sequence[Check] | None = None,
    *,
    outputs: Path = kit.OUTPUTS,
    jobs: int | None = None,
    fail_fast: bool = False,
    total_seconds: float = TOTAL_SECONDS,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Grades a submission.

    Args:
        directory: holds the submission's `assignment/`.
        selected: the checks to run; all by default.
        outputs: the recording to compare with.
        jobs: how many workers at once.
        fail_fast: report nothing after the first check that does not pass.
        total_seconds: when it has passed, checks that have not begun are over the limit.
        progress: called with the number of checks done and their total.

    Raises:
        submission.SubmissionError: the directory holds no submission.
    """
    everything = load()
    checks = list(everything.values()) if selected is None else list(selected)
    recording = Recording(outputs)
    count = 0
    deadline = time.monotonic() + total_seconds

    def stop(outcome: Outcome) -> bool:
        return (fail_fast and outcome.arrays is None) or time.monotonic() > deadline

    def report_progress(job: Job, outcome: Outcome) -> None:
        nonlocal count
        count += 1
        progress(count, len(checks))

    with Runner(jobs) as runner:
        assembled = runner.root / "submission"
        notes = submission.assemble(directory, assembled)
        blanks = submission.blank_exercises(assembled)
        outcomes = runner.run(
            [Job(check, assembled, recording.seed) for check in checks],
            done=report_progress,
            stop=stop,
        )
    not_run = Outcome(limit=f"the whole run, {total_seconds:g} s, before this check")
    verdicts = judge(
        [(check, outcomes.get(i, not_run)) for i, check in enumerate(checks)], recording, blanks
    )
    if fail_fast:
        ends = [i for i, verdict in enumerate(verdicts) if verdict.status != PASSED]
        verdicts = verdicts[: ends[0] + 1] if ends else verdicts
    return Report(
        tuple(_with_points(verdicts, everything)), isolation.describe(), tuple(notes.values())
    )


def judge(
    outcomes: Sequence[tuple[Check, Outcome]], recording: Recording, blanks: set[str]
) -> list[Verdict]:
    """Phase two: compares what the workers sent with the recording."""
    tolerances = compare.load_tolerances(kit.TOLERANCES)
    verdicts = [
        _verdict(check, outcome, recording, blanks, tolerance_of(check, tolerances))
        for check, outcome in outcomes
    ]
    verdicts = _with_misconceptions(verdicts, dict(outcomes), recording, tolerances)
    failing = {v.check.exercise for v in verdicts if v.status in (FAILED, LIMIT)}
    return [_with_cause(verdict, failing) for verdict in verdicts]


def tolerance_of(check: Check, tolerances: dict[str, compare.Tolerance]) -> compare.Tolerance:
    """The calibrated tolerance of a check, or its class's before calibration."""
    return tolerances.get(check.key) or compare.Tolerance(*compare.CLASSES[check.tolerance])


def printable(text: str, limit: int = _MAX_SHOWN) -> str:
    """Untrusted text without control characters, cut to a bound."""
    kept = "".join(c for c in text if c == "\n" or c == "\t" or c.isprintable())
    return kept if len(kept) <= limit else kept[:limit] + " …"


def _verdict(
    check: Check,
    outcome: Outcome,
    recording: Recording,
    blanks: set[str],
    tolerance: compare.Tolerance,
) -> Verdict:
    base = Verdict(check, FAILED, printed=printable(outcome.printed), seconds=outcome.seconds)
    if outcome.infrastructure:
        return replace(base, status=INFRASTRUCTURE, message=outcome.infrastructure)
    if outcome.arrays is not None:
        verdict = _compared(base, outcome.arrays, recording, tolerance)
    elif outcome.limit:
        bound = f" of {check.limit:g} s" if outcome.limit == "time" else ""
        message = f"over the limit of {outcome.limit}{bound}"
        verdict = replace(base, status=LIMIT, message=message)
    elif outcome.error is not None:
        verdict = _raised(base, outcome.error)
    else:
        verdict = replace(base, message=f"the worker {outcome.death}")
    # A prerequisite may be blank without its sentence arriving: it was caught, or replaced.
    missing = [exercise for exercise in check.needs if exercise in blanks]
    if verdict.status in (FAILED, LIMIT) and not verdict.blank and missing:
        return _blocked(verdict, missing[0])
    return verdict


def _compared(
    base: Verdict, arrays: compare.Arrays, recording: Recording, tolerance: compare.Tolerance
) -> Verdict:
    expected = recording.expected(base.check)
    if expected is None:
        message = "no output of this check is recorded; run python -m autograder.record"
        return replace(base, status=INFRASTRUCTURE, message=message)
    mismatch = compare.first_mismatch(expected, arrays, tolerance)
    if mismatch is None:
        return replace(base, status=PASSED)
    return replace(base, message=mismatch.message, hint=diagnose.hint(mismatch, expected, arrays))


def _raised(base: Verdict, error: wire.RemoteError) -> Verdict:
    message = printable(error.message).strip()
    blank = _BLANK.search(message) if error.type == "NotImplementedError" else None
    if blank and blank[1] in syllabus.EXERCISES:
        exercise = blank[1]
        if exercise != base.check.exercise:
            return _blocked(base, exercise)
        task = syllabus.EXERCISES[exercise].task
        return replace(base, message=f"not written yet: {task}", blank=True)
    place = f"{printable(error.file)}, line {printable(error.line)}" if error.file else ""
    if not place and error.check_source:
        place = f"raised in the check at: {printable(error.check_source, 200)}"
    elif error.source:
        place += f": {printable(error.source, 200)}"
    details = ", ".join(part for part in (printable(error.type, 100), place) if part)
    return replace(
        base,
        message=f"{message or 'an exception without a message'} ({details})",
        hint=diagnose.hint_for_exception(error.type, message),
    )


def _blocked(verdict: Verdict, exercise: str) -> Verdict:
    return replace(
        verdict,
        status=BLOCKED,
        message=f"blocked by {exercise}: write that one first",
        hint="",
        blocked_by=exercise,
    )


def _with_misconceptions(
    verdicts: list[Verdict],
    outcomes: dict[Check, Outcome],
    recording: Recording,
    tolerances: dict[str, compare.Tolerance],
) -> list[Verdict]:
    """Replaces general hints by that of the recorded mistake which explains most checks."""
    wrong: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        if verdict.status == FAILED and not verdict.blank:
            wrong[verdict.check.exercise].append(verdict)
    hints: dict[str, str] = {}
    for exercise, failed in wrong.items():
        explained: list[tuple[int, str, set[str]]] = []
        for mistake in recording.misconceptions(exercise):
            keys = {
                verdict.check.key
                for verdict in failed
                if _is_mistake(verdict.check, outcomes[verdict.check], mistake, tolerances)
            }
            explained.append((len(keys), mistake.hint, keys))
        for _, hint, keys in sorted(explained, key=lambda entry: entry[0]):
            hints.update(dict.fromkeys(keys, hint))
    return [replace(v, hint=hints.get(v.check.key, v.hint)) for v in verdicts]


def _is_mistake(check, outcome, mistake, tolerances) -> bool:
    if check.name not in mistake.caught_by:
        return False
    if outcome.arrays is not None and check.name in mistake.outputs:
        tolerance = tolerance_of(check, tolerances)
        return compare.agree(mistake.outputs[check.name], outcome.arrays, tolerance)
    if outcome.error is not None and check.name in mistake.errors:
        return mistake.errors[check.name] == summary(outcome.error)
    return False


def summary(error: wire.RemoteError) -> str:
    """An exception in one line, by which a recorded one is recognised."""
    first = error.message.strip().splitlines() or [""]
    return f"{error.type}: {printable(first[0], 200)}"


def _with_cause(verdict: Verdict, failing: set[str]) -> Verdict:
    causes = [exercise for exercise in verdict.check.needs if exercise in failing]
    if verdict.status != FAILED or verdict.blank or not causes:
        return verdict
    first = f"This check also runs {causes[0]}, which does not pass: look at that one first."
    return replace(verdict, hint=f"{first} {verdict.hint}".strip())


def _with_points(verdicts: list[Verdict], everything: dict[str, Check]) -> list[Verdict]:
    """Shares an exercise's points among its checks; they are earned together or not at all."""
    counts: dict[str, int] = defaultdict(int)
    for check in everything.values():
        counts[check.exercise] += 1
    earned = {v.check.exercise for v in verdicts} - {
        v.check.exercise for v in verdicts if v.status != PASSED
    }
    result = []
    for verdict in verdicts:
        exercise = syllabus.EXERCISES[verdict.check.exercise]
        share = exercise.points / counts[exercise.id]
        points = share if exercise.id in earned else 0.0
        result.append(replace(verdict, points=points, max_points=share))
    return result
