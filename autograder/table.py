"""Generates the table of misconceptions: python -m autograder.table [--check]

It is an instructors' page, written from the recording: what students get wrong in each exercise,
what they are told, and which checks find it.
"""

import sys

import tyro

from autograder import kit, syllabus
from autograder.recordings import RecordedMisconception, Recording

PAGE = kit.ROOT / "docs" / "instructor-misconceptions.md"

_HEAD = """\
# Misconceptions

Written by `python -m autograder.table` from the recorded outputs; not part of the handout. When a
submission's outputs are those of a misconception, its hint is shown.
"""


def render(recording: Recording) -> str:
    """The page, a table for each exercise."""
    recorded = recording.misconceptions()
    lines = [_HEAD, f"{len(recorded)} misconceptions of {len(syllabus.EXERCISES)} exercises.", ""]
    for exercise in syllabus.EXERCISES:
        own = [mistake for mistake in recorded if mistake.exercise == exercise]
        lines += [f"## {exercise}", "", "| mistake | hint | found by |", "|---|---|---|"]
        lines += [_row(mistake) for mistake in own]
        lines.append("")
    return "\n".join(lines)


def _row(mistake: RecordedMisconception) -> str:
    checks = ", ".join(f"`{name}`" for name in mistake.caught_by)
    hint = mistake.hint.replace("|", "\\|")
    return f"| {mistake.id.replace('_', ' ')} | {hint} | {checks} |"


def main(check: bool = False) -> None:
    """Writes the page.

    Args:
        check: write nothing; exit with 1 when the page is stale.
    """
    page = render(Recording(kit.OUTPUTS))
    if not check:
        PAGE.write_text(page, encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page:
        print(f"{PAGE.name} is stale; run python -m autograder.table", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
