"""Comparison of what a submission computed with what the solution computed: strict, and in words.

Two arrays agree when their shape is exactly the same, their kind (float, integer, boolean) too,
their finite entries stand in the same places, the other entries are the same infinities, and

    all |got - expected| <= atol + rtol |expected|

Booleans and integers must be equal.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autograder.checks import Check

Arrays = dict[str, np.ndarray]

# Where calibration has not measured a check yet.
CLASSES = {"float": (1e-5, 1e-4), "loose": (1e-4, 1e-3), "exact": (0.0, 0.0)}

_KINDS = {"f": "floats", "i": "integers", "u": "integers", "b": "booleans"}


@dataclass(frozen=True)
class Tolerance:
    """The largest accepted difference, atol + rtol |expected|."""

    atol: float
    rtol: float


@dataclass(frozen=True)
class Mismatch:
    """The first way in which two outputs differ.

    Args:
        array: the name of the array.
        kind: "missing", "unexpected", "shape", "dtype", "finite" or "value".
        message: for the student, with the expected value.
        index: the first entry that differs, where there is one.
    """

    array: str
    kind: str
    message: str
    index: tuple[int, ...] | None = None


def load_tolerances(path: Path) -> dict[str, Tolerance]:
    """Calibrated tolerances by check key; empty before the first calibration."""
    if not path.is_file():
        return {}
    entries = json.loads(path.read_text(encoding="utf-8"))
    return {key: Tolerance(entry["atol"], entry["rtol"]) for key, entry in entries.items()}


_OF_FORM = ("missing", "shape", "dtype")


def tolerance_of(check: Check, tolerances: dict[str, Tolerance]) -> Tolerance:
    """The calibrated tolerance of a check, or its class's before calibration."""
    return tolerances.get(check.key) or Tolerance(*CLASSES[check.tolerance])


def first_mismatch(expected: Arrays, got: Arrays, tolerance: Tolerance) -> Mismatch | None:
    """The first array that disagrees, one of another form before all others; None when all agree.

    A wrong shape or dtype is the nearer mistake: other arrays may only follow from it.
    """
    found = _mismatches(expected, got, tolerance)
    return min(found, key=lambda mismatch: mismatch.kind not in _OF_FORM, default=None)


def agree(expected: Arrays, got: Arrays, tolerance: Tolerance) -> bool:
    """Whether all arrays agree."""
    return next(_mismatches(expected, got, tolerance), None) is None


def _mismatches(expected: Arrays, got: Arrays, tolerance: Tolerance) -> Iterator[Mismatch]:
    for name, array in expected.items():
        if name not in got:
            yield Mismatch(name, "missing", f"{name} was not returned")
        elif mismatch := _compare(name, array, got[name], tolerance):
            yield mismatch
    for name in got:
        if name not in expected:
            yield Mismatch(name, "unexpected", f"{name} is not an output of this check")


def distance(expected: Arrays, got: Arrays, tolerance: Tolerance) -> float:
    """The largest difference in units of the tolerance; infinite where the form differs."""
    if expected.keys() != got.keys():
        return np.inf
    largest = 0.0
    for name, array in expected.items():
        mismatch = _compare(name, array, got[name], Tolerance(np.inf, 0))
        if mismatch is not None:
            return np.inf
        excess = _excess(array, got[name], tolerance)
        largest = max(largest, float(excess.max(initial=0.0)))
    return largest


def _compare(
    name: str, expected: np.ndarray, got: np.ndarray, tolerance: Tolerance
) -> Mismatch | None:
    if got.shape != expected.shape:
        message = f"{name} has shape {got.shape}; expected {expected.shape}"
        return Mismatch(name, "shape", message)
    kind, expected_kind = _KINDS[got.dtype.kind], _KINDS[expected.dtype.kind]
    if kind != expected_kind:
        message = f"{name} holds {kind} ({got.dtype}); expected {expected_kind}"
        return Mismatch(name, "dtype", message)
    if kind != "floats":
        return _differing(name, expected, got, got != expected)
    finite = np.isfinite(expected)
    # Infinities must be the same; a NaN equals nothing, so it may not stand in a recording.
    wrong = np.isfinite(got) != finite
    wrong |= ~finite & (got != expected)
    if wrong.any():
        return _differing(name, expected, got, wrong, kind="finite")
    return _differing(name, expected, got, _excess(expected, got, tolerance) > 1)


def _excess(expected: np.ndarray, got: np.ndarray, tolerance: Tolerance) -> np.ndarray:
    """|got - expected| in units of the tolerance; 0 where both are the same infinity."""
    if expected.dtype.kind != "f":
        return np.where(got == expected, 0.0, np.inf)
    wide_expected, wide_got = expected.astype(np.float64), got.astype(np.float64)
    same = wide_got == wide_expected
    with np.errstate(invalid="ignore", divide="ignore"):
        allowed = tolerance.atol + tolerance.rtol * np.abs(wide_expected)
        return np.where(same, 0.0, np.abs(wide_got - wide_expected) / allowed)


def _differing(
    name: str, expected: np.ndarray, got: np.ndarray, wrong: np.ndarray, kind: str = "value"
) -> Mismatch | None:
    if not wrong.any():
        return None
    if got.shape == () and got.dtype.kind == "b":
        return Mismatch(name, kind, f"{name}: {got}; expected {expected}")
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = f"[{', '.join(map(str, index))}]" if index else ""
    message = (
        f"{name}{place} is {_number(got[index])}; expected {_number(expected[index])} "
        f"(shape {got.shape}, {int(wrong.sum())} of {wrong.size} entries differ"
    )
    if kind == "value" and expected.dtype.kind == "f":
        finite = np.isfinite(expected)
        gap = np.abs(got[finite].astype(np.float64) - expected[finite].astype(np.float64)).max()
        message += f", the largest difference is {gap:.3g}"
    return Mismatch(name, kind, message + ")", index)


def _number(value: np.generic) -> str:
    return f"{value:.6g}" if value.dtype.kind == "f" else str(value)
