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
    keys = [i.callspec.params["key"] for i in request.session.items if hasattr(i, "callspec")]
    selected = [checks[key] for key in keys if key in checks]
    yield grade(Path(request.config.getoption("--submission")), selected)
