"""The page of a part has what a student needs, in the same places on every page."""

import re
from pathlib import Path

import pytest

from autograder import syllabus

ROOT = Path(__file__).resolve().parents[2]


def sections(part: syllabus.Part) -> dict[str, str]:
    """The text under each heading, by heading."""
    text = (ROOT / part.page).read_text(encoding="utf-8")
    pieces = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


parts = pytest.mark.parametrize("part", syllabus.PARTS, ids=lambda part: str(part.number))


@parts
def test_it_begins_with_the_idea_and_the_order_of_work(part):
    first, second, *_ = sections(part)
    assert first == "The idea"
    if "order" not in second:  # a page may say before that where the lecture differs
        second = list(sections(part))[2]
    assert "order" in second


@parts
def test_it_has_equations_shapes_and_a_picture(part):
    page = (ROOT / part.page).read_text(encoding="utf-8")
    assert "```math\n" in page
    assert re.search(r"\(B[,)]|\(…, |\(N,\)|`\(length,\)`", page)
    assert f"(pictures/part{part.number}-" in page


@parts
def test_every_exercise_has_its_title_a_trap_and_its_check(part):
    for exercise in syllabus.exercises_of(part):
        section = sections(part).get(exercise.title)
        assert section, f"{part.page} needs the heading '## {exercise.title}'"
        trap = re.search(r"^\*A (typical )?trap\.\*", section, re.MULTILINE)
        assert trap, f"'## {exercise.title}' needs a line that begins '*A typical trap.*'"
        assert f"python -m autograder --exercise {exercise.id}" in section


@parts
def test_it_ends_in_what_to_see_questions_and_further_reading(part):
    title, last = list(sections(part).items())[-1]
    assert title == "When the part is done"
    assert "python -m assignment." in last or "```python" in last
    numbered = re.findall(r"^\d\. ", last, re.MULTILINE)
    assert len(numbered) >= 3
    assert "Going further" in last.split("uestions", 1)[1]
    assert "https://arxiv.org/abs/" in last
