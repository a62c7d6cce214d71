"""The written questions and their rubric belong together."""

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
QUESTION = re.compile(r"^### (\d+\.\d+ .+) \((\d) points?\)$", re.MULTILINE)


def questions(page: str) -> dict[str, int]:
    """The points of each question, by number and title."""
    found = QUESTION.findall((DOCS / page).read_text())
    return {title: int(points) for title, points in found}


def test_every_question_has_its_answer_for_the_same_points():
    assert len(questions("questions.md")) >= 20
    assert questions("rubric.md") == questions("questions.md")


def test_the_points_of_an_answer_add_up_to_those_of_its_question():
    answers = re.split(r"^### ", (DOCS / "rubric.md").read_text(), flags=re.MULTILINE)[1:]
    for answer in answers:
        title, points = QUESTION.match(f"### {answer.splitlines()[0]}").groups()
        assert sum(map(int, re.findall(r"^- \((\d)\) ", answer, re.MULTILINE))) == int(points), (
            title
        )


def test_the_page_says_what_all_questions_are_worth():
    total = sum(questions("questions.md").values())
    assert f"{total} in all" in (DOCS / "questions.md").read_text()


def test_every_part_has_questions():
    numbers = {title.split(".")[0] for title in questions("questions.md")}
    assert {str(part) for part in range(1, 10)} <= numbers
