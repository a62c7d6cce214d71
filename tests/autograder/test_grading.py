"""The whole grader on whole submissions: the solution, the blank stencil, and what lies between."""

import dataclasses
import json
import re
import subprocess
import sys

import pytest

from autograder import judge, kit, submission, syllabus
from autograder.checks import load
from autograder.mutations import Mutation
from autograder.processes import Outcome
from autograder.recordings import Recording
from autograder.reports import results
from autograder.verdicts import BLOCKED, FAILED, LIMIT, PASSED, Report
from autograder.wire import RemoteError


@pytest.fixture(scope="module")
def grade_mutation(tmp_path_factory):
    """Grades the solution with one exercise rewritten, on the checks of some exercises."""

    def run(mutation: Mutation, *exercises: str) -> Report:
        directory = tmp_path_factory.mktemp("mutated")
        submission.assemble(kit.ROOT, directory, mutation.files(), base=kit.ROOT)
        names = exercises or (mutation.exercise,)
        return judge.grade(directory, [c for c in load().values() if c.exercise in names])

    return run


def test_the_solution_earns_full_marks():
    report = judge.grade(kit.ROOT)
    wrong = [f"{v.check.key}: {v.message}" for v in report.verdicts if v.status != PASSED]
    assert not wrong
    assert report.score == report.max_score
    assert len(report.verdicts) == len(load())


def test_the_blank_stencil_earns_nothing_with_one_sentence_per_exercise():
    report = judge.grade(kit.STENCIL)
    assert report.score == 0
    assert not [v.check.key for v in report.verdicts if v.status == PASSED]
    for exercise in syllabus.EXERCISES.values():
        verdicts = report.of(exercise.id)
        messages = {v.message for v in verdicts if v.blank}
        for message in messages:
            sentence, _, place = message.partition(" (assignment/")
            assert sentence == f"not written yet: {exercise.task}"
            if place:
                file, line = re.fullmatch(r"(.+), line (\d+)\)", place).groups()
                lines = (kit.STENCIL / "assignment" / file).read_text().splitlines()
                assert lines[int(line) - 1].strip().startswith("raise NotImplementedError(")
        assert all(v.blank or v.status == BLOCKED for v in verdicts), exercise.id
        assert messages or not verdicts, f"{exercise.id} shows only other exercises' blanks"


def test_an_exercise_earns_its_points_all_or_nothing_and_a_known_mistake_gets_its_hint(
    grade_mutation,
):
    # Written otherwise than the recorded misconception: only what it computes is compared.
    mistake = Mutation(
        "mine",
        "attention.scaled_dot_product",
        body="""
            scores = tf.matmul(query, key, transpose_b=True) / tf.sqrt(float(query.shape[-1]))
            if mask is not None:
                scores = tf.where(mask, scores, tf.constant(float("-inf")))
            weights = tf.nn.softmax(scores)
            return weights @ value, weights
        """,
    )
    report = grade_mutation(mistake)
    statuses = {v.check.name: v.status for v in report.verdicts}
    assert statuses.pop("empty_rows") == FAILED
    assert set(statuses.values()) == {PASSED}
    assert report.score == 0 and report.max_score == 4
    hint = next(v.hint for v in report.verdicts if v.check.name == "empty_rows")
    recorded = Recording(kit.OUTPUTS).misconceptions("attention.scaled_dot_product")
    assert hint == next(m.hint for m in recorded if m.id == "minus_infinity")


def test_a_mistake_that_nobody_recorded_gets_a_general_hint(grade_mutation):
    doubled = Mutation(
        "mine", "recurrent.rnn_cell", edits=[("tf.tanh(projected", "2.5 * tf.tanh(projected")]
    )
    verdict = next(v for v in grade_mutation(doubled).verdicts if v.check.name == "one_step")
    assert "2.5 times the expected one" in verdict.hint


def test_an_error_in_a_graph_shows_the_students_own_lines_and_what_it_means(grade_mutation):
    with_numpy = Mutation(
        "mine",
        "training.clip",
        body="""
            import numpy as np

            norm = np.sqrt(sum(np.sum(np.square(g)) for g in gradients if g is not None))
            return [g if g is None else g * max_norm / max(norm, max_norm) for g in gradients], norm
        """,
    )
    verdicts = grade_mutation(with_numpy).verdicts
    verdict = next(v for v in verdicts if v.check.name == "compiled_clipping")
    assert re.findall(r'File "(.*?)"', verdict.message) == ["assignment/training/optimizers.py"]
    assert "norm = np.sqrt(sum(" in verdict.message
    assert "Cannot convert a symbolic tf.Tensor" in verdict.message
    assert "use TensorFlow's operations instead of NumPy's" in verdict.hint


def test_a_shortcut_is_named_with_its_line_and_earns_nothing(grade_mutation):
    shortcut = Mutation(
        "mine",
        "attention.scaled_dot_product",
        body="""
            output = keras.layers.Attention(use_scale=False)([query, value, key])
            return output, output
        """,
    )
    for verdict in grade_mutation(shortcut).verdicts:
        assert verdict.status == FAILED
        assert "keras.layers.Attention does the work of this exercise" in verdict.message
        assert "assignment/layers/attention.py, line" in verdict.message


def test_a_hidden_way_to_a_shortcut_is_closed_too(grade_mutation):
    hidden = Mutation(
        "mine",
        "attention.scaled_dot_product",
        body="""
            layer = eval("ker" + "as.layers.Att" + "ention")()
            return layer([query, value, key], return_attention_scores=True)
        """,
    )
    for verdict in grade_mutation(hidden).verdicts:
        assert "keras.layers.Attention does the work of this exercise" in verdict.message


@pytest.mark.parametrize(
    "message",
    [
        "training.clip: scale all gradients by one factor",
        'in user code:\n\n  File "a.py"\n\n    NotImplementedError: training.clip: scale',
    ],
)
def test_another_exercises_blank_blocks_a_check(message):
    check = load()["training.step/one_small_step"]
    outcome = Outcome(error=RemoteError("NotImplementedError", message))
    (verdict,) = judge.judge([(check, outcome)], Recording(kit.OUTPUTS), set())
    assert (verdict.status, verdict.blocked_by) == (BLOCKED, "training.clip")
    assert verdict.message == "blocked by training.clip: write that one first"


def test_a_file_that_cannot_be_imported_is_the_first_to_look_at():
    unreadable = RemoteError("SyntaxError", "'(' was never closed (feed_forward.py, line 52)")
    failing = {
        "normalization.layer_norm": RemoteError("ValueError", "wrong"),
        "feed_forward.gelu": unreadable,
        "blocks.decoder": unreadable,
    }
    outcomes = []
    for exercise, error in failing.items():
        check = next(c for c in load().values() if c.exercise == exercise)
        outcomes.append((check, Outcome(error=error)))
    hint = judge.judge(outcomes, Recording(kit.OUTPUTS), set())[-1].hint
    assert hint.startswith("This check also runs feed_forward.gelu, which does not pass")


def test_a_blank_that_only_the_students_own_way_needs_is_told_from_a_prerequisite():
    check = load()["training.loss/every_token"]
    outcome = Outcome(error=RemoteError("NotImplementedError", "training.clip: scale"))
    (verdict,) = judge.judge([(check, outcome)], Recording(kit.OUTPUTS), set())
    assert (verdict.status, verdict.blocked_by) == (BLOCKED, "training.clip")
    assert "your code calls it while it is blank" in verdict.message


def test_a_blank_prerequisite_blocks_a_check_even_if_its_sentence_was_swallowed():
    check = dataclasses.replace(load()["training.loss/every_token"], needs=("training.clip",))
    outcome = Outcome(error=RemoteError("ValueError", "caught"))
    (verdict,) = judge.judge([(check, outcome)], Recording(kit.OUTPUTS), {"training.clip"})
    assert (verdict.status, verdict.blocked_by) == (BLOCKED, "training.clip")


def test_an_exercise_that_never_ends_takes_its_time_once(tmp_path):
    endless = Mutation("mine", "masking.causal", body="while True:\n    pass")
    checks = [
        dataclasses.replace(check, limit=1.0 if check.exercise == "masking.causal" else check.limit)
        for check in load().values()
        if check.exercise in ("masking.causal", "masking.padding")
    ]
    submission.assemble(kit.ROOT, tmp_path, endless.files(), base=kit.ROOT)
    report = judge.grade(tmp_path, checks, jobs=1)
    first, *others = report.of("masking.causal")
    assert first.status == LIMIT and first.message == "over the limit of time of 1 s"
    assert {v.status for v in others} == {LIMIT}
    assert {v.message for v in others} == {
        "over the limit of time in another check of this exercise; this one was not run"
    }
    assert {v.status for v in report.of("masking.padding")} == {PASSED}


def test_checks_left_when_the_whole_time_is_spent_are_over_the_limit():
    checks = [c for c in load().values() if c.exercise == "masking.causal"] * 4
    report = judge.grade(kit.ROOT, checks, jobs=1, total_seconds=0.0)
    assert report.verdicts[0].status == PASSED
    assert {v.status for v in report.verdicts[1:]} == {LIMIT}
    assert "before this check" in report.verdicts[-1].message


def test_the_results_have_the_agreed_form(tmp_path):
    report = judge.grade(kit.STENCIL, list(load().values())[:2])
    path = tmp_path / "results.json"
    results.write(report, path)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert list(content) == ["score", "max_score", "isolation", "checks"]
    fields = ["exercise", "name", "status", "points", "max_points", "message", "hint"]
    assert [list(entry) for entry in content["checks"]] == [fields] * 2


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere"], 2, "holds no assignment/ directory"),
        (["--exercise", "masking.casual"], 2, "known: masking.causal, masking.padding"),
        (["-k", "no such check"], 2, "no check matches"),
        (["--explain", "masking.causal"], 0, "upper_triangle"),
        (["--help"], 0, "usage: python -m autograder ["),
        (["--help"], 0, "--fail-fast"),
    ],
)
def test_the_command_line_says_what_is_wrong(arguments, code, words, tmp_path):
    command = [sys.executable, "-m", "autograder", *arguments]
    done = subprocess.run(command, cwd=kit.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert words in " ".join((done.stdout + done.stderr).split())
