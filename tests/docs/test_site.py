"""The site has every page: students' pages are built, instructors' are drafts."""

import re
from fnmatch import fnmatch
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
CONFIG = (DOCS / "site" / "mkdocs.yml").read_text(encoding="utf-8")


def section(name: str) -> str:
    """The indented lines under a key of the configuration."""
    return re.search(rf"^{name}:.*\n((?:  .*\n)+)", CONFIG, re.MULTILINE)[1]


def test_every_page_stands_in_the_navigation_once():
    named = re.findall(r"[\w-]+\.md", section("nav"))
    assert sorted(named) == sorted(path.name for path in DOCS.glob("*.md"))


def test_the_parts_stand_in_their_order():
    parts = re.findall(r"part\d+", section("nav"))
    assert parts == [f"part{number}" for number in range(1, 10)]


def test_just_the_instructors_pages_are_drafts():
    patterns = section("draft_docs").split()
    drafts = {
        path.name for path in DOCS.glob("*.md") if any(fnmatch(path.name, p) for p in patterns)
    }
    _, for_instructors = section("nav").split("- For instructors:")
    assert drafts == set(re.findall(r"[\w-]+\.md", for_instructors))


def test_what_the_site_is_built_with_is_pinned():
    lines = (DOCS / "requirements.txt").read_text(encoding="utf-8").splitlines()
    requirements = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w-]+==[\d.]+", requirement) for requirement in requirements)
    scripts = re.findall(r"https://\S+", section("extra_javascript"))
    assert all(re.search(r"@\d+\.\d+\.\d+/", script) for script in scripts)
