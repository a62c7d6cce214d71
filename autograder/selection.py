"""Which checks a command runs."""

from collections.abc import Collection

from autograder import syllabus
from autograder.checks import Check, load


def select(text: str = "", exercises: Collection[str] = ()) -> list[Check]:
    """The checks whose exercise, name or title contains the text, of some exercises or of all.

    Raises:
        KeyError: an exercise is unknown, or no check is left.
    """
    known = {syllabus.find(exercise).id for exercise in exercises}
    found = [
        check
        for check in load().values()
        if (not known or check.exercise in known)
        and text.lower() in f"{check.key} {check.title}".lower()
    ]
    if not found:
        if not text:
            raise KeyError(f"no check yet of {', '.join(sorted(known))}")
        raise KeyError(f"no check matches -k {text!r} --exercise {' '.join(exercises)!r}")
    return found
