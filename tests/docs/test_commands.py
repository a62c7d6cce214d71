"""Every command that the pages show exists, and takes the flags that they show.

The commands are parsed by their own parsers and never run: what a module does as a program is
caught at the moment at which it hands its arguments to tyro. None of it imports TensorFlow.
"""

import dataclasses
import functools
import importlib.util
import inspect
import re
import runpy
import shlex
import warnings
from pathlib import Path

import pytest
import tyro

from assignment import command_line

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "data" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"python3? -m ([\w.]*\w)(.*)")
# Flags of programs that are not the course's.
FOREIGN_FLAGS = {"--logdir", "--version", "--install", "--strict", "--config-file", "--help"}


def shown_code(page: Path) -> list[str]:
    """The lines of the page's shell frames, and its code within lines."""
    text = page.read_text(encoding="utf-8")
    frames = [frame for language, frame in FENCE.findall(text) if language in ("", "sh")]
    return "\n".join(frames).replace("\\\n", " ").splitlines() + re.findall(
        r"`([^`\n]+)`", FENCE.sub("", text)
    )


def shown_commands() -> list[tuple[str, str]]:
    """Module and arguments of each command, each once; what may be left out is taken as given."""
    found = {}
    for page in PAGES:
        for code in shown_code(page):
            for module, arguments in COMMAND.findall(code):
                found[module, arguments.split("&&")[0].translate({ord("["): "", ord("]"): ""})] = (
                    None
                )
    return list(found)


class HandedOver(Exception):
    """A command has come to where it reads its arguments."""

    def __init__(self, reader):
        super().__init__()
        self.reader = reader


@functools.cache
def reader_of(module: str):
    """What a command gives to tyro: a class of settings, or a function."""

    def hand_over(*arguments, **_):
        raise HandedOver(arguments[-1])

    original = command_line.run, tyro.cli
    command_line.run = hand_over
    tyro.cli = hand_over
    try:
        with warnings.catch_warnings():
            # A module that was imported before is run a second time, on purpose.
            warnings.simplefilter("ignore", RuntimeWarning)
            runpy.run_module(module, run_name="__main__")
    except HandedOver as handed:
        return handed.reader
    finally:
        command_line.run, tyro.cli = original
    raise AssertionError(f"{module} reads no arguments")


def parse(module: str, arguments: str) -> None:
    reader = reader_of(module)
    if not inspect.isclass(reader):

        @functools.wraps(reader)
        def nothing(*_, **__):
            return None

    tyro.cli(reader if inspect.isclass(reader) else nothing, args=shlex.split(arguments, True))


@pytest.mark.parametrize(("module", "arguments"), shown_commands())
def test_the_command_takes_what_is_shown(module, arguments, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tests" / "autograder")  # for hostile.matrix
    assert importlib.util.find_spec(module), f"there is no module {module}"
    # Where nothing follows, a sentence names the program; some of these need arguments.
    if module.split(".")[0] in ("assignment", "autograder") and arguments.strip():
        parse(module, arguments)


def test_the_flags_named_in_a_sentence_exist():
    names = set()
    for package in ("assignment", "autograder"):
        for module in sorted({m for m, _ in shown_commands() if m.split(".")[0] == package}):
            reader = reader_of(module)
            if dataclasses.is_dataclass(reader):
                names |= {field.name for field in dataclasses.fields(reader)}
            else:
                names |= set(inspect.signature(reader).parameters)
    flags = {f"--{name.replace('_', '-')}" for name in names | {"from", "submission"}}
    flags |= {flag.replace("--", "--no-") for flag in flags} | FOREIGN_FLAGS
    for page in PAGES:
        named = [code.split()[0] for code in shown_code(page) if code.startswith("--")]
        assert not [flag for flag in named if flag not in flags], page.name
