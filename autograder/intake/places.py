"""Where the package lies in a submission: the shallowest `assignment/` that holds known files."""

from pathlib import PurePosixPath

from autograder import syllabus
from autograder.intake.source import Source
from autograder.submission import SubmissionError
from autograder.verdicts import printable

# Directories that hold a package which is not the student's work.
_FOREIGN = ("__MACOSX", "stencil", "starter", "site-packages", "node_modules", "venv", "env")


def package(source: Source) -> PurePosixPath:
    """The directory of the submission that stands for `assignment/`.

    Raises:
        SubmissionError: there is none, or more than one with equal right.
    """
    counts = {
        place: count
        for place, count in source.counts().items()
        if all(is_own(part) for part in place.parts)
    }
    named = {place for place in counts if place.name == "assignment"}
    # Without the name, one file that is called like a student's could be chance.
    candidates = named or {place for place, count in counts.items() if count >= 2}
    if not candidates:
        raise SubmissionError(_nothing(source))
    depth = min(len(place.parts) for place in candidates)
    best = sorted(place for place in candidates if len(place.parts) == depth)
    if len(best) > 1:
        places = " and ".join(f"{shown(place)}/" for place in best[:3])
        raise SubmissionError(
            f"{source.label} holds more than one submission: {places}; hand in one of them"
        )
    return best[0]


def is_own(name: str) -> bool:
    """Whether a directory of this name may hold a student's work."""
    return name not in _FOREIGN and not name.startswith(".")


def shown(place: PurePosixPath | str) -> str:
    """An untrusted name, fit for a message."""
    return printable(str(place), 120).replace("\n", " ")


def _nothing(source: Source) -> str:
    example = syllabus.submitted_files()[0]
    others = source.others()
    held = ", ".join(shown(name) for name in others[:4]) + (", …" if len(others) > 4 else "")
    return (
        f"{source.label} holds no assignment/ directory with files of the course, such as "
        f"assignment/{example}; it holds {held or 'nothing'}"
    )
