"""The commands that the pages show, as one would copy them."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
HANDOUT = ROOT / "autograder" / "handout_files"
PAGES = [
    ROOT / "README.md",
    ROOT / "data" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted(HANDOUT.glob("*.md")),
]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# A frame of a shell, or code within a sentence that has a program and what it is to do.
COMMAND = re.compile(
    r"(PYTHONPATH=\S+ )?"
    r"(\S*python3? (-m|-c|--version)|\S*pip install|\S*mkdocs |tensorboard |pytest |source |cd )"
)


class Shown(NamedTuple):
    """A command, and the page that shows it."""

    page: str
    text: str


def frames(page: Path, *languages: str) -> list[str]:
    """What stands in the page's frames of these languages."""
    text = page.read_text(encoding="utf-8")
    return [frame for language, frame in FENCE.findall(text) if language in languages]


def shell_lines(page: Path) -> list[str]:
    """The lines of the page's shell frames; of frames without a language, the commands."""
    joined = {
        language: "\n".join(frames(page, language)).replace("\\\n", " ") for language in ("sh", "")
    }
    without_language = [line for line in joined[""].splitlines() if COMMAND.match(line)]
    return [line for line in joined["sh"].splitlines() if line] + without_language


def inline_commands(page: Path) -> list[str]:
    """The commands within the page's sentences."""
    prose = FENCE.sub("\n\n", page.read_text(encoding="utf-8"))
    codes = [
        " ".join(code.split())
        for paragraph in re.split(r"\n\s*\n", prose)
        for code in re.findall(r"`([^`]+)`", paragraph)
    ]
    return [code for code in codes if COMMAND.match(code)]


def shown_commands() -> list[Shown]:
    """Every command of every page, without its comment; each once on a page."""
    found = {}
    for page in PAGES:
        name = page.relative_to(ROOT).as_posix()
        for line in shell_lines(page) + inline_commands(page):
            text = " ".join(re.sub(r"(^|\s)# .*", "", line).split())
            if text:
                found[Shown(name, text)] = None
    return list(found)
