"""The ledger against the code: every exercise has its blank, its checks, and their proof."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import fences, kit, misconceptions, syllabus, variants
from autograder.checks import load

EXERCISES = list(syllabus.EXERCISES.values())
each_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)


def test_all_points_add_up_to_100():
    assert sum(exercise.points for exercise in EXERCISES) == 100


def test_each_part_has_the_points_that_the_course_gives_it():
    points = [sum(e.points for e in syllabus.exercises_of(part)) for part in syllabus.PARTS]
    assert points == [8, 10, 14, 10, 26, 8, 10, 6, 8]


def test_prerequisites_come_earlier_so_there_is_no_circle():
    seen = set()
    for exercise in EXERCISES:
        assert set(exercise.prerequisites) <= seen, exercise.id
        seen.add(exercise.id)


@each_exercise
def test_the_exercise_is_fenced_in_its_own_file_only(exercise):
    found = [
        path.relative_to(kit.SOLUTION).as_posix()
        for path in kit.SOLUTION.rglob("*.py")
        for region in fences.regions(path.read_text(encoding="utf-8"), path.name)
        if region.exercise == exercise.id
    ]
    assert found and set(found) == {exercise.file}


@each_exercise
def test_the_exercise_defines_its_symbols(exercise):
    tree = ast.parse((kit.SOLUTION / exercise.file).read_text(encoding="utf-8"))
    defined = {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    assert set(exercise.symbols) <= defined


@each_exercise
def test_the_exercise_has_checks(exercise):
    assert any(check.exercise == exercise.id for check in load().values())


@each_exercise
def test_the_exercise_has_a_variant(exercise):
    assert any(variant.exercise == exercise.id for variant in variants.load())


@each_exercise
def test_the_exercise_has_two_misconceptions_or_more_with_hints(exercise):
    own = [m for m in misconceptions.load() if m.exercise == exercise.id]
    assert len(own) >= 2
    assert len({m.id for m in own}) == len(own)
    assert all(20 < len(m.hint) < 300 for m in own)


@each_exercise
def test_the_exercise_has_a_section_in_the_handout(exercise):
    page = kit.ROOT / exercise.part.page
    if not page.exists():
        pytest.skip(f"{exercise.part.page} is not written yet")
    text = page.read_text(encoding="utf-8")
    assert f"{{#{exercise.anchor}}}" in text or f'id="{exercise.anchor}"' in text


@each_exercise
def test_the_task_is_one_short_phrase(exercise):
    assert len(exercise.task) < 60 and not exercise.task.endswith(".")


def test_the_judge_and_its_command_line_import_neither_tensorflow_nor_a_submission():
    code = (
        "import sys, autograder.__main__; from autograder.checks import load; load();"
        "bad = {'tensorflow', 'keras', 'assignment'} & set(sys.modules); sys.exit(str(bad or ''))"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=kit.ROOT, capture_output=True, text=True, check=False
    )
    assert process.stderr.strip() == ""


def test_an_id_that_stands_twice_in_the_ledger_is_named():
    source = Path(syllabus.__file__).read_text(encoding="utf-8")
    twice = source.replace('"text.windows"', '"text.tokenizer"', 1)
    with pytest.raises(ValueError, match=r"two exercises are called 'text\.tokenizer'"):
        exec(compile(twice, "syllabus.py", "exec"), {"__name__": syllabus.__name__})
