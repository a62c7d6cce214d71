"""Shows how the checks of one exercise fare, before anything is recorded."""

from collections.abc import Sequence
from itertools import combinations

from autograder import compare, kit, misconceptions, variants
from autograder.checks import Check
from autograder.mutations import Mutation
from autograder.processes import Runner
from autograder.trials import (
    Outcomes,
    catching_checks,
    checks_of,
    explain,
    identity,
    run_mutations,
    run_solution,
)


def prove(exercise: str) -> bool:
    """Prints how each misconception and variant of an exercise fares; nothing is written.

    Returns:
        Whether the checks are sound, catch every misconception and pass every variant.

    Raises:
        UnsoundError: there is no check, or the solution fails one.
    """
    checks = checks_of([exercise])
    mistakes = [m for m in misconceptions.load() if m.exercise == exercise]
    correct = [v for v in variants.load() if v.exercise == exercise]
    with Runner() as runner:
        solution = run_solution(runner, checks, seed=0)
        outcomes = run_mutations(runner, checks, [*mistakes, *correct], seed=0)
    caught = catching_checks(checks, solution, [*mistakes, *correct], outcomes)
    for check in checks:
        outcome = solution["", check.key]
        shapes = ", ".join(f"{name} {a.shape}" for name, a in (outcome.arrays or {}).items())
        print(f"check {check.name} ({outcome.seconds:.2f} s): {shapes}")
    for mistake in mistakes:
        names = caught[identity(mistake)]
        print(f"misconception {mistake.id}: {', '.join(names) or 'SURVIVES'}")
        _print_errors(mistake, checks, outcomes)
    tolerances = compare.load_tolerances(kit.TOLERANCES)
    for one, other in combinations(mistakes, 2):
        if compute_the_same(one, other, checks, outcomes, tolerances):
            print(f"{one.id} and {other.id} compute the same: only one hint will be shown")
    for variant in correct:
        names = caught[identity(variant)]
        print(f"variant {variant.id}: {'FAILS ' + ', '.join(names) if names else 'passes'}")
        _print_errors(variant, checks, outcomes)
    survive = any(not caught[identity(mistake)] for mistake in mistakes)
    return not survive and not any(caught[identity(variant)] for variant in correct)


def compute_the_same(
    one: Mutation,
    other: Mutation,
    checks: Sequence[Check],
    outcomes: Outcomes,
    tolerances: dict[str, compare.Tolerance],
) -> bool:
    """Whether no check tells the two apart, so that they would be recognised as one."""
    for check in checks:
        first, second = (outcomes[identity(m), check.key] for m in (one, other))
        if first.arrays is None or second.arrays is None:
            same = first.arrays is second.arrays and explain(first) == explain(second)
        else:
            tolerance = compare.tolerance_of(check, tolerances)
            same = compare.agree(first.arrays, second.arrays, tolerance)
        if not same:
            return False
    return True


def _print_errors(mutation: Mutation, checks: Sequence[Check], outcomes: Outcomes) -> None:
    """A mistake that shows in no number, but in an exception alone, is often another one."""
    for check in checks:
        outcome = outcomes[identity(mutation), check.key]
        if outcome.arrays is None:
            print(f"  {check.name}: {explain(outcome)}")
