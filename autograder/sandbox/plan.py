"""Which barriers a worker raises around itself, and in which order."""

import os
import sys
from dataclasses import dataclass
from typing import Any

from autograder.sandbox import filter as system_calls
from autograder.sandbox import identity, kernel, landlock, limits
from autograder.sandbox.limits import Limits


@dataclass(frozen=True)
class Plan:
    """The barriers of one worker.

    Args:
        levels: those to raise, of 1 to 4.
        readable: the files and directories that L3 lets it read.
        user: whom L4 makes it.
        search: the interpreter lies under a private home; see `identity.enter`.
    """

    levels: tuple[int, ...] = (1,)
    readable: tuple[str, ...] = ()
    user: int = 0
    search: bool = False

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Plan":
        lists = {name: tuple(fields[name]) for name in ("levels", "readable")}
        return cls(**{**fields, **lists})


def enter(plan: Plan, bounds: Limits, private: str) -> None:
    """Raises the barriers around the calling process; none can be lowered again.

    Args:
        private: the worker's own directory.

    Raises:
        OSError: one of them cannot be raised.
    """
    own_user = 4 in plan.levels
    if own_user:
        identity.enter(plan.user, plan.search)
    elif 1 in plan.levels and sys.platform == "linux":
        identity.drop_capabilities()
    if sys.platform == "linux":
        # After the change of user, which clears it: no worker outlives its interpreter.
        kernel.prctl(kernel.SET_PDEATHSIG, 9)
    os.chdir(private)
    if 1 in plan.levels or sys.platform == "darwin":  # there it bounds some things only
        limits.enter(bounds, own_user)
    if 3 in plan.levels:
        landlock.enter(plan.readable, private)
    if 2 in plan.levels:
        system_calls.enter()
