"""Recognises recorded mistakes in what a submission computed, and answers with their hints."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from autograder import compare, wire
from autograder.checks import Check
from autograder.following import Outcome
from autograder.recordings import RecordedMisconception, Recording
from autograder.verdicts import FAILED, Verdict, printable


def with_hints(
    verdicts: Sequence[Verdict],
    outcomes: Mapping[Check, Outcome],
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


def summary(error: wire.RemoteError) -> str:
    """An exception in one line, by which a recorded one is recognised."""
    first = error.message.strip().splitlines() or [""]
    return f"{error.type}: {printable(first[0], 200)}"


def _is_mistake(
    check: Check,
    outcome: Outcome,
    mistake: RecordedMisconception,
    tolerances: dict[str, compare.Tolerance],
) -> bool:
    if check.name not in mistake.caught_by:
        return False
    if outcome.arrays is not None and check.name in mistake.outputs:
        recorded, got = mistake.outputs[check.name], outcome.arrays
        tolerance = compare.tolerance_of(check, tolerances)
        return compare.agree(
            _with_zero_for_nan(recorded, got), _with_zero_for_nan(got, recorded), tolerance
        )
    if outcome.error is not None and check.name in mistake.errors:
        return mistake.errors[check.name] == summary(outcome.error)
    return False


def _with_zero_for_nan(arrays: compare.Arrays, others: compare.Arrays) -> compare.Arrays:
    """The arrays with 0 where both are NaN: NaN never passes, but it can identify a mistake."""
    cleaned = dict(arrays)
    for name, array in arrays.items():
        other = others.get(name, np.zeros(0, bool))
        if other.shape == array.shape and {other.dtype.kind, array.dtype.kind} == {"f"}:
            cleaned[name] = np.where(np.isnan(array) & np.isnan(other), 0, array)
    return cleaned
