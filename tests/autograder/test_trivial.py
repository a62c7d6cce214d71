"""Answers that do no work earn nothing: every symbol of every exercise, in every trivial way."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import trivial

from autograder import judge, kit, submission, syllabus
from autograder.checks import load
from autograder.processes import Job
from autograder.recordings import Recording
from autograder.verdicts import PASSED

RECORDING = Recording(kit.OUTPUTS)


def failures(runner, new_directory, exercise: syllabus.Exercise, symbol, kind) -> Iterator[str]:
    """The names of the checks that a trivial submission does not pass, as they are found."""
    assembled = new_directory()
    submission.assemble(kit.ROOT, assembled, trivial.files(exercise, symbol, kind), base=kit.ROOT)
    for check in (check for check in load().values() if check.exercise == exercise.id):
        outcome = runner.run_one(Job(check, assembled, RECORDING.seed))
        if judge.judge([(check, outcome)], RECORDING, set())[0].status != PASSED:
            yield check.name


def earning(runner, new_directory, exercises) -> list[str]:
    """The trivial submissions that pass every check of their exercise.

    First the right answer of each exercise must pass: else all would fail for another reason.
    """
    exercises = list(exercises)
    for exercise in exercises:
        right = (exercise, exercise.symbols[0], "the right answer")
        assert list(failures(runner, new_directory, *right)) == [], exercise.id
    cases = [
        (exercise, symbol, kind)
        for exercise in exercises
        for symbol in exercise.symbols
        for kind in trivial.KINDS
    ]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda case: next(failures(runner, new_directory, *case), ""), cases))
    return [
        f"{exercise.id}: {symbol} returns {kind}"
        for (exercise, symbol, kind), failure in zip(cases, found, strict=True)
        if not failure
    ]


def test_trivial_answers_of_a_few_exercises_earn_nothing(runner, new_directory):
    chosen = ["masking.causal", "sampling.top_k", "rlhf.gae", "normalization.layer_norm"]
    assert earning(runner, new_directory, map(syllabus.find, chosen)) == []


@pytest.mark.exhaustive
@pytest.mark.parametrize("part", syllabus.PARTS, ids=lambda part: f"part {part.number}")
def test_trivial_answers_of_a_part_earn_nothing(runner, new_directory, part):
    assert earning(runner, new_directory, syllabus.exercises_of(part)) == []
