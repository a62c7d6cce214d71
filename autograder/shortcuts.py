"""Shortcuts past an exercise: found in the source, and disabled in the worker.

An exercise is to be written, not called. `scan` reads the syntax tree of the submitted file before
it is imported; `disable` replaces the symbols by stubs for the checks of that exercise, so that a
hidden way to them fails too.
"""

import ast
import functools
import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from autograder import library_names, syllabus
from autograder.forbidden import (
    FORBIDDEN,
    FORBIDDEN_ACTIVATIONS,
    FORBIDDEN_PACKAGES,
    PACKAGES_ALLOWED_IN,
)

_LIBRARIES = ("keras", "tensorflow")


class ShortcutError(Exception):
    """The submission uses a library's own version of the exercise."""

    def __init__(self, symbol: str):
        super().__init__(f"{symbol} does the work of this exercise, so it may not be used here")


@dataclass(frozen=True)
class Finding:
    """A forbidden symbol in a source file."""

    symbol: str
    line: int


def scan(exercise_id: str, submission: Path) -> None:
    """Raises ShortcutError, at the line concerned, when the exercise's file uses a shortcut."""
    exercise = syllabus.find(exercise_id)
    path = submission / "assignment" / exercise.file
    for finding in find(path.read_bytes(), exercise):
        line = "\n" * (finding.line - 1) + "raise error"
        code = compile(line, str(path), "exec")
        exec(code, {"error": ShortcutError(finding.symbol)})


def find(text: str | bytes, exercise: syllabus.Exercise) -> list[Finding]:
    """The shortcuts in a file that concern the exercise; bytes are decoded as Python does.

    A file may hold several exercises: a use within the symbols of another one is left to that one.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # importing the file reports it
    foreign = _foreign_lines(tree, exercise)
    found = []
    for symbol, line in library_names.uses(tree):
        if line not in foreign and _is_forbidden(symbol, exercise):
            found.append(Finding(symbol, line))
    for name in FORBIDDEN_ACTIVATIONS.get(exercise.id, ()):
        for node in ast.walk(tree):
            if library_names.asks_for_activation(node, name) and node.lineno not in foreign:
                found.append(Finding(f'the activation "{name}"', node.lineno))
    return sorted(found, key=lambda finding: finding.line)


def disable(exercise_id: str) -> None:
    """Replaces the exercise's forbidden symbols, under every name that loaded modules give them."""
    places = index()
    for symbol in FORBIDDEN.get(exercise_id, ()):
        target = _resolve(symbol)
        if isinstance(target, type):
            # Sub-classes and other references share the class, so the class itself is changed.
            target.__init__ = _stub(symbol)
        for names, name in places.get(id(target), ()):
            names[name] = _stub(symbol)


@functools.cache
def index() -> dict[int, list[tuple[dict[str, Any], str]]]:
    """Where loaded modules hold each forbidden function, by its id: (a dictionary, a name in it).

    The search takes a while, so the warm interpreter does it once, before any worker exists.
    """
    symbols = {symbol for listed in FORBIDDEN.values() for symbol in listed}
    targets = [_resolve(symbol) for symbol in symbols]
    places: dict[int, list[tuple[dict[str, Any], str]]] = {
        id(target): [] for target in targets if target is not None and not isinstance(target, type)
    }
    for module_name, module in list(sys.modules.items()):
        if not isinstance(module, ModuleType) or not module_name.startswith(_LIBRARIES):
            continue
        tables = [vars(module)]
        tables += [v for k, v in vars(module).items() if k == "ALL_OBJECTS_DICT"]
        for table in tables:
            for name, value in list(table.items()):
                if id(value) in places:
                    places[id(value)].append((table, name))
    return places


def _stub(symbol: str) -> Callable[..., NoReturn]:
    def refuse(self: Any = None, *args: Any, **kwargs: Any) -> NoReturn:
        raise ShortcutError(symbol)

    return refuse


def _resolve(symbol: str) -> Any:
    module, _, attribute = symbol.rpartition(".")
    try:
        value: Any = importlib.import_module(module.split(".")[0])
        for part in [*module.split(".")[1:], attribute]:
            value = getattr(value, part)
    except (ImportError, AttributeError):
        return None  # another version of the library
    return value


def _is_forbidden(symbol: str, exercise: syllabus.Exercise) -> bool:
    package = symbol.split(".")[0]
    if package in FORBIDDEN_PACKAGES:
        return exercise.file not in PACKAGES_ALLOWED_IN
    return symbol in FORBIDDEN.get(exercise.id, ())


def _foreign_lines(tree: ast.Module, exercise: syllabus.Exercise) -> set[int]:
    """The lines of functions and classes that belong to other exercises of the same file."""
    others = {
        symbol
        for other in syllabus.EXERCISES.values()
        if other.file == exercise.file and other.id != exercise.id
        for symbol in other.symbols
    }
    return {
        line
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in others
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
