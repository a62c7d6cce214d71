"""Records the expected outputs: python -m autograder.record [--seed S] [--out DIR]

Runs every check on the solution, and on every misconception, through the same workers that grade a
submission. Refuses to record a check that a do-nothing answer could pass, and a misconception that
every check lets through.
"""

import json
import shutil
import sys
from collections.abc import Collection, Sequence
from importlib.metadata import version
from pathlib import Path

import tyro

from autograder import compare, hidden, kit, misconceptions, syllabus
from autograder.checks import Check, load
from autograder.misconceptions import Misconception
from autograder.processes import Runner
from autograder.proof import prove
from autograder.recognition import summary
from autograder.recordings import Recording, misconceptions_file, save, solution_file
from autograder.trials import (
    Outcomes,
    UnsoundError,
    catching_checks,
    checks_of,
    identity,
    run_mutations,
    run_solution,
    stored,
)


def record(out: Path, seed: int, exercises: Collection[str] = syllabus.EXERCISES) -> list[str]:
    """Writes a recording, and returns a line about each misconception.

    Args:
        out: the directory; what it holds of other exercises stays.
        seed: of the checks' inputs.
        exercises: the exercises to record.

    Raises:
        UnsoundError: the solution fails, a check is trivial, or a misconception survives; the
            message names all of them.
        ValueError: `out` holds something else.
    """
    if not (out / "recording.json").is_file():
        _require_empty(out)
    checks = checks_of(exercises)
    mistakes = [m for m in misconceptions.load() if m.exercise in exercises]
    with Runner() as runner:
        solution = run_solution(runner, checks, seed)
        wrong = run_mutations(runner, checks, mistakes, seed)
    caught = catching_checks(checks, solution, mistakes, wrong)
    survivors = [f"{m.exercise}: {m.id}" for m in mistakes if not caught[identity(m)]]
    if survivors:
        raise UnsoundError("no check catches these misconceptions: " + "; ".join(survivors))
    _write(out, seed, exercises, checks, solution, mistakes, wrong, caught)
    return [f"{m.exercise}: {m.id} caught by {', '.join(caught[identity(m)])}" for m in mistakes]


def record_hidden(out: Path, secret: str, variants: int) -> list[str]:
    """Writes hidden recordings: the solution's outputs on inputs that only the secret tells.

    They hold no misconceptions: on hidden inputs a student is told that something is wrong, and no
    more.

    Raises:
        UnsoundError: the solution fails on some inputs, or they would keep no copied answer out.
        ValueError: the secret is too short, or `out` holds something else.
    """
    seeds = hidden.seeds(secret, variants)
    if not hidden.is_index(out):
        _require_empty(out)
    checks = list(load().values())
    with Runner() as runner:
        solutions = [run_solution(runner, checks, seed) for seed in seeds]
    alike = sorted(set.intersection(*(answered_by_the_public(checks, one) for one in solutions)))
    if alike:
        raise UnsoundError(
            f"{', '.join(alike)}: every check gives what it gives on the public inputs, so answers "
            "that were copied from the public recording would pass. Draw inputs from rng."
        )
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True, mode=0o700)
    for number, (seed, solution) in enumerate(zip(seeds, solutions, strict=True), start=1):
        place = out / f"variant-{number}"
        _write(place, seed, syllabus.EXERCISES, checks, solution, [], {}, {})
    hidden.write_index(out, secret, variants)
    return [f"variant {number} in {out}" for number in range(1, variants + 1)]


def _require_empty(out: Path) -> None:
    """Raise ValueError for a directory of something else, which would be replaced."""
    if out.exists() and any(out.iterdir()):
        raise ValueError(f"{out} holds other files; choose a new directory")


def answered_by_the_public(checks: Sequence[Check], solution: Outcomes) -> set[str]:
    """The exercises on whose inputs the public outputs would pass every check."""
    public, tolerances = Recording(kit.OUTPUTS), compare.load_tolerances(kit.TOLERANCES)
    others = {
        check.exercise
        for check in checks
        if not compare.agree(
            public.expected(check) or {},
            stored(solution["", check.key].arrays or {}),
            compare.tolerance_of(check, tolerances),
        )
    }
    return {check.exercise for check in checks} - others


def _write(
    out: Path,
    seed: int,
    exercises: Collection[str],
    checks: Sequence[Check],
    solution: Outcomes,
    mistakes: Sequence[Misconception],
    wrong: Outcomes,
    caught: dict[str, list[str]],
) -> None:
    kept: list[dict] = []
    if set(exercises) == set(syllabus.EXERCISES):
        shutil.rmtree(out, ignore_errors=True)
    elif (out / "misconceptions.json").is_file():
        kept = json.loads((out / "misconceptions.json").read_text(encoding="utf-8"))
    out.mkdir(parents=True, exist_ok=True)
    versions = {name: version(name) for name in ("tensorflow", "keras", "numpy")}
    _write_json(out / "recording.json", {"seed": seed, "versions": versions})
    entries = []
    for exercise in syllabus.EXERCISES:
        if exercise not in exercises:
            entries += [entry for entry in kept if entry["exercise"] == exercise]
            continue
        own = [check for check in checks if check.exercise == exercise]
        arrays = {
            f"{check.name}/{name}": array
            for check in own
            for name, array in (solution["", check.key].arrays or {}).items()
        }
        save(solution_file(out, exercise), stored(arrays))
        wrong_arrays: compare.Arrays = {}
        for mistake in (mistake for mistake in mistakes if mistake.exercise == exercise):
            errors = {}
            names = caught[identity(mistake)]
            for check in (check for check in own if check.name in names):
                outcome = wrong[identity(mistake), check.key]
                if outcome.error is not None:
                    errors[check.name] = summary(outcome.error)
                for name, array in (outcome.arrays or {}).items():
                    wrong_arrays[f"{mistake.id}/{check.name}/{name}"] = array
            entries.append(
                {
                    "id": mistake.id,
                    "exercise": exercise,
                    "hint": " ".join(mistake.hint.split()),
                    "caught_by": names,
                    "errors": errors,
                }
            )
        save(misconceptions_file(out, exercise), stored(wrong_arrays))
    _write_json(out / "misconceptions.json", entries)


def _write_json(path: Path, content: object) -> None:
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8")


def main(
    seed: str = "0",
    out: Path = kit.OUTPUTS,
    exercises: tuple[str, ...] = (),
    variants: int = 4,
    prove_exercise: str = "",
) -> None:
    """Records the solution's outputs, and those of the misconceptions.

    Args:
        seed: of the checks' inputs, a number; or a secret of 12 characters or more, which makes
            hidden inputs for official grading.
        out: the directory to write; it is replaced.
        exercises: record these alone, with the same seed as the rest, and keep the rest.
        variants: how many sets of hidden inputs a secret makes; each student meets one.
        prove_exercise: write nothing; show how the checks of this exercise fare.
    """
    try:
        if prove_exercise:
            sys.exit(0 if prove(syllabus.find(prove_exercise).id) else 1)
        if not seed.isdecimal() or len(seed) >= hidden.MIN_SECRET:
            if out == kit.OUTPUTS or exercises:
                raise ValueError("hidden inputs need --out DIR, and are recorded all together")
            print("\n".join(record_hidden(out, seed, variants)))
            return
        chosen = [syllabus.find(exercise).id for exercise in exercises]
        lines = record(out, int(seed), chosen or syllabus.EXERCISES)
    except UnsoundError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except (KeyError, ValueError, OSError) as error:
        print(error.args[0] if isinstance(error, KeyError) else error, file=sys.stderr)
        sys.exit(2)
    print("\n".join(lines))
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"{len(lines)} misconceptions; {size / 1024:.0f} KiB in {out}")


if __name__ == "__main__":
    tyro.cli(main, prog="python -m autograder.record", description=__doc__)
