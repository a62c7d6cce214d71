"""Rewritten solutions: the fenced code of one exercise changed, everything else as it is.

Misconceptions must fail, variants must pass; both prove the checks. Their code never leaves the
instructor's checkout.
"""

import importlib
import pkgutil
import textwrap
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from autograder import fences, kit, syllabus

Edit = tuple[str, str]


@dataclass(frozen=True)
class Mutation:
    """A change of the solution's code of one exercise.

    Args:
        id: a short name, unique within the exercise: letters, digits and underscores.
        exercise: the exercise whose fences are changed.
        edits: (old, new) pairs; each `old` stands exactly once in the exercise's fenced code.
        body: instead of edits, the new code of the fence, from column 0; with several fences one
            text for each in order, None where a fence stays.
    """

    id: str
    exercise: str
    edits: tuple[Edit, ...] | list[Edit] = ()
    body: str | tuple[str | None, ...] | None = None

    def files(self) -> dict[str, str]:
        """The changed file, by its path below `assignment/`.

        Raises:
            ValueError: an edit's `old` does not stand exactly once, or bodies and fences differ in
                number, or the changed file is not Python.
        """
        return together([self])

    def bodies(self, regions: list[fences.Region]) -> list[str]:
        """The new code of the exercise's fences."""
        bodies = [region.body for region in regions]
        if self.body is not None:
            given = (self.body,) if isinstance(self.body, str) else self.body
            if len(given) != len(regions):
                raise ValueError(
                    f"{self.exercise} has {len(regions)} fences. Received: "
                    f"{len(given)} bodies for {self.id}"
                )
            for i, (region, new) in enumerate(zip(regions, given, strict=True)):
                if new is not None:
                    clean = textwrap.dedent(new).strip("\n")
                    bodies[i] = textwrap.indent(clean, region.indent)
        for old, new in self.edits:
            count = sum(body.count(old) for body in bodies)
            if count != 1:
                raise ValueError(
                    f"the code to replace must stand once in the fences of {self.exercise}. "
                    f"Received: {old!r}, which stands {count} times ({self.id})"
                )
            bodies = [body.replace(old, new) for body in bodies]
        return bodies


def together(mutations: Sequence[Mutation]) -> dict[str, str]:
    """The files that several mutations change, one of an exercise at most; see `Mutation.files`."""
    of_file: dict[str, dict[str, Mutation]] = defaultdict(dict)
    for mutation in mutations:
        of_file[syllabus.find(mutation.exercise).file][mutation.exercise] = mutation
    return {file: _rewritten(file, by_exercise) for file, by_exercise in of_file.items()}


def _rewritten(file: str, by_exercise: dict[str, Mutation]) -> str:
    text = (kit.SOLUTION / file).read_text(encoding="utf-8")
    changed = {}
    for exercise, mutation in by_exercise.items():
        regions = [r for r in fences.regions(text, file) if r.exercise == exercise]
        changed |= dict(zip((r.begin for r in regions), mutation.bodies(regions), strict=True))
    text = fences.replace(text, lambda r: changed.get(r.begin, r.body), file)
    try:
        compile(text, file, "exec")
    except SyntaxError as error:
        names = "; ".join(f"{m.exercise}, {m.id}" for m in by_exercise.values())
        raise ValueError(f"{names}: {error}") from None
    return text


def collect(package: ModuleType, name: str) -> list[Any]:
    """The lists called `name` of all part modules of a package, in the syllabus's order.

    Raises:
        ValueError: an exercise is unknown, or two of its entries have one id.
    """
    found = []
    for module in pkgutil.iter_modules(package.__path__):
        found += getattr(importlib.import_module(f"{package.__name__}.{module.name}"), name)
    seen = set()
    for mutation in found:
        if mutation.exercise not in syllabus.EXERCISES:
            raise ValueError(
                f"{mutation.id} in autograder/{name.lower()}/ names an exercise that is not in the "
                f"syllabus. Received: {mutation.exercise!r}"
            )
        if (mutation.exercise, mutation.id) in seen:
            raise ValueError(
                f"two entries of autograder/{name.lower()}/ for {mutation.exercise} are called "
                f"{mutation.id!r}: results are kept by that name, so choose another"
            )
        seen.add((mutation.exercise, mutation.id))
    order = list(syllabus.EXERCISES)
    return sorted(found, key=lambda mutation: order.index(mutation.exercise))
