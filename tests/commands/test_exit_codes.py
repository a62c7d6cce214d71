"""Bad input gives a line, a bug gives a traceback, a blank gives the exercise."""

import shutil

import numpy as np
import pytest
from tiny_runs import ROOT, flags_of, run_command

from assignment.command_line import is_about_input
from assignment.config import TrainConfig
from assignment.training.runs import RunDirectory


def raised(function, *arguments) -> Exception:
    with pytest.raises(ValueError) as caught:
        function(*arguments)
    return caught.value


def test_what_the_package_raises_about_its_input_is_told_from_what_a_library_raises():
    assert is_about_input(raised(TrainConfig(preset="huge").resolve))
    assert not is_about_input(raised(np.add, np.zeros(2), np.zeros(3)))
    assert not is_about_input(raised(int, "x"))


def test_a_bug_keeps_its_traceback(corpus, tmp_path):
    shutil.copytree(ROOT / "assignment", tmp_path / "assignment")
    (tmp_path / "data").symlink_to(ROOT / "data")
    windows = tmp_path / "assignment" / "text" / "windows.py"
    source = windows.read_text()
    right = "    return windows[:, :-1], windows[:, 1:]\n"
    assert right in source
    windows.write_text(source.replace(right, "    np.zeros(2) + np.zeros(3)\n" + right))
    finished = run_command("train", *flags_of(corpus), directory=tmp_path, PYTHONPATH=str(tmp_path))
    assert finished.code == 1
    assert "Traceback" in finished.err
    assert "windows.py" in finished.err
    assert not finished.errors


def test_a_blank_names_its_exercise(corpus, tmp_path):
    finished = run_command(
        "train", *flags_of(corpus), directory=tmp_path, PYTHONPATH=str(ROOT / "stencil")
    )
    assert finished.code == 3
    assert "The exercise text.tokenizer is still blank" in finished.err
    assert "Traceback" not in finished.err
    assert not (tmp_path / "run").exists()


def test_a_blank_within_a_layer_names_its_exercise(corpus, tmp_path):
    shutil.copytree(ROOT / "assignment", tmp_path / "assignment")
    (tmp_path / "data").symlink_to(ROOT / "data")
    blank = "models/transformer_lm.py"
    shutil.copy(ROOT / "stencil/assignment" / blank, tmp_path / "assignment" / blank)
    finished = run_command("train", *flags_of(corpus), directory=tmp_path, PYTHONPATH=str(tmp_path))
    assert finished.code == 3
    first, second = finished.err.splitlines()[-2:]
    assert first.startswith("The exercise models.transformer_lm is still blank: ")
    assert "\x1b" not in first and second.endswith("--exercise models.transformer_lm")


def test_a_run_that_met_a_blank_takes_the_tokenizer_as_it_is_mended_since(corpus, tmp_path):
    package = tmp_path / "code"
    shutil.copytree(ROOT / "assignment", package / "assignment")
    (package / "data").symlink_to(ROOT / "data")
    shutil.copy(ROOT / "stencil/assignment/training/losses.py", package / "assignment/training")
    tokenizer = package / "assignment/text/tokenizer.py"
    right = tokenizer.read_text()
    assert "remove_extra_whitespaces=False" in right
    wrong = right.replace("remove_extra_whitespaces=False", "remove_extra_whitespaces=True")

    def tokens_of_two_spaces(*flags) -> list[int]:
        finished = run_command(
            "train", *flags_of(corpus), *flags, directory=tmp_path, PYTHONPATH=str(package)
        )
        assert finished.code == 3, finished.err
        return RunDirectory(tmp_path / "run").tokenizer().encode("two  spaces")

    tokenizer.write_text(wrong)
    before = tokens_of_two_spaces()
    tokenizer.write_text(right)
    assert tokens_of_two_spaces() != before
    # Nothing was trained yet, so that another attempt may have other settings.
    tokens_of_two_spaces("--steps", "40")
    assert RunDirectory(tmp_path / "run").settings()["steps"] == 40


@pytest.mark.slow
def test_a_run_before_decoding_is_written_trains_and_says_what_is_missing(corpus, tmp_path):
    package = tmp_path / "code"
    shutil.copytree(ROOT / "assignment", package / "assignment")
    (package / "data").symlink_to(ROOT / "data")
    for part in ("generation/decoding.py", "generation/sampling.py"):
        shutil.copy(ROOT / "stencil/assignment" / part, package / "assignment" / part)
    finished = run_command("train", *flags_of(corpus), directory=tmp_path, PYTHONPATH=str(package))
    assert finished.code == 0, finished.err
    samples = (tmp_path / "run" / "samples.txt").read_text()
    assert "(no sample yet: the exercise decoding.generate is still blank)\n" in samples
    assert "File" not in samples
