import subprocess
import sys

import pytest

from autograder import fences, handout, kit, submission, syllabus


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    directory = tmp_path_factory.mktemp("student") / "repository"
    handout.write(directory)
    return directory


def solution_lines() -> set[str]:
    """The distinctive lines of all fenced code: long enough not to stand elsewhere by chance."""
    lines = {
        line.strip()
        for path in kit.SOLUTION.rglob("*.py")
        for region in fences.regions(path.read_text(encoding="utf-8"), path.name)
        for line in region.body.splitlines()
        if len(line.strip()) >= 30 and not line.strip().startswith("#")
    }
    given = {
        line.strip()
        for path in kit.STENCIL.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    return lines - given


def test_no_line_of_the_solution_is_handed_out(student):
    secret = solution_lines()
    assert len(secret) > 20
    for path in student.rglob("*"):
        if path.is_file() and path.suffix in (".py", ".md", ".json", ".toml", ".yml", ".txt"):
            text = path.read_text(encoding="utf-8")
            found = {line for line in map(str.strip, text.splitlines()) if line in secret}
            assert not found, f"{path.relative_to(student)}: {found}"


def test_instructors_files_stay_behind(student):
    names = {path.relative_to(student).as_posix() for path in student.rglob("*.py")}
    for folder in ("misconceptions", "variants", "batch", "gradescope", "workflows"):
        assert not [name for name in names if name.startswith(f"autograder/{folder}/")]
    for tool in (
        "record",
        "calibrate",
        "stencil",
        "handout",
        "mutations",
        "instruments",
        "hidden",
        "official",
    ):
        assert f"autograder/{tool}.py" not in names
    assert not list((student / "docs").glob("*instructor*"))


def test_every_exercise_is_blank(student):
    assert submission.blank_exercises(student) == set(syllabus.EXERCISES)


def test_the_students_grader_runs_and_gives_zero(student):
    command = [sys.executable, "-m", "autograder", "--exercise", "masking.causal"]
    done = subprocess.run(command, cwd=student, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "not written yet" in done.stdout and "0 of 2 points" in done.stdout


def test_earlier_parts_can_be_revealed(tmp_path):
    handout.write(tmp_path / "out", reveal_through=2)
    revealed = {e.id for e in syllabus.EXERCISES.values() if e.part.number <= 2}
    blanks = submission.blank_exercises(tmp_path / "out")
    assert blanks == set(syllabus.EXERCISES) - revealed


def test_an_existing_directory_is_not_overwritten(student):
    with pytest.raises(FileExistsError, match="choose a new directory"):
        handout.write(student)
