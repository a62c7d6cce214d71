"""Makes the student's repository: python -m autograder.handout OUT [--reveal-through PART]

The starter package, the grader with its recorded outputs, the data and the handout's pages: no
solution in it, and nothing that is almost one.
"""

import shutil
import sys
from pathlib import Path

import tyro
from tyro.conf import Positional

from autograder import kit, stencil, syllabus
from autograder.checks import load
from autograder.recordings import Recording

# Instructors' tools, and the code of misconceptions and variants, stay behind.
_LEFT_OUT = (
    *("misconceptions", "variants", "starter", "solution_outputs", "__pycache__"),
    *("batch", "gradescope", "workflows"),
    *(
        "calibrate.py",
        "fences.py",
        "handout.py",
        "hidden.py",
        "instruments.py",
        "mutations.py",
        "official.py",
        "record.py",
        "stencil.py",
        "table.py",
    ),
)
_INSTRUCTOR_PAGES = ("instructor*", "rubric*", "architecture*")

_GITIGNORE = """\
.venv/
__pycache__/
.pytest_cache/
.ruff_cache/
/runs/
/data/cache/
"""

_PYPROJECT = """\
[project]
name = "llm-from-scratch"
version = "1.0.0"
requires-python = ">=3.11,<3.14"

[tool.ruff]
line-length = 100
target-version = "py311"

[tool.ruff.lint]
select = ["E", "F", "I", "UP", "B"]
# A blank leaves names unused that your code will use, and unset that it will set.
ignore = ["F401", "F821", "F841", "B007"]

[tool.pytest.ini_options]
testpaths = ["autograder"]
addopts = "-q"
filterwarnings = ["ignore::DeprecationWarning"]
"""

_WORKFLOW = """\
name: Public checks
on: [push, workflow_dispatch]
permissions:
  contents: read
jobs:
  grade:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.11"
          cache: pip
      - run: pip install -r requirements.txt
      - run: python -m autograder . --github --json results.json --html report.html
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: results
          path: |
            results.json
            report.html
"""

_README = """\
# Build a language model from scratch

You fill the blanks of a small, complete language-model codebase: from text to attention, training,
sampling, supervised fine-tuning, RLHF, DPO and GRPO. Every part ends in something that runs.

## Set up

```sh
python -m venv .venv
. .venv/bin/activate          # Windows: .venv\\Scripts\\activate
pip install -r requirements.txt
```

## Work

Each blank is a `raise NotImplementedError("<exercise>: <what to do>")` in `assignment/`. Read the
page of the part in `docs/`, replace the `raise` by your code, and look at what it does:

```sh
python -m autograder                                   # every public check
python -m autograder --exercise masking.causal         # one exercise
python -m autograder --status                          # what is blank, failing, done
python -m assignment.train                             # after Part 3: train, and watch the curve
tensorboard --logdir runs
```

Until Part 3 is written, `assignment.train` says which blank it needs next. From Part 4 on
`python -m assignment.sample` writes with what was trained, and from Part 6 on every further stage
(`sft`, `dpo`, …) is a command of the same kind; the pages say when.

An exercise earns its points when all of its checks pass. A check is *passed*; *failed*, with the
first number that differs and often a hint; *blank*, until you write it; or *blocked* by another
blank, which is to be written first.

Only the files of the table below are graded; everything else is given.

{table}
"""


def write(out: Path, reveal_through: int = 0) -> None:
    """Writes the student's repository into a new directory.

    Args:
        out: must not exist, or be empty.
        reveal_through: hand out the solved code of the parts up to this one.

    Raises:
        FileExistsError: `out` holds files already.
        FileNotFoundError: a check has no recorded output.
    """
    if out.exists() and any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty; choose a new directory")
    recording = Recording(kit.OUTPUTS)
    if missing := [c.key for c in load().values() if recording.expected(c) is None]:
        raise FileNotFoundError(
            f"{missing[0]} is not recorded; run python -m autograder.record first"
        )
    starter = stencil.starter_files(keep=_revealed(reveal_through))
    stencil.write_tree(out, starter)
    stencil.write_tree(out / "autograder" / "starter", starter)
    shutil.copytree(
        kit.AUTOGRADER,
        out / "autograder",
        ignore=shutil.ignore_patterns(*_LEFT_OUT),
        dirs_exist_ok=True,
    )
    shutil.copytree(kit.OUTPUTS, out / "autograder" / "solution_outputs")
    for name, hidden in (("data", ()), ("docs", _INSTRUCTOR_PAGES)):
        if (kit.ROOT / name).is_dir():
            skip = shutil.ignore_patterns(*hidden, "__pycache__", "*.pyc", "cache")
            shutil.copytree(kit.ROOT / name, out / name, ignore=skip)
    for name in ("requirements.txt", "LICENSE"):
        shutil.copy(kit.ROOT / name, out)
    stencil.write_tree(
        out,
        {
            "README.md": _README.format(table=_table()).encode(),
            "pyproject.toml": _PYPROJECT.encode(),
            ".gitignore": _GITIGNORE.encode(),
            ".github/workflows/checks.yml": _WORKFLOW.encode(),
        },
    )


def _revealed(through: int) -> set[str]:
    return {e.id for e in syllabus.EXERCISES.values() if e.part.number <= through}


def _table() -> str:
    rows = ["| exercise | | points | minutes | file | handout |", "|---|---|---|---|---|---|"]
    for exercise in syllabus.EXERCISES.values():
        rows.append(
            f"| `{exercise.id}` | {exercise.title} | {exercise.points} | {exercise.minutes} "
            f"| `assignment/{exercise.file}` | [Part {exercise.part.number}]({exercise.page}) |"
        )
    return "\n".join(rows)


def main(out: Positional[Path], reveal_through: int = 0) -> None:
    """Makes the student's repository.

    Args:
        out: a new directory.
        reveal_through: hand out the solved code of the parts up to this one.
    """
    try:
        write(out, reveal_through)
    except (FileExistsError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    print(f"wrote {out}")


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
