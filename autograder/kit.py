"""Where things stand: the repository (or handout) that holds this grader."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AUTOGRADER = ROOT / "autograder"
SOLUTION = ROOT / "assignment"
STENCIL = ROOT / "stencil"
OUTPUTS = AUTOGRADER / "solution_outputs"
TOLERANCES = AUTOGRADER / "tolerances.json"

# In a handout the student edits `assignment/`, so the untouched starter stands beside the grader.
STARTER = AUTOGRADER / "starter"


def is_handout() -> bool:
    """Whether this is a student's repository and not an instructor's checkout."""
    return STARTER.is_dir()


def starter() -> Path:
    """The directory whose `assignment/` is the empty submission, in a checkout or a handout."""
    for directory in (STENCIL, STARTER):
        if (directory / "assignment").is_dir():
            return directory
    raise FileNotFoundError(f"no starter code in {STENCIL} or {STARTER}; reinstall the kit")
