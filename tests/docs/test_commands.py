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

import pytest
import tyro
from shown_commands import FENCE, PAGES, ROOT, shown_commands

from assignment import command_line

# A module with its arguments, to the end of the command.
MODULE = re.compile(r"python3? -m ([\w.]*\w)([^&]*)")
# Flags of programs that are not the course's.
FOREIGN_FLAGS = {"--logdir", "--version", "--install", "--strict", "--config-file", "--help"}


def shown_modules() -> list[tuple[str, str]]:
    """Module and arguments of each command, each once; what may be left out is taken as given."""
    found = [found for shown in shown_commands() for found in MODULE.findall(shown.text)]
    return list(dict.fromkeys((m, re.sub(r"[\[\]]", "", arguments)) for m, arguments in found))


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


def parse(module: str, arguments: str):
    """What a command makes of its arguments; nothing, where it is a function that reads them."""
    reader = reader_of(module)
    if not inspect.isclass(reader):

        @functools.wraps(reader)
        def nothing(*_, **__):
            return None

    read = reader if inspect.isclass(reader) else nothing
    return tyro.cli(read, args=shlex.split(arguments, True))


@pytest.mark.parametrize(("module", "arguments"), shown_modules())
def test_the_command_takes_what_is_shown(module, arguments, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tests" / "autograder")  # for hostile.matrix
    assert importlib.util.find_spec(module), f"there is no module {module}"
    # Where nothing follows, a sentence names the program; some of these need arguments.
    if module.split(".")[0] in ("assignment", "autograder") and arguments.strip():
        parse(module, arguments)


def test_the_flags_named_in_a_sentence_exist():
    names = set()
    for package in ("assignment", "autograder"):
        for module in sorted({m for m, _ in shown_modules() if m.split(".")[0] == package}):
            reader = reader_of(module)
            if dataclasses.is_dataclass(reader):
                names |= {field.name for field in dataclasses.fields(reader)}
            else:
                names |= set(inspect.signature(reader).parameters)
    flags = {f"--{name.replace('_', '-')}" for name in names | {"from", "submission"}}
    flags |= {flag.replace("--", "--no-") for flag in flags} | FOREIGN_FLAGS
    for page in PAGES:
        codes = re.findall(r"`([^`\n]+)`", FENCE.sub("", page.read_text(encoding="utf-8")))
        named = [code.split()[0] for code in codes if code.startswith("--")]
        assert not [flag for flag in named if flag not in flags], page.name


def test_the_runs_that_the_pages_name_are_those_that_their_commands_make():
    configurations = [
        parse(module, arguments)
        for module, arguments in shown_modules()
        if module.startswith("assignment.")
    ]
    made = {c.directory().as_posix() for c in configurations if hasattr(c, "directory")}
    used = {c.run_dir.as_posix() for c in configurations if not hasattr(c, "directory")}
    assert used - made == {"runs/pipeline/ppo"}
    assert "runs/pipeline" in made
