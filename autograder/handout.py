"""Makes the student's repository: python -m autograder.handout OUT [--reveal-through PART]

The starter package, the grader with its recorded outputs, the data and the handout's pages: no
solution in it, and nothing that is almost one.
"""

import json
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
        "handout_files",
        "hidden.py",
        "instruments.py",
        "mutations.py",
        "official.py",
        "proof.py",
        "record.py",
        "stencil.py",
        "table.py",
        "trials.py",
    ),
)
# Of docs/: instructors' pages, and what builds the site.
_INSTRUCTOR_PAGES = (
    "instructor*",
    "rubric*",
    "architecture*",
    "performance*",
    "site",
    "requirements.txt",
    "*.py",
)
# Copied as they are, but for these files.
_COPIED = {"data": (), "docs": _INSTRUCTOR_PAGES}
# What stands in a handout and nowhere else: README, editor settings, workflow, …
_FILES = kit.AUTOGRADER / "handout_files"


def write(out: Path, reveal_through: int = 0) -> None:
    """Writes the student's repository into a new directory.

    Args:
        out: must not exist, or be empty.
        reveal_through: hand out the solved code of the parts up to this one.

    Raises:
        FileExistsError: `out` holds files already.
        FileNotFoundError: a check has no recorded output, or an exercise no section of its page.
        ValueError: there is no such part, or `out` lies in what is copied.
    """
    if not 0 <= reveal_through <= len(syllabus.PARTS):
        raise ValueError(
            f"--reveal-through takes 0 to {len(syllabus.PARTS)}. Received: {reveal_through}"
        )
    if out.exists() and not out.is_dir():
        raise FileExistsError(f"{out} is a file; choose a new directory")
    if out.exists() and any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty; choose a new directory")
    for copied in (kit.AUTOGRADER, *(kit.ROOT / name for name in _COPIED)):
        if out.resolve().is_relative_to(copied.resolve()):
            raise ValueError(
                f"{out} lies in {copied.name}/, which is handed out itself; choose a directory "
                "outside of the kit"
            )
    for part in syllabus.PARTS:
        page = (kit.ROOT / part.page).read_text(encoding="utf-8")
        for exercise in syllabus.exercises_of(part):
            anchor = f'<a id="{exercise.anchor}"></a>'
            if anchor not in page:
                raise FileNotFoundError(
                    f"{part.page} has no section on {exercise.id}: it begins with {anchor}"
                )
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
    for name, hidden in _COPIED.items():
        if (kit.ROOT / name).is_dir():
            skip = shutil.ignore_patterns(*hidden, "__pycache__", "*.pyc", "cache")
            shutil.copytree(kit.ROOT / name, out / name, ignore=skip)
    for name in ("requirements.txt", "LICENSE"):
        shutil.copy(kit.ROOT / name, out)
    skip = shutil.ignore_patterns(".ruff_cache")  # a linter that ran there leaves it
    shutil.copytree(_FILES, out, ignore=skip, dirs_exist_ok=True)
    readme = out / "README.md"
    readme.write_text(
        readme.read_text(encoding="utf-8").replace("{table}", _table()), encoding="utf-8"
    )
    tasks = out / ".vscode" / "tasks.json"
    tasks.write_text(_with_exercises(tasks.read_text(encoding="utf-8")), encoding="utf-8")


def _revealed(through: int) -> set[str]:
    return {e.id for e in syllabus.EXERCISES.values() if e.part.number <= through}


def _table() -> str:
    rows = ["| exercise | title | points | minutes | file | handout |", "|---|---|---|---|---|---|"]
    for exercise in syllabus.EXERCISES.values():
        rows.append(
            f"| `{exercise.id}` | {exercise.title} | {exercise.points} | {exercise.minutes} "
            f"| `assignment/{exercise.file}` | [Part {exercise.part.number}]({exercise.page}) |"
        )
    return "\n".join(rows)


def _with_exercises(tasks: str) -> str:
    """The editor's tasks, with the exercises to choose from."""
    described = json.loads(tasks)
    (choice,) = described["inputs"]
    choice["options"] = list(syllabus.EXERCISES)
    return json.dumps(described, indent=2) + "\n"


def main(out: Positional[Path], reveal_through: int = 0) -> None:
    """Makes the student's repository.

    Args:
        out: a new directory.
        reveal_through: hand out the solved code of the parts up to this one.
    """
    try:
        write(out, reveal_through)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    print(f"wrote {out}")


if __name__ == "__main__":
    tyro.cli(main, prog="python -m autograder.handout", description=__doc__)
