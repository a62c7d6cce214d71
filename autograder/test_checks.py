"""One pytest item for each check; see conftest.py for the submission that is graded."""

import pytest

from autograder.checks import load
from autograder.verdicts import INFRASTRUCTURE, PASSED, Report


@pytest.mark.parametrize("key", list(load()))
def test_check(key: str, report: Report) -> None:
    verdict = next(verdict for verdict in report.verdicts if verdict.check.key == key)
    text = f"{verdict.check.title}: {verdict.message}"
    if verdict.hint:
        text += f"\nHint: {verdict.hint}"
    if verdict.status == INFRASTRUCTURE:
        raise RuntimeError(text)
    if verdict.status != PASSED:  # blocked too: a skipped item would look like a pass
        pytest.fail(text, pytrace=False)
