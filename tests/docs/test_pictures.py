"""The pictures of the pages are what their program draws."""

import re
from pathlib import Path

import pytest

from docs import pictures

DOCS = Path(__file__).resolve().parents[2] / "docs"
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_the_picture_is_up_to_date(name):
    assert (pictures.DIRECTORY / f"{name}.svg").read_bytes() == pictures.draw(name)


def test_there_is_no_picture_that_nothing_draws():
    drawn = {path.stem for path in pictures.DIRECTORY.glob("*.svg")}
    assert drawn == set(pictures.PICTURES)


def test_every_part_shows_its_picture_and_describes_it():
    for page in sorted(DOCS.glob("part*.md")):
        images = IMAGE.findall(page.read_text(encoding="utf-8"))
        part = page.stem.split("-")[0]
        assert [path for _, path in images if path.startswith(f"pictures/{part}-")], page.name
        assert all(len(description) > 40 for description, _ in images), page.name


def test_a_picture_keeps_its_text_as_text():
    assert "learning rate" in pictures.draw("part3-schedule").decode()
