"""Formulas reach the renderer as they were written, on GitHub and on the site.

GitHub reads a page as Markdown before it looks for formulas between dollars, so what is an escape
or an emphasis in Markdown is lost in them. Fences called `math` are taken as they are.
"""

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "data" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FORMULA = re.compile(r"\$[^$]+\$")


def formulas(page: Path) -> list[tuple[str, str]]:
    """Each formula within a line, with the text that Markdown makes of its surroundings."""
    found = []
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8")):
        children = token.children or []
        code = {child.content for child in children if child.type == "code_inline"}
        prose = token.content
        for text in code:
            prose = prose.replace(text, "")
        text = "".join("\n" if c.type == "softbreak" else c.content for c in children)
        found += [(formula, text) for formula in FORMULA.findall(prose)]
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_formulas_survive_markdown(page):
    for formula, text in formulas(page):
        assert formula in text, f"Markdown changes {formula}; write another command, or a fence"
        assert "\n" not in formula, f"{formula} is not on one line"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_displayed_formulas_stand_in_fences(page):
    prose = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    assert "$$" not in re.sub(r"`[^`]*`", "", prose)


def test_there_are_formulas_to_look_at():
    assert sum(len(formulas(page)) for page in PAGES) > 200
