import subprocess
import sys

import pytest

from autograder import kit, stencil, submission, syllabus


def test_the_stencil_is_up_to_date():
    assert stencil.stale_files() == []


def test_generation_is_deterministic():
    assert stencil.starter_files() == stencil.starter_files()


def test_every_exercise_is_blank_in_the_stencil_and_none_in_the_solution():
    assert submission.blank_exercises(kit.STENCIL) == set(syllabus.EXERCISES)
    assert submission.blank_exercises(kit.ROOT) == set()


def test_the_stencil_is_formatted_and_lint_clean():
    for arguments in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *arguments, "--quiet", str(kit.STENCIL)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_check_names_the_stale_file_and_exits_1(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(kit, "STENCIL", tmp_path)
    stencil.write()
    stencil.main(check=True)
    (tmp_path / "assignment/layers/masking.py").write_text("edited\n")
    (tmp_path / "assignment/left_over.py").write_text("")
    with pytest.raises(SystemExit) as ended:
        stencil.main(check=True)
    assert ended.value.code == 1
    printed = capsys.readouterr().out
    assert "stencil/assignment/layers/masking.py" in printed
    assert "stencil/assignment/left_over.py" in printed
    assert "attention.py" not in printed
