"""The notebook of the handout."""

import ast
import json
import os
import subprocess
import sys

import pytest

from autograder import handout, kit

NOTEBOOK = kit.AUTOGRADER / "handout_files" / "notebook.ipynb"


def cells() -> list[str]:
    """The code of all cells but those that only a notebook can show."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return [
        "".join(cell["source"])
        for cell in notebook["cells"]
        if cell["cell_type"] == "code" and "interactive" not in cell["metadata"].get("tags", [])
    ]


def test_its_cells_are_python_without_a_notebooks_own_commands():
    for cell in cells():
        ast.parse(cell)


def test_it_is_handed_out_without_outputs():
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert not [cell for cell in notebook["cells"] if cell.get("outputs")]


@pytest.mark.exhaustive
def test_its_cells_run_one_after_the_other_in_a_finished_handout(tmp_path):
    handout.write(tmp_path / "repository", reveal_through=9)
    program = "\n".join(cells())
    short = program.replace("PRESET)\n", 'PRESET, "--steps", "20", "--evaluate-every", "10")\n')
    assert short != program
    done = subprocess.run(
        [sys.executable, "-"],
        input=short,
        cwd=tmp_path / "repository",
        env=os.environ | {"MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # Requirements, status, one exercise, training, samples.
    assert done.stdout.count("(ended with exit code 0)") == 5, done.stdout
    assert "100 of 100 points" in done.stdout
    assert "No curve yet" not in done.stdout
    assert done.stdout.count("Once there was a fox") == 3
