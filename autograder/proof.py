"""Shows how the checks of one exercise fare, before anything is recorded."""

from collections.abc import Sequence

from autograder import compare, kit, misconceptions, variants
from autograder.checks import Check, load
from autograder.mutations import Mutation
from autograder.processes import Runner
from autograder.trials import (
    Outcomes,
    UnsoundError,
    catching_checks,
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
    checks = [check for check in load().values() if check.exercise == exercise]
    if not checks:
        raise UnsoundError(f"{exercise} has no check yet: write one in autograder/checks/")
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
        for other in mistakes[: mistakes.index(mistake)]:
            if compute_the_same(mistake, other, checks, outcomes):
                print(f"  computes the same as {other.id}: only one of their hints will be shown")
    for variant in correct:
        names = caught[identity(variant)]
        print(f"variant {variant.id}: {'FAILS ' + ', '.join(names) if names else 'passes'}")
        _print_errors(variant, checks, outcomes)
    survive = any(not caught[identity(mistake)] for mistake in mistakes)
    return not survive and not any(caught[identity(variant)] for variant in correct)


def compute_the_same(
    one: Mutation, other: Mutation, checks: Sequence[Check], outcomes: Outcomes
) -> bool:
    """Whether no check tells the two apart, so that they would be recognised as one."""
    tolerances = compare.load_tolerances(kit.TOLERANCES)
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
