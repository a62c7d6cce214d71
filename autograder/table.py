"""Generates the tables of docs/: python -m autograder.table [--check]

The syllabus, from the ledger: what each exercise is worth, how long it takes, what it builds on.
And an instructors' page, from the recording: what students get wrong in each exercise, what they
are told, and which checks find it.
"""

import sys
from pathlib import Path

import tyro

from autograder import kit, syllabus
from autograder.recordings import RecordedMisconception, Recording

SYLLABUS = kit.ROOT / "docs" / "syllabus.md"
MISCONCEPTIONS = kit.ROOT / "docs" / "instructor-misconceptions.md"

_SYLLABUS_HEAD = """\
# Syllabus

Written by `python -m autograder.table` from the ledger, `autograder/syllabus.py`. The parts stand
in the order in which they are written: each one uses the ones before it. The minutes are what to
expect with the page of the part read; the files are below `assignment/`.
"""

_MISCONCEPTIONS_HEAD = """\
# Misconceptions

Written by `python -m autograder.table` from the recorded outputs; not part of the handout. When a
submission's outputs are those of a misconception, its hint is shown.
"""


def pages() -> dict[Path, str]:
    """What each generated page must hold."""
    return {
        SYLLABUS: render_syllabus(),
        MISCONCEPTIONS: render_misconceptions(Recording(kit.OUTPUTS)),
    }


def render_syllabus() -> str:
    """The page of the course: a table of the parts, then one of each part's exercises."""
    lines = [_SYLLABUS_HEAD, "| part | exercises | points | hours |", "|---|---:|---:|---:|"]
    for part in syllabus.PARTS:
        name = f"[{part.number} · {part.title}](#part-{part.number})"
        lines.append(_sums(name, syllabus.exercises_of(part)))
    lines += [_sums("all", tuple(syllabus.EXERCISES.values())), ""]
    for part in syllabus.PARTS:
        lines += [
            f'<a id="part-{part.number}"></a>',
            "",
            f"## Part {part.number} · {part.title}",
            "",
            f"[The page of this part]({_in_docs(part.page)})",
            "",
            "| exercise | title | points | minutes | file | builds on |",
            "|---|---|---:|---:|---|---|",
        ]
        lines += [_exercise_row(exercise) for exercise in syllabus.exercises_of(part)]
        lines.append("")
    return "\n".join(lines)


def _sums(name: str, exercises: tuple[syllabus.Exercise, ...]) -> str:
    points = sum(exercise.points for exercise in exercises)
    hours = sum(exercise.minutes for exercise in exercises) / 60
    return f"| {name} | {len(exercises)} | {points} | {hours:.1f} |"


def _exercise_row(exercise: syllabus.Exercise) -> str:
    needs = ", ".join(map(_link, map(syllabus.find, exercise.prerequisites)))
    return (
        f"| {_link(exercise)} | {exercise.title} | {exercise.points} | {exercise.minutes} "
        f"| `{exercise.file}` | {needs} |"
    )


def _link(exercise: syllabus.Exercise) -> str:
    return f"[`{exercise.id}`]({_in_docs(exercise.page)})"


def _in_docs(page: str) -> str:
    return page.removeprefix("docs/")


def render_misconceptions(recording: Recording) -> str:
    """The page of mistakes, a table for each exercise."""
    recorded = recording.misconceptions()
    lines = [
        _MISCONCEPTIONS_HEAD,
        f"{len(recorded)} misconceptions of {len(syllabus.EXERCISES)} exercises.",
        "",
    ]
    for exercise in syllabus.EXERCISES:
        own = [mistake for mistake in recorded if mistake.exercise == exercise]
        lines += [f"## {exercise}", "", "| mistake | hint | found by |", "|---|---|---|"]
        lines += [_misconception_row(mistake) for mistake in own]
        lines.append("")
    return "\n".join(lines)


def _misconception_row(mistake: RecordedMisconception) -> str:
    checks = ", ".join(f"`{name}`" for name in mistake.caught_by)
    hint = mistake.hint.replace("|", "\\|")
    return f"| {mistake.id.replace('_', ' ')} | {hint} | {checks} |"


def main(check: bool = False) -> None:
    """Writes the pages.

    Args:
        check: write nothing; exit with 1 when a page is stale.
    """
    for path, page in pages().items():
        if not check:
            path.write_text(page, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != page:
            print(f"{path.name} is stale; run python -m autograder.table", file=sys.stderr)
            sys.exit(1)


if __name__ == "__main__":
    tyro.cli(main, prog="python -m autograder.table", description=__doc__)
