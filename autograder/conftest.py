"""`pytest autograder`: the same checks as pytest items, graded in one run.

The submission is this checkout, `--submission DIR`, or the environment variable SUBMISSION.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder import kit
from autograder.checks import load
from autograder.judge import grade
from autograder.verdicts import Report


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--submission",
        default=os.environ.get("SUBMISSION", str(kit.ROOT)),
        help="a directory that holds an assignment/ package",
    )


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Iterator[Report]:
    """The report on the checks that this session selected."""
    checks = load()
    here = Path(__file__).parent  # other tests may run in the same session
    asking = [item for item in request.session.items if item.path.parent == here]
    selected = [checks[item.callspec.params["key"]] for item in asking]
    yield grade(Path(request.config.getoption("--submission")), selected)
