"""Every link and every named file of the pages is there, in this repository and in a handout."""

import re
from pathlib import Path

import pytest

from autograder import handout

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
NAMED_FILE = re.compile(
    r"`((?:assignment|autograder|stencil|tests|docs|data|benchmarks)/[\w./-]*\w\.\w+)`"
)
# Made by the first use.
MADE_LATER = ("data/cache",)


def pages_of(root: Path) -> list[Path]:
    named = [root / "README.md", root / "data" / "README.md"]
    return [path for path in named if path.is_file()] + sorted((root / "docs").glob("*.md"))


def prose_of(page: Path) -> str:
    """The page without its fences, in which brackets are code."""
    text = page.read_text(encoding="utf-8")
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors_of(page: Path) -> set[str]:
    """What GitHub lets a link point at: headings, and the ids that the page sets itself."""
    prose = prose_of(page)
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    kept = (
        re.sub(r"[^\w\- ]", "", re.sub(r"\[(.*?)\]\(.*?\)", r"\1", h)).lower() for h in headings
    )
    return {slug.replace(" ", "-") for slug in kept} | set(re.findall(r'<a id="([^"]+)">', prose))


def broken_links(page: Path) -> list[str]:
    broken = []
    for link in LINK.findall(prose_of(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", pages_of(ROOT), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_the_links_of_a_page_lead_somewhere(page):
    assert not broken_links(page)


@pytest.mark.parametrize("page", pages_of(ROOT), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_the_files_that_a_page_names_exist(page):
    named = NAMED_FILE.findall(page.read_text(encoding="utf-8"))
    named = [path for path in named if not path.startswith(MADE_LATER)]
    assert not [path for path in named if not (ROOT / path).exists()]


def test_every_page_can_be_reached_from_the_readme():
    seen, to_read = set(), [ROOT / "README.md"]
    while to_read:
        page = to_read.pop()
        if page.suffix != ".md" or page in seen:
            continue
        seen.add(page)
        links = (link.partition("#")[0] for link in LINK.findall(prose_of(page)))
        to_read += [(page.parent / link).resolve() for link in links if link and ":" not in link]
    assert not set(pages_of(ROOT)) - seen


def test_the_links_of_a_handout_lead_to_what_is_in_it(tmp_path):
    handout.write(tmp_path / "repository")
    pages = pages_of(tmp_path / "repository")
    assert len(pages) > 10
    assert not {page.name: found for page in pages if (found := broken_links(page))}
