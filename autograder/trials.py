"""Runs checks on the solution, and on versions of it with mistakes or other right answers."""

from collections import defaultdict
from collections.abc import Collection, Sequence

import numpy as np
from tqdm import tqdm

from autograder import compare, kit, submission
from autograder.checks import Check, load
from autograder.mutations import Mutation
from autograder.processes import Job, Outcome, Runner
from autograder.recognition import summary

Outcomes = dict[tuple[str, str], Outcome]  # by (mutation's id or "", check's key)


class UnsoundError(Exception):
    """Something about the checks that must be mended before a recording is of use."""


def checks_of(exercises: Collection[str]) -> list[Check]:
    """The checks of these exercises.

    Raises:
        UnsoundError: an exercise has none.
    """
    checks = [check for check in load().values() if check.exercise in exercises]
    if unchecked := set(exercises) - {check.exercise for check in checks}:
        raise UnsoundError(f"{min(unchecked)} has no check yet: write one in autograder/checks/")
    return checks


def run_mutations(
    runner: Runner,
    checks: Sequence[Check],
    mutations: Sequence[Mutation | None],
    seed: int,
    mode: str = "eager",
    observe: bool = False,
) -> Outcomes:
    """Runs the checks of each mutation's exercise on it; None stands for the solution itself."""
    jobs, keys = [], []
    for mutation in mutations:
        name = identity(mutation)
        directory = runner.root / (name.replace("/", "--") or "solution")
        if not directory.exists():
            replaced = mutation.files() if mutation else None
            submission.assemble(kit.ROOT, directory, replaced, base=kit.ROOT)
        for check in checks:
            if mutation is None or check.exercise == mutation.exercise:
                jobs.append(Job(check, directory, seed, mode, observe))
                keys.append((name, check.key))
    with tqdm(total=len(jobs), desc="checks", unit="check", mininterval=1.0) as progress:
        outcomes = runner.run(jobs, done=lambda job, outcome: progress.update())
    return {keys[position]: outcome for position, outcome in outcomes.items()}


def catching_checks(
    checks: Sequence[Check],
    solution: Outcomes,
    mutations: Sequence[Mutation],
    outcomes: Outcomes,
) -> dict[str, list[str]]:
    """The names of the checks that each mutation fails, by the mutation's identity."""
    tolerances = compare.load_tolerances(kit.TOLERANCES)
    caught: dict[str, list[str]] = defaultdict(list)
    for mutation in mutations:
        for check in (check for check in checks if check.exercise == mutation.exercise):
            got = outcomes[identity(mutation), check.key].arrays
            expected = stored(solution["", check.key].arrays or {})
            if got is None or not compare.agree(
                expected, got, compare.tolerance_of(check, tolerances)
            ):
                caught[identity(mutation)].append(check.name)
    return caught


def stored(arrays: compare.Arrays) -> compare.Arrays:
    """The arrays as a recording holds them, in at most single precision."""
    return {
        name: array.astype(np.float32) if array.dtype.kind == "f" else array
        for name, array in arrays.items()
    }


def explain(outcome: Outcome) -> str:
    """Why an outcome holds no arrays."""
    if outcome.error is not None:
        error = outcome.error
        place = f" at {error.file}:{error.line}" if error.file else ""
        called = f", where the check says {error.check_source}" if error.check_source else ""
        return f"{summary(error)}{place}{called}"
    return outcome.infrastructure or outcome.death or f"over the limit of {outcome.limit}"


def identity(mutation: Mutation | None) -> str:
    return f"{mutation.exercise}/{mutation.id}" if mutation else ""


def run_solution(runner: Runner, checks: Sequence[Check], seed: int) -> Outcomes:
    """The solution's outcomes, which are fit to be recorded.

    Raises:
        UnsoundError: the solution fails a check, or gives what nothing can equal (NaN, other
            arrays each time) or too much would equal.
    """
    solution = run_mutations(runner, checks, [None], seed, observe=True)
    again = run_mutations(runner, checks, [None], seed)
    tolerances = compare.load_tolerances(kit.TOLERANCES)
    problems = []
    for check in checks:
        outcome, second = solution["", check.key], again["", check.key]
        if outcome.arrays is None:
            problems.append(f"{check.key}: {explain(outcome)}")
        elif second.arrays is None or not compare.agree(
            outcome.arrays, second.arrays, compare.tolerance_of(check, tolerances)
        ):
            problems.append(
                f"{check.key}: its arrays are others when it runs again: draw everything from rng"
            )
    if problems:
        raise UnsoundError("the solution cannot be recorded:\n" + "\n".join(problems))
    return solution
