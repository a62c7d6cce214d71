"""Answers that do no work earn nothing: every symbol of every exercise, in every trivial way."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trivial

from autograder import judge, kit, submission, syllabus
from autograder.checks import load
from autograder.processes import Job
from autograder.recordings import Recording
from autograder.verdicts import PASSED

RECORDING = Recording(kit.OUTPUTS)


def failures(runner, directory: Path, exercise: syllabus.Exercise, symbol, kind) -> Iterator[str]:
    """The names of the checks that a trivial submission does not pass, as they are found."""
    assembled = Path(tempfile.mkdtemp(dir=directory))
    submission.assemble(kit.ROOT, assembled, trivial.files(exercise, symbol, kind), base=kit.ROOT)
    for check in (check for check in load().values() if check.exercise == exercise.id):
        outcome = runner.run_one(Job(check, assembled, RECORDING.seed))
        if judge.judge([(check, outcome)], RECORDING, set())[0].status != PASSED:
            yield check.name


def earning(runner, directory: Path, exercises) -> list[str]:
    """The trivial submissions that pass every check of their exercise."""
    cases = [
        (exercise, symbol, kind)
        for exercise in exercises
        for symbol in exercise.symbols
        for kind in trivial.KINDS
    ]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda case: next(failures(runner, directory, *case), ""), cases))
    return [
        f"{exercise.id}: {symbol} returns {kind}"
        for (exercise, symbol, kind), failure in zip(cases, found, strict=True)
        if not failure
    ]


@pytest.mark.parametrize("name", ["masking.causal", "rlhf.gae", "normalization.layer_norm"])
def test_what_makes_an_answer_trivial_leaves_the_right_one_as_it_is(runner, tmp_path, name):
    exercise = syllabus.find(name)
    case = (exercise, exercise.symbols[0], "the right answer")
    assert list(failures(runner, tmp_path, *case)) == []


def test_trivial_answers_of_a_few_exercises_earn_nothing(runner, tmp_path):
    chosen = ["masking.causal", "sampling.top_k", "rlhf.gae", "normalization.layer_norm"]
    assert earning(runner, tmp_path, map(syllabus.find, chosen)) == []


@pytest.mark.exhaustive
@pytest.mark.parametrize("part", syllabus.PARTS, ids=lambda part: f"part {part.number}")
def test_trivial_answers_of_a_part_earn_nothing(runner, tmp_path, part):
    assert earning(runner, tmp_path, syllabus.exercises_of(part)) == []
