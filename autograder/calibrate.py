"""Measures tolerances: python -m autograder.calibrate

A check's noise is how far a correct answer strays from the recorded one: the solution under other
numerics (compiled, with oneDNN, on two threads), and every correct variant. Its signal is how far
the nearest misconception lies. The tolerance must stand between them, with room.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro

from autograder import compare, kit, syllabus, variants
from autograder.checks import Check, load
from autograder.mutations import Mutation
from autograder.processes import Runner
from autograder.recordings import Recording
from autograder.trials import run_mutations, stored

# Multiples of the base tolerance, in the order in which they are tried, and the room demanded on
# either side. The base leaves room for correct programs that nobody has thought of yet. None is
# above it: a wrong variant would pass for noise, and open the tolerance for every submission.
_FACTORS = (1.0, 0.3, 0.1)
_ABOVE_NOISE = 4.0
_BELOW_SIGNAL = 3.0

_MODES = {
    "eager": ("eager", {}),
    "graph": ("graph", {}),
    "xla": ("xla", {}),
    "oneDNN": (
        "eager",
        {"TF_ENABLE_ONEDNN_OPTS": "1", "TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL": "1"},
    ),
    "two threads": (
        "eager",
        {"TF_NUM_INTRAOP_THREADS": "2", "TF_NUM_INTEROP_THREADS": "2", "OMP_NUM_THREADS": "2"},
    ),
}


@dataclass(frozen=True)
class Measurement:
    """What was measured on one check, in units of its class's base tolerance."""

    noise: float
    noisiest: str
    nearest: float
    nearest_misconception: str


def measure(checks: Sequence[Check], recording: Recording) -> dict[str, Measurement]:
    """Runs the solution in every mode, and the variants; the mistakes are recorded already."""
    right = [v for v in variants.load() if any(c.exercise == v.exercise for c in checks)]
    outputs: dict[str, list[tuple[str, compare.Arrays]]] = defaultdict(list)
    for label, (mode, environment) in _MODES.items():
        with Runner(environment=environment) as runner:
            mutations: list[Mutation | None] = [None]
            if label == "eager":
                mutations += right
            outcomes = run_mutations(runner, checks, mutations, recording.seed, mode)
        for (name, key), outcome in outcomes.items():
            if outcome.arrays is not None:
                outputs[key].append((name or label, stored(outcome.arrays)))
    mistakes: dict[str, list[tuple[str, compare.Arrays]]] = defaultdict(list)
    for misconception in recording.misconceptions():
        for name, arrays in misconception.outputs.items():
            mistakes[f"{misconception.exercise}/{name}"].append((misconception.id, arrays))
    return {c.key: _measured(c, outputs[c.key], mistakes[c.key]) for c in checks}


def choose(measurement: Measurement) -> float:
    """The first multiple of the base tolerance with room above the noise and below the signal.

    Raises:
        ValueError: there is none.
    """
    for factor in _FACTORS:
        clear = factor >= _ABOVE_NOISE * measurement.noise
        if clear and factor * _BELOW_SIGNAL <= measurement.nearest:
            return factor
    if measurement.noise * _ABOVE_NOISE > _FACTORS[0]:
        raise ValueError(
            f"{measurement.noisiest}, which should be right, strays from the recording by "
            f"{measurement.noise:.3g} times the base tolerance. If it is a variant, is it right "
            "(record --prove-exercise)? If it is a mode, does the check draw every input from "
            'rng, and stay away from kinks and ties? If both, give the check tolerance="loose".'
        )
    raise ValueError(
        f"no tolerance separates {measurement.noisiest} (noise {measurement.noise:.3g}) from "
        f"{measurement.nearest_misconception} (at {measurement.nearest:.3g}): choose inputs on "
        "which the mistake shows more"
    )


def calibrate(checks: Sequence[Check], recording: Recording) -> tuple[dict[str, dict], list[str]]:
    """The entries of tolerances.json by check key, and a line for each check without room."""
    entries, problems = {}, []
    measurements = measure(checks, recording)
    for check in checks:
        measurement = measurements[check.key]
        atol, rtol = compare.CLASSES[check.tolerance]
        try:
            factor = choose(measurement)
        except ValueError as error:
            problems.append(f"{check.key}: {error}")
            continue
        # JSON has no infinity: null says that no misconception comes near (or differs in form).
        reached = np.isfinite(measurement.nearest)
        entries[check.key] = {
            "atol": float(f"{atol * factor:.3g}"),
            "rtol": float(f"{rtol * factor:.3g}"),
            "noise": float(f"{measurement.noise / factor:.3g}"),
            "noisiest": measurement.noisiest,
            "nearest": float(f"{measurement.nearest / factor:.3g}") if reached else None,
            "nearest_misconception": measurement.nearest_misconception if reached else None,
        }
    return entries, problems


def main(
    outputs: Path = kit.OUTPUTS, out: Path = kit.TOLERANCES, exercises: tuple[str, ...] = ()
) -> None:
    """Measures every check, and writes its tolerance, its noise and its nearest misconception.

    Noise and nearest are in units of the tolerance: below 1, and above 1.

    Args:
        outputs: the recording that the tolerances are for.
        out: the file to write.
        exercises: measure the checks of these alone, and keep the entries of the rest.
    """
    try:
        chosen = [syllabus.find(exercise).id for exercise in exercises] or syllabus.EXERCISES
    except KeyError as error:
        print(error.args[0], file=sys.stderr)
        sys.exit(2)
    measured = [check for check in load().values() if check.exercise in chosen]
    recording = Recording(outputs)
    missing = [check.key for check in measured if recording.expected(check) is None]
    if missing:
        print(
            f"not recorded: {', '.join(missing)}; run python -m autograder.record first",
            file=sys.stderr,
        )
        sys.exit(2)
    entries, problems = calibrate(measured, recording)
    if problems:
        print("\n".join(problems), file=sys.stderr)
        sys.exit(1)
    known = json.loads(out.read_text(encoding="utf-8")) if out.is_file() else {}
    kept = {key: entries.get(key) or known.get(key) for key in load()}
    complete = {key: entry for key, entry in kept.items() if entry}
    out.write_text(json.dumps(complete, indent=1) + "\n", encoding="utf-8")
    print(f"{len(entries)} checks calibrated")


def _measured(
    check: Check,
    outputs: list[tuple[str, compare.Arrays]],
    mistakes: list[tuple[str, compare.Arrays]],
) -> Measurement:
    tolerance = compare.Tolerance(*compare.CLASSES[check.tolerance])
    expected = next((arrays for name, arrays in outputs if name == "eager"), None)
    if expected is None:
        raise ValueError(f"{check.key}: the solution gives no arrays")
    noise = {name: compare.distance(expected, arrays, tolerance) for name, arrays in outputs}
    noisiest = max(noise, key=lambda name: noise[name])
    # A mistake that this check does not see at all is another check's to catch.
    signal = {name: compare.distance(expected, arrays, tolerance) for name, arrays in mistakes}
    seen = {name: d for name, d in signal.items() if d > _ABOVE_NOISE * noise[noisiest] and d > 0.1}
    nearest = min(seen, key=lambda name: seen[name], default="")
    return Measurement(noise[noisiest], noisiest, seen.get(nearest, np.inf), nearest)


if __name__ == "__main__":
    tyro.cli(main, prog="python -m autograder.calibrate", description=__doc__)
