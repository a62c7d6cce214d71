import json
import subprocess
import sys

import pytest

from autograder import checks, fences, handout, kit, submission, syllabus


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    directory = tmp_path_factory.mktemp("student") / "repository"
    handout.write(directory)
    return directory


def test_an_exercise_that_its_page_does_not_mention_is_not_handed_out(monkeypatch, tmp_path):
    monkeypatch.setattr(syllabus.Exercise, "anchor", property(lambda exercise: "nowhere"))
    with pytest.raises(
        FileNotFoundError, match=r"part1-text\.md has no section on text\.tokenizer"
    ):
        handout.write(tmp_path / "new")
    assert not (tmp_path / "new").exists()


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
    return lines - given - {"with tf.GradientTape() as tape:"}  # as everybody writes it


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
    assert not (student / "autograder" / "handout_files").exists()
    pages = {path.name for path in (student / "docs").iterdir()}
    assert {"syllabus.md", "questions.md", "troubleshooting.md"} <= pages
    for page in ("instructor", "rubric", "architecture", "performance", "site"):
        assert not [name for name in pages if page in name]


def test_every_exercise_is_blank(student):
    assert submission.blank_exercises(student) == set(syllabus.EXERCISES)


def test_the_students_grader_runs_and_gives_zero(student):
    command = [sys.executable, "-m", "autograder", "--exercise", "masking.causal"]
    done = subprocess.run(command, cwd=student, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "not written yet" in done.stdout and "0 of 2 points" in done.stdout


def test_the_list_of_mistakes_is_for_instructors(student):
    command = [sys.executable, "-m", "autograder", "--explain", "masking.causal"]
    done = subprocess.run(command, cwd=student, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "it is for instructors" in done.stderr


def test_earlier_parts_can_be_revealed(tmp_path):
    handout.write(tmp_path / "out", reveal_through=2)
    revealed = {e.id for e in syllabus.EXERCISES.values() if e.part.number <= 2}
    blanks = submission.blank_exercises(tmp_path / "out")
    assert blanks == set(syllabus.EXERCISES) - revealed


@pytest.mark.parametrize("part", [-1, 10])
def test_a_part_that_does_not_exist_cannot_be_revealed(part, tmp_path):
    with pytest.raises(ValueError, match=f"takes 0 to 9. Received: {part}"):
        handout.write(tmp_path / "out", reveal_through=part)
    assert not (tmp_path / "out").exists()


def test_a_place_where_no_handout_can_be_is_refused(student, capsys):
    for place, words in (
        (student, "is not empty; choose a new directory"),
        (student / "README.md", "is a file; choose a new directory"),
        (kit.ROOT / "docs" / "handout", "lies in docs/, which is handed out itself"),
    ):
        with pytest.raises(SystemExit) as ended:
            handout.main(place)
        assert ended.value.code == 2
        assert words in capsys.readouterr().err
    assert not (kit.ROOT / "docs" / "handout").exists()


def test_nothing_but_the_course_is_handed_out(student):
    assert {path.name for path in student.iterdir()} == {
        *("README.md", "LICENSE", "AGENTS.md", "CLAUDE.md", "notebook.ipynb"),
        *("requirements.txt", "pyproject.toml", ".gitignore", ".github", ".vscode"),
        *("assignment", "autograder", "data", "docs"),
    }


def test_the_readme_lists_every_exercise(student):
    readme = (student / "README.md").read_text(encoding="utf-8")
    for exercise in syllabus.EXERCISES.values():
        assert f"| `{exercise.id}` | {exercise.title} |" in readme
    assert "{" not in readme


def test_ai_assistants_are_asked_to_tutor_and_not_to_solve(student):
    rules = (student / "AGENTS.md").read_text(encoding="utf-8")
    assert "tutor, do not solve" in rules
    assert "AGENTS.md" in (student / "CLAUDE.md").read_text(encoding="utf-8")
    for named in ("docs/questions.md", "docs/troubleshooting.md", "autograder/", "README.md"):
        assert f"`{named}`" in rules and (student / named).exists()


def test_the_editors_tasks_call_commands_that_are_handed_out(student):
    described = json.loads((student / ".vscode" / "tasks.json").read_text(encoding="utf-8"))
    assert described["inputs"][0]["options"] == list(syllabus.EXERCISES)
    modules = [t["args"][1] for t in described["tasks"] if t["args"][0] == "-m"]
    assert len(modules) >= 4
    for module in modules:
        path = student / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


def test_the_editor_finds_every_check_as_a_test(student):
    settings = json.loads((student / ".vscode" / "settings.json").read_text(encoding="utf-8"))
    assert settings["python.testing.pytestEnabled"]
    arguments = settings["python.testing.pytestArgs"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments],
        cwd=student,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert f"{len(checks.load())} " in done.stdout or done.stdout.rstrip().endswith(
        f": {len(checks.load())}"
    )
