"""Plausible wrong versions of each exercise, with the hint that leads out of each.

Every one must be caught by a check of its exercise. What it computes is recorded, so that a
submission which computes the same is answered with the hint.
"""

import sys
from dataclasses import dataclass

from autograder.mutations import Mutation, collect


@dataclass(frozen=True, kw_only=True)
class Misconception(Mutation):
    """A plausible mistake.

    Args:
        hint: one or two sentences that lead to the mistake, without the code that mends it.
    """

    hint: str


def load() -> list[Misconception]:
    """All misconceptions, in the syllabus's order: the lists MISCONCEPTIONS of the modules here."""
    return collect(sys.modules[__name__], "MISCONCEPTIONS")
