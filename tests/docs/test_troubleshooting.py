"""The page of error messages quotes what the code says today."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "troubleshooting.md"
# Checks, misconceptions and recorded starters hold texts of their own, which nobody is shown.
NOT_SHOWN = {"misconceptions", "variants", "checks", "starter"}


def quoted_messages() -> list[str]:
    """Every line of the page's frames called `text`; … stands for what differs."""
    frames = re.findall(r"^```text\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [line for frame in frames for line in frame.splitlines()]


def text_of(node: ast.AST) -> str | None:
    """The text of a string or f-string, with … for what is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(p.value if isinstance(p, ast.Constant) else "…" for p in node.values)
    return None


def messages_of_the_code() -> list[str]:
    texts = []
    for package in ("assignment", "autograder"):
        for path in (ROOT / package).rglob("*.py"):
            if not NOT_SHOWN & set(path.parts):
                nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                texts += [" ".join(text.split()) for text in map(text_of, nodes) if text]
    return texts


@pytest.fixture(scope="module")
def messages() -> str:
    return "\n".join(messages_of_the_code())


@pytest.mark.parametrize("quoted", quoted_messages())
def test_the_message_stands_in_the_code(quoted, messages):
    pieces = [re.escape(" ".join(piece.split())) for piece in quoted.split("…")]
    assert re.search(r"[^\n]*".join(pieces), messages), quoted


def test_the_page_quotes_enough_to_be_worth_searching():
    assert len(quoted_messages()) > 50
