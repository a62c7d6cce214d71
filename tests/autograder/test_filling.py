"""A stencil that is filled in by hand, exercise by exercise, as a student does it."""

from collections.abc import Iterator, Sequence

import pytest

from autograder import judge, kit, points, stencil, submission, syllabus
from autograder.checks import load
from autograder.processes import Job
from autograder.recordings import Recording
from autograder.verdicts import BLOCKED, PASSED, Verdict

CHECKS = load()
PART_9 = [exercise.id for exercise in syllabus.exercises_of(syllabus.PARTS[-1])]
PREFERENCES = ["rlhf.log_probs", "preference.sequence_log_prob"]


def filled(
    runner, new_directory, exercises: Sequence[str]
) -> Iterator[tuple[set[str], list[Verdict]]]:
    """Fills the exercises in this order; after each, what is filled and the verdicts on all.

    Only the checks that run the code of the new exercise are run again.
    """
    recording = Recording(kit.OUTPUTS)
    done: set[str] = set()
    verdicts: dict[str, Verdict] = {}
    for new in [None, *exercises]:
        done |= {new} if new else set()
        concerned = [
            check
            for check in CHECKS.values()
            if check.exercise in exercises
            and (new is None or new in {check.exercise, *check.needs})
        ]
        by_hand, assembled = new_directory(), new_directory()
        stencil.write_tree(by_hand, stencil.starter_files(keep=done))
        submission.assemble(by_hand, assembled)
        outcomes = runner.run([Job(check, assembled, recording.seed) for check in concerned])
        judged = judge.judge(
            [(check, outcomes[i]) for i, check in enumerate(concerned)],
            recording,
            submission.blank_exercises(assembled),
        )
        verdicts |= {verdict.check.key: verdict for verdict in judged}
        yield set(done), points.distribute(list(verdicts.values()), CHECKS)


def require_each_step_to_earn_its_points(runner, new_directory, exercises):
    for done, verdicts in filled(runner, new_directory, exercises):
        expected = sum(syllabus.EXERCISES[exercise].points for exercise in done)
        assert sum(verdict.points for verdict in verdicts) == pytest.approx(expected), done
        for verdict in verdicts:
            check = verdict.check
            missing = {exercise for exercise in (check.exercise, *check.needs)} - done
            if not missing:
                assert verdict.status == PASSED, f"{check.key}: {verdict.message}"
            elif verdict.blank:
                assert check.exercise in missing, check.key
            else:
                assert verdict.status == BLOCKED, f"{check.key}: {verdict.message}"
                assert verdict.blocked_by in missing, f"{check.key}: {verdict.message}"
                assert f"blocked by {verdict.blocked_by}" in verdict.message


def test_each_exercise_adds_its_own_points_when_it_is_filled(runner, new_directory):
    require_each_step_to_earn_its_points(runner, new_directory, [*PREFERENCES, *PART_9])


def test_an_exercise_whose_prerequisite_is_blank_is_blocked_by_it(runner, new_directory):
    *_, (_, verdicts) = filled(runner, new_directory, PREFERENCES[1:])
    assert {verdict.blocked_by for verdict in verdicts} == {"rlhf.log_probs"}
    assert sum(verdict.points for verdict in verdicts) == 0


@pytest.mark.exhaustive
def test_the_whole_course_filled_in_the_order_of_the_syllabus(runner, new_directory):
    require_each_step_to_earn_its_points(runner, new_directory, list(syllabus.EXERCISES))
