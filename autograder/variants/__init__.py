"""Correct versions of the exercises that are written otherwise than the solution.

Every one must get full marks: they keep the checks from demanding more than the contract does.
"""

import sys
from dataclasses import dataclass

from autograder.mutations import Mutation, collect


@dataclass(frozen=True)
class Variant(Mutation):
    """A correct implementation that differs from the solution's."""


def load() -> list[Variant]:
    """All variants, in the syllabus's order: the lists VARIANTS of the modules here."""
    return collect(sys.modules[__name__], "VARIANTS")
