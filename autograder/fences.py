"""Fences: the regions of the solution that students write.

    # BEGIN SOLUTION masking.causal
    # TODO compare each key's position with its query's
    ...
    # END SOLUTION

In the stencil, `# TODO` comments of the fence stay, and everything else in it becomes one
`raise NotImplementedError("masking.causal: <what to do>")`.
"""

import ast
import re
import textwrap
from collections.abc import Callable, Collection
from dataclasses import dataclass

from autograder import syllabus

_BEGIN = re.compile(r"^(?P<indent>\s*)# BEGIN SOLUTION\s+(?P<id>\S+)\s*$")
_END = re.compile(r"^(?P<indent>\s*)# END SOLUTION\s*$")
_NEAR_MISS = re.compile(r"^\s*#.*\b(BEGIN|END)\s+SOLUTION\b", re.IGNORECASE)
_COLUMNS = 100


class FenceError(ValueError):
    """A fence that cannot be read; the message names file and line."""


@dataclass(frozen=True)
class Region:
    """One fenced region: lines `begin` and `end` (1-based) hold the fence's own comments."""

    exercise: str
    begin: int
    end: int
    indent: str
    body: str


def regions(text: str, name: str = "<text>") -> list[Region]:
    """The fenced regions of a file, in order.

    Raises:
        FenceError: a fence is unclosed, nested, unopened, misspelt, of an unknown exercise, or
            outside a function's body.
    """
    lines = text.splitlines()
    found: list[Region] = []
    opened: tuple[int, str, str] | None = None
    for number, line in enumerate(lines, start=1):
        if begin := _BEGIN.match(line):
            if opened is not None:
                raise FenceError(f"{name}:{number}: fence within the fence of line {opened[0]}")
            if begin["id"] not in syllabus.EXERCISES:
                raise FenceError(
                    f"{name}:{number}: no exercise {begin['id']!r} in autograder/syllabus.py; "
                    "add its row there, or mend the id"
                )
            opened = (number, begin["indent"], begin["id"])
        elif end := _END.match(line):
            if opened is None:
                raise FenceError(f"{name}:{number}: END SOLUTION without BEGIN SOLUTION")
            start, indent, exercise = opened
            if end["indent"] != indent:
                raise FenceError(f"{name}:{number}: indented unlike its BEGIN in line {start}")
            body = "\n".join(lines[start : number - 1])
            found.append(Region(exercise, start, number, indent, body))
            opened = None
        elif _NEAR_MISS.match(line):
            raise FenceError(
                f"{name}:{number}: write '# BEGIN SOLUTION <exercise id>' or '# END SOLUTION'. "
                f"Received: {line.strip()!r}"
            )
    if opened is not None:
        raise FenceError(f"{name}:{opened[0]}: the fence of {opened[2]} is not closed")
    _require_functions(found, text, name)
    return found


def strip(text: str, name: str = "<text>", keep: Collection[str] = ()) -> str:
    """Turns a file of the solution into its stencil.

    Args:
        text: the file's source.
        name: its name, for messages.
        keep: exercises whose solution stays; only their fence comments go.
    """

    def blank(region: Region) -> str:
        if region.exercise in keep:
            return region.body
        todo = f"{region.indent}# TODO"
        hints = [line for line in region.body.splitlines() if line.startswith(todo)]
        return "\n".join([*hints, _raise(region)])

    return replace(text, blank, name)


def replace(text: str, new_body: Callable[[Region], str], name: str = "<text>") -> str:
    """The file with each fence, its comments included, replaced by `new_body(region)`."""
    lines = text.splitlines()
    for region in reversed(regions(text, name)):
        lines[region.begin - 1 : region.end] = new_body(region).splitlines()
    return "\n".join(lines) + "\n"


def _raise(region: Region) -> str:
    message = f"{region.exercise}: {syllabus.EXERCISES[region.exercise].task}"
    one_line = f'{region.indent}raise NotImplementedError("{message}")'
    if len(one_line) <= _COLUMNS:
        return one_line
    inner = region.indent + " " * 4
    pieces = textwrap.wrap(message, _COLUMNS - len(inner) - 3, drop_whitespace=False)
    quoted = "\n".join(f'{inner}"{piece}"' for piece in pieces)
    return f"{region.indent}raise NotImplementedError(\n{quoted}\n{region.indent})"


def _require_functions(found: list[Region], text: str, name: str) -> None:
    # A raise at a module's or a class's own level would make the stencil fail on import.
    functions = [
        (node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(ast.parse(text, filename=name))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    for region in found:
        # The END comment may stand after the function's last statement, so the body's first line
        # decides.
        first = region.begin + 1
        if not any(start < first <= end for start, end in functions):
            raise FenceError(
                f"{name}:{region.begin}: the fence of {region.exercise} is not inside a function"
            )
