"""Shortcuts past an exercise: found in the source, and closed in the worker.

An exercise is to be written, not called. `scan` reads the syntax tree of the submitted file before
it is imported; `disable` closes the symbols themselves for the checks of that exercise, so that a
hidden way to them fails too.
"""

import ast
import functools
import importlib
import os
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from autograder import library_names, syllabus
from autograder.forbidden import (
    FORBIDDEN,
    FORBIDDEN_ACTIVATIONS,
    FORBIDDEN_IN_SOURCE,
    FORBIDDEN_MODULES,
    FORBIDDEN_PACKAGES,
    PACKAGES_ALLOWED_IN,
)

_GENERATED = "tensorflow.python.ops.gen_"


class ShortcutError(Exception):
    """The submission uses a library's own version of the exercise."""

    def __init__(self, symbol: str):
        super().__init__(f"{symbol} does the work of this exercise, so it may not be used here")


class ForbiddenModuleError(ShortcutError, ImportError):
    """As for a package that is not installed: libraries look for some of them, and do without."""


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
    """Closes the exercise's forbidden symbols in this process.

    The code of each function is replaced, and that of every method of a class: other references,
    registries and methods called by themselves lead to the same code. A module that defines one
    cannot be run again, and the forbidden packages and modules cannot be imported. It is a
    hindrance and no barrier: code in the same process can run a copy of a library's source.
    """
    exercise = syllabus.find(exercise_id)
    files: set[str] = set()
    for symbol in FORBIDDEN.get(exercise_id, ()):
        target = _resolve(symbol)
        for function in _functions(target):
            if function.__code__ not in _CLOSED:
                files.add(function.__code__.co_filename)
                _close(function, symbol)
        if isinstance(target, type) and "__init__" not in vars(target):
            target.__init__ = _closed_initializer(symbol)
    packages = () if exercise.file in PACKAGES_ALLOWED_IN else FORBIDDEN_PACKAGES
    _refuse_loading(files, (*packages, *FORBIDDEN_MODULES))


def _functions(target: Any) -> Iterator[FunctionType]:
    """A function, or a class's own methods; with those that decorators wrapped.

    `tf.raw_ops` has copies: of such a function the generated module has the original, and another
    one that runs the same operation at once.
    """
    found = list(vars(target).values()) if isinstance(target, type) else [target]
    original = getattr(target, "__wrapped__", None)
    if getattr(target, "__module__", "").startswith(_GENERATED) and original is not None:
        names = (original.__name__, f"{original.__name__}_eager_fallback")
        found += [original.__globals__.get(name) for name in names]
    for value in found:
        value = getattr(value, "__func__", getattr(value, "fget", value))
        while isinstance(value, FunctionType):
            yield value
            value = getattr(value, "__wrapped__", None)


def _close(function: FunctionType, symbol: str) -> None:
    function.__code__ = _refusal(len(function.__code__.co_freevars))
    function.__defaults__, function.__kwdefaults__ = (None,), {"_symbol": symbol}


def _closed_initializer(symbol: str) -> FunctionType:
    def __init__(self: Any) -> None: ...

    _close(__init__, symbol)
    return __init__


@functools.cache
def _refusal(cells: int) -> CodeType:
    """Code that raises ShortcutError, for a function with a closure of so many cells.

    Its first parameter has a name, as `self` has: Keras reads it before it calls an initializer.
    """
    names = "".join(f"cell_{i}, " for i in range(cells))
    source = f"""
def outer({names}):
    def refuse(_self=None, *_arguments, _symbol, **_options):
        from autograder.shortcuts import ShortcutError
        raise ShortcutError(_symbol)
        ({names})
    return refuse
"""
    scope: dict[str, Any] = {}
    exec(compile(source, __file__, "exec"), scope)
    code = scope["outer"](*range(cells)).__code__
    _CLOSED.add(code)
    return code


_CLOSED: set[CodeType] = set()


def _refuse_loading(files: Collection[str], modules: tuple[str, ...]) -> None:
    """Refuses to run the code of these files, and to import these modules; it cannot be undone."""
    below = tuple(f"{module}." for module in modules)
    # importlib.__import__ audits no import, but the code of a module is run all the same.
    places = {
        os.path.join(f"{kind}-packages", *module.split("."), ""): module
        for kind in ("site", "dist")
        for module in modules
    }

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "exec":
            file = getattr(arguments[0], "co_filename", "")
            if file in files:
                raise ShortcutError(f"the code of {Path(file).name}, loaded again,")
            for place in places:
                if place in file:
                    raise ForbiddenModuleError(places[place])
        elif event == "import" and f"{arguments[0]}.".startswith(below):
            raise ForbiddenModuleError(arguments[0])

    sys.addaudithook(hook)


def _resolve(symbol: str) -> Any:
    parts = symbol.split(".")
    importlib.import_module(parts[0])
    # The longest name that is a loaded module: the packages above it may hide it.
    for length in range(len(parts) - 1, 0, -1):
        value: Any = sys.modules.get(".".join(parts[:length]))
        for part in parts[length:]:
            value = getattr(value, part, None)
        if value is not None:
            return value
    return None  # another version of the library


def _is_forbidden(symbol: str, exercise: syllabus.Exercise) -> bool:
    package = symbol.split(".")[0]
    if package in FORBIDDEN_IN_SOURCE:
        return True
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
