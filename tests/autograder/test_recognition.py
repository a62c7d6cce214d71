"""Hints for recorded mistakes: what a submission computed decides, however it is written."""

import numpy as np
import pytest

from autograder import judge, kit
from autograder.checks import load
from autograder.following import Outcome
from autograder.recordings import Recording
from autograder.verdicts import FAILED, shown

RECORDING = Recording(kit.OUTPUTS)
RECORDED = RECORDING.misconceptions()


def judged(mistake):
    """The verdicts on a submission that computes exactly what the mistake does."""
    checks = [c for c in load().values() if c.exercise == mistake.exercise]
    outcomes = [
        (check, Outcome(arrays=mistake.outputs.get(check.name, RECORDING.expected(check))))
        for check in checks
        if check.name not in mistake.errors
    ]
    return judge.judge(outcomes, RECORDING, set())


def by_nan(mistake):
    arrays = [a for outputs in mistake.outputs.values() for a in outputs.values()]
    return any(np.isnan(a).any() for a in arrays if a.dtype.kind == "f")


@pytest.mark.parametrize("mistake", filter(by_nan, RECORDED), ids=lambda m: f"{m.exercise}-{m.id}")
def test_a_mistake_that_gives_nan_fails_and_is_recognised(mistake):
    failed = [verdict for verdict in judged(mistake) if verdict.status == FAILED]
    assert {v.check.name for v in failed} == set(mistake.outputs)
    assert mistake.hint in {verdict.hint for verdict in failed}


@pytest.mark.slow
def test_nine_of_ten_mistakes_are_answered_with_their_own_hint_first():
    answered = [
        mistake
        for mistake in RECORDED
        if next((v.hint for v in judged(mistake) if v.status == FAILED), mistake.hint)
        == mistake.hint
    ]
    assert len(answered) >= 0.9 * len(RECORDED)


@pytest.mark.parametrize(
    ("points", "text"), [(0.0, "0"), (2.0, "2"), (2 / 3, "0.67"), (0.1 + 0.2, "0.3")]
)
def test_shares_of_points_are_shown_rounded(points, text):
    assert shown(points) == text
