"""The checks: what is run on the solution to record, and on a submission to compare.

A check is one function from the `assignment` package and a random generator to named arrays:

    @check("attention.scaled_dot_product")
    def masked_rows(assignment, rng):
        '''A query that may attend nowhere still yields numbers.'''
        ...
        return {"output": output, "weights": weights}

Arrays in, arrays out: a check judges nothing. The first line of its docstring is its public name.
Modules of this package import no TensorFlow at their top, because the judge imports them too.
"""

import hashlib
import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from autograder import syllabus

CheckFunction = Callable[..., dict[str, np.ndarray]]

DEFAULT_LIMIT = 20.0


@dataclass(frozen=True)
class Check:
    """One check; `key` is its identity in recordings, tolerances and reports.

    Args:
        exercise: the exercise that it belongs to.
        name: the function's name.
        title: the first line of the docstring, shown to students.
        function: from (assignment, rng) to named arrays.
        needs: other exercises whose code it runs.
        before: functions run first, each in a process of its own that shares the working directory
            (to save in one process and to restore in the next); what they return is dropped.
        tolerance: the class of tolerance to start calibration from: "float", "loose" or "exact".
        limit: seconds of wall time for each process.
    """

    exercise: str
    name: str
    title: str
    function: CheckFunction
    needs: tuple[str, ...] = ()
    before: tuple[CheckFunction, ...] = ()
    tolerance: str = "float"
    limit: float = DEFAULT_LIMIT

    @property
    def key(self) -> str:
        return f"{self.exercise}/{self.name}"

    @property
    def stages(self) -> tuple[CheckFunction, ...]:
        return (*self.before, self.function)

    def rng(self, seed: int) -> np.random.Generator:
        """A generator that depends on the seed and on this check's key, and on nothing else."""
        digest = hashlib.sha256(self.key.encode()).digest()
        return np.random.default_rng([seed, int.from_bytes(digest[:8], "little")])


_REGISTRY: dict[str, Check] = {}


def check(
    exercise: str,
    *,
    needs: Iterable[str] = (),
    before: Iterable[CheckFunction] = (),
    tolerance: str = "float",
    limit: float = DEFAULT_LIMIT,
) -> Callable[[CheckFunction], CheckFunction]:
    """Registers a function as a check of the exercise; see `Check` for the arguments."""
    for name in (exercise, *needs):
        syllabus.find(name)

    def register(function: CheckFunction) -> CheckFunction:
        title = (function.__doc__ or "").strip().splitlines()
        if not title:
            raise ValueError(f"check {function.__name__} needs a docstring: its name for students")
        new = Check(
            exercise,
            function.__name__,
            title[0].rstrip("."),
            function,
            tuple(needs),
            tuple(before),
            tolerance,
            limit,
        )
        if new.key in _REGISTRY:
            raise ValueError(f"two checks are called {new.key}")
        _REGISTRY[new.key] = new
        return function

    return register


def load() -> dict[str, Check]:
    """All checks by key, in the syllabus's order."""
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("part"):
            importlib.import_module(f"{__name__}.{module.name}")
    order = list(syllabus.EXERCISES)
    return dict(sorted(_REGISTRY.items(), key=lambda item: order.index(item[1].exercise)))
