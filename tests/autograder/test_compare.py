import re

import numpy as np
import pytest

from autograder import compare, diagnose
from autograder.compare import Tolerance

TOLERANCE = Tolerance(1e-5, 1e-4)
EXPECTED = np.arange(6, dtype=np.float32).reshape(2, 3)


def kind(got, expected=EXPECTED, tolerance=TOLERANCE):
    mismatch = compare.first_mismatch({"x": expected}, {"x": np.asarray(got)}, tolerance)
    return mismatch and mismatch.kind


def test_equal_arrays_agree_in_either_precision():
    assert kind(EXPECTED) is None
    assert kind(EXPECTED.astype(np.float64) * (1 + 5e-5)) is None


@pytest.mark.parametrize(
    ("got", "expected_kind"),
    [
        (np.float32(0), "shape"),  # would broadcast
        (EXPECTED[:, :1], "shape"),
        (np.zeros((0, 3), np.float32), "shape"),
        (EXPECTED[None], "shape"),
        (EXPECTED.astype(np.int32), "dtype"),
        (EXPECTED > 2, "dtype"),
        (np.full((2, 3), np.nan, np.float32), "finite"),
        (np.where(EXPECTED == 5, np.inf, EXPECTED), "finite"),
        (EXPECTED * 1.001, "value"),
        (np.zeros_like(EXPECTED), "value"),
    ],
)
def test_what_a_loose_comparison_lets_pass_is_refused(got, expected_kind):
    assert kind(got) == expected_kind


def test_infinities_must_be_the_same_ones_in_the_same_places():
    expected = np.array([1.0, -np.inf, np.inf], np.float32)
    assert kind(expected, expected) is None
    assert kind(np.array([1.0, np.inf, np.inf]), expected) == "finite"
    assert kind(np.array([-np.inf, 1.0, np.inf]), expected) == "finite"
    assert kind(np.array([1.0, -1e9, np.inf]), expected) == "finite"


def test_integers_and_booleans_must_be_equal():
    assert kind(np.array([1, 2]), np.array([1, 3]), Tolerance(10, 10)) == "value"
    assert kind(np.array([True]), np.array([False]), Tolerance(10, 10)) == "value"
    assert kind(np.array([1], np.int64), np.array([1], np.int32)) is None


def test_missing_and_unexpected_arrays_are_named():
    missing = compare.first_mismatch({"x": EXPECTED}, {}, TOLERANCE)
    assert missing.kind == "missing" and "x was not returned" in missing.message
    extra = compare.first_mismatch({}, {"y": EXPECTED}, TOLERANCE)
    assert extra.kind == "unexpected"


def test_a_wrong_form_is_told_before_wrong_values():
    mine = {"gradient": EXPECTED, "loss": np.float32(1)}
    theirs = {"gradient": 5 * EXPECTED, "loss": np.ones(5, np.float32)}
    assert compare.first_mismatch(mine, theirs, TOLERANCE).array == "loss"
    del theirs["loss"]
    assert compare.first_mismatch(mine, theirs, TOLERANCE).kind == "missing"


def test_the_message_says_where_what_and_how_much():
    got = EXPECTED.copy()
    got[1, 2] = 7
    message = compare.first_mismatch({"weights": EXPECTED}, {"weights": got}, TOLERANCE).message
    assert message == (
        "weights[1, 2] is 7; expected 5 (shape (2, 3), 1 of 6 entries differ, the largest "
        "difference is 2)"
    )


def test_a_flag_reads_as_a_sentence():
    yes, no = {"the gradient is finite": np.True_}, {"the gradient is finite": np.False_}
    message = compare.first_mismatch(yes, {k: np.asarray(v) for k, v in no.items()}, TOLERANCE)
    assert message.message == "the gradient is finite: False; expected True"


def test_distance_is_measured_in_tolerances():
    got = EXPECTED + np.float32(3e-5) * (EXPECTED == 0)
    assert compare.distance({"x": EXPECTED}, {"x": got}, TOLERANCE) == pytest.approx(3, rel=1e-3)
    assert compare.distance({"x": EXPECTED}, {"x": EXPECTED.T}, TOLERANCE) == np.inf
    assert compare.distance({"x": EXPECTED}, {"x": EXPECTED}, Tolerance(0, 0)) == 0


SQUARE = np.array([[0.3, -1.2, 2.0], [0.7, 0.1, -0.5], [1.4, 0.9, -2.2]], np.float32)
KEPT = np.array([-np.inf, 2.0, 1.0, -np.inf], np.float32)
LONG = np.array([0.3, -1.2, 2.0, 0.7, 0.1, 5.0], np.float32)


@pytest.mark.parametrize(
    ("expected", "got", "words"),
    [
        (SQUARE, -SQUARE, "sign"),
        (SQUARE, SQUARE * 1.0003, "Nearly right"),
        (SQUARE, SQUARE.T, r"transpose\(1, 0\)"),
        (SQUARE, SQUARE * 2, "2 times"),
        (SQUARE, SQUARE + 0.5, "off by the same amount, 0.5"),
        (SQUARE, np.exp(SQUARE), "logarithms are expected"),
        (SQUARE, np.zeros_like(SQUARE), "zero"),
        (SQUARE, np.where(np.eye(3) > 0, np.nan, SQUARE), "exp taken of large numbers"),
        (SQUARE, np.where(np.arange(3)[:, None] > 1, np.nan, SQUARE), "Some rows are NaN"),
        (SQUARE, np.full_like(SQUARE, np.nan), "Everything is NaN"),
        (np.float32(3), np.float32(np.nan), "exp taken of large numbers"),
        (SQUARE > 0, SQUARE <= 0, "inverted"),
        (SQUARE[0] > 0, SQUARE[0] <= 0, "^$"),  # of flags, which mean something else each time
        (SQUARE > 0, np.where(SQUARE > 0, 0, -1e9), "boolean"),
        (SQUARE, SQUARE[:, :2], "off by one"),
        (EXPECTED, EXPECTED.T, "another order"),
        (np.float32(3), SQUARE, "not yet reduced"),
        (np.zeros_like(SQUARE), SQUARE, "nothing should flow"),
        (KEPT, np.where(np.isinf(KEPT), -9, KEPT).astype("f"), "should be -inf"),
        (KEPT, np.roll(KEPT, 1), "other places"),
        (KEPT, np.where(KEPT > 1.5, -np.inf, KEPT), "Too many"),
        (KEPT, np.append(KEPT[:-1], np.float32(-2)), "Too few"),
        (LONG, np.roll(LONG, 1), "shifted"),
        (70_000 + np.arange(9).reshape(3, 3), 70_001 + np.arange(9).reshape(3, 3), "same amount"),
        (LONG, LONG[::-1], "reversed"),
        (LONG, np.append(LONG[:-1], 9), "only the last position"),
        (LONG, LONG[[2, 0, 1, 5, 4, 3]], "order is not"),
    ],
)
def test_common_mistakes_are_described(expected, got, words):
    mine, theirs = {"x": expected}, {"x": np.asarray(got)}
    mismatch = compare.first_mismatch(mine, theirs, TOLERANCE)
    assert re.search(words, diagnose.hint(mismatch, mine, theirs))


def test_a_gradient_that_does_not_arrive_is_told_from_a_result_of_zero():
    mine = {"gradient of values": SQUARE, "loss": SQUARE}
    theirs = dict(mine) | {"gradient of values": np.zeros_like(SQUARE)}
    mismatch = compare.first_mismatch(mine, theirs, TOLERANCE)
    assert "No gradient arrives here" in diagnose.hint(mismatch, mine, theirs)
