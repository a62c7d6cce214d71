"""General diagnoses of a wrong array, for mistakes that no recorded misconception explains.

Each diagnosis looks at the expected and the obtained array, and returns a sentence or nothing.
"""

from collections.abc import Callable
from itertools import permutations

import numpy as np

from autograder.compare import Mismatch

_NEAR = {"rtol": 1e-3, "atol": 1e-5}


def hint(mismatch: Mismatch, expected: dict[str, np.ndarray], got: dict[str, np.ndarray]) -> str:
    """A sentence on what kind of mistake this looks like, or an empty text."""
    if mismatch.array not in expected or mismatch.array not in got:
        return ""
    want, have = expected[mismatch.array], got[mismatch.array]
    if mismatch.kind == "value" and "gradient" in mismatch.array and want.any() and not have.any():
        return (
            "No gradient arrives here: is the tensor used at all, and did nothing on the way turn "
            "it into a NumPy array, or stop its gradient?"
        )
    diagnoses = _BY_KIND.get(mismatch.kind, ())
    with np.errstate(all="ignore"):
        return next((text for diagnose in diagnoses if (text := diagnose(want, have))), "")


def _axes(want: np.ndarray, have: np.ndarray) -> str:
    if want.ndim == have.ndim and sorted(want.shape) == sorted(have.shape):
        return "The axes are in another order: is something transposed, or a reshape misplaced?"
    if have.ndim == 0:
        return "A single number was returned: should it be reduced over one axis only, or not?"
    if want.ndim == 0:
        return "A single number was expected: the result is not yet reduced (mean or sum?)."
    if want.size == have.size:
        return "The number of entries is right: is an axis of length 1 too many, or missing?"
    if want.ndim == have.ndim + 1:
        return "An axis is missing: was it summed over, or never added?"
    if want.ndim == have.ndim - 1:
        return "There is one axis too many: is a sum or mean over it missing?"
    off = [i for i in range(want.ndim) if want.ndim == have.ndim and want.shape[i] != have.shape[i]]
    if len(off) == 1 and abs(want.shape[off[0]] - have.shape[off[0]]) == 1:
        return f"Axis {off[0]} is off by one: look at where the slice begins and ends."
    return ""


def _kind_of_numbers(want: np.ndarray, have: np.ndarray) -> str:
    if want.dtype.kind == "b":
        return "A mask is boolean here, True = may attend or counts; the additive form comes later."
    if want.dtype.kind in "iu":
        return "Token ids and positions are integers: tf.cast(…, tf.int32)."
    return "The result should be float32: tf.cast the operands before computing."


def _not_finite(want: np.ndarray, have: np.ndarray) -> str:
    undefined = np.isnan(have)
    if undefined.any():
        rows = undefined.all(axis=-1) if undefined.ndim > 1 else np.zeros(1, bool)
        if rows.any() and not rows.all() and (undefined.any(axis=-1) == rows).all():
            return (
                "Some rows are NaN as a whole, the others are not: what is special about them? "
                "NaN comes from 0/0 and from inf - inf, as where everything in a row is masked."
            )
        if undefined.all() and undefined.size > 1:
            return "Everything is NaN: it comes from 0/0, inf - inf, or a log or root below 0."
        return (
            "NaN comes from 0/0, inf - inf, inf/inf, or a log or root below 0: is exp taken of "
            "large numbers, and are log and exp two steps where one stable function does both?"
        )
    if np.isinf(have).any() and np.isfinite(want).all():
        return "An overflow: is exp taken of large numbers, or log of 0?"
    left_out, expected_out = np.isneginf(have), np.isneginf(want)
    too_many, too_few = (left_out & ~expected_out).any(), (expected_out & ~left_out).any()
    if too_few and not left_out.any():
        return "Entries that are left out should be -inf here, the others unchanged."
    if too_many and too_few:
        return "-inf stands in other places than it should: are the entries in their own order?"
    if too_many:
        return "Too many entries are left out: -inf stands where a number should."
    return "Too few entries are left out: a number stands where -inf should." if too_few else ""


def _nothing_expected(want: np.ndarray, have: np.ndarray) -> str:
    if want.dtype.kind == "f" and want.size > 1 and (want == 0).all():
        return "Zeros are expected everywhere. Of a gradient: nothing should flow here."
    return ""


def _nearly(want: np.ndarray, have: np.ndarray) -> str:
    if want.dtype.kind == "f" and np.allclose(have, want, **_NEAR):
        return "Nearly right, but farther off than rounding: look at an epsilon or a constant."
    return ""


def _constant(want: np.ndarray, have: np.ndarray) -> str:
    if have.dtype.kind == "b":  # of flags, which say little, and of masks, whose own hint follows
        return ""
    if have.size > 1 and (have == 0).all():
        return "Everything is zero: is the result used, or overwritten?"
    if have.size > 1 and (have == have.flat[0]).all():
        return "Every entry is the same: does the input reach the result?"
    return ""


def _complement(want: np.ndarray, have: np.ndarray) -> str:
    if want.dtype.kind == "b" and want.ndim > 1 and (want != have).all():
        return "The mask is inverted: True means may attend, or counts."
    return ""


def _sign(want: np.ndarray, have: np.ndarray) -> str:
    if want.dtype.kind == "f" and np.allclose(have, -want, **_NEAR):
        return "The sign is inverted."
    return ""


def _factor(want: np.ndarray, have: np.ndarray) -> str:
    mask = np.isfinite(want) & (np.abs(want) > 1e-4)
    if want.dtype.kind != "f" or not mask.any():
        return ""
    factor = float(np.median(have[mask] / want[mask]))
    if want.size < 2 or not np.isfinite(factor) or abs(factor - 1) < 1e-3 or factor == 0:
        return ""
    if not np.allclose(have[mask], factor * want[mask], **_NEAR):
        return ""
    return f"Every entry is {factor:.4g} times the expected one: is a scale missing or doubled?"


def _offset(want: np.ndarray, have: np.ndarray) -> str:
    if want.size < 3 or want.dtype.kind == "b":
        return ""
    finite = np.isfinite(want)
    gap = have[finite].astype(np.float64) - want[finite].astype(np.float64)
    if gap.size > 2 and abs(gap[0]) > 1e-4 and np.allclose(gap, gap[0], **_NEAR):
        return f"Every entry is off by the same amount, {gap[0]:.4g}."
    return ""


def _same(have: np.ndarray, want: np.ndarray) -> bool:
    """Token ids and positions are the same or not; floating-point numbers may be near."""
    if want.dtype.kind == "f":
        return np.allclose(have, want, **_NEAR)
    return np.array_equal(have, want)


def _transposed(want: np.ndarray, have: np.ndarray) -> str:
    for axes in permutations(range(want.ndim)) if 2 <= want.ndim <= 4 else ():
        turned = have.transpose(axes)
        moved = axes != tuple(range(want.ndim))
        if moved and turned.shape == want.shape and _same(turned, want):
            return f"The entries are right after transpose{axes}: two axes are exchanged."
    return ""


def _shifted(want: np.ndarray, have: np.ndarray) -> str:
    for axis in range(want.ndim):
        length = want.shape[axis]
        if length < 4:
            continue
        later, earlier = np.arange(1, length), np.arange(length - 1)
        for a, b in ((later, earlier), (earlier, later)):
            inner_have, inner_want = have.take(a, axis), want.take(b, axis)
            varied = (inner_want != inner_want.flat[0]).any()
            if varied and _same(inner_have, inner_want):
                return f"Along axis {axis} everything is shifted by one position."
        if _same(np.flip(have, axis), want):
            return f"Along axis {axis} the order is reversed."
    return ""


def _logarithm(want: np.ndarray, have: np.ndarray) -> str:
    if want.dtype.kind != "f":
        return ""
    if np.allclose(have, np.exp(want), **_NEAR):
        return "These are probabilities where their logarithms are expected."
    if np.allclose(np.exp(have), want, **_NEAR):
        return "These are logarithms where probabilities are expected."
    return ""


def _border(want: np.ndarray, have: np.ndarray) -> str:
    for axis in range(want.ndim):
        if want.shape[axis] < 3:
            continue
        for name, cut in (("first", slice(1, None)), ("last", slice(None, -1))):
            index = (*(slice(None),) * axis, cut)
            if _same(have[index], want[index]):
                return f"Along axis {axis} only the {name} position is wrong."
    return ""


def _reordered(want: np.ndarray, have: np.ndarray) -> str:
    if want.size > 3 and _same(np.sort(have, None), np.sort(want, None)):
        return "The entries are right and their order is not: look at reshape, transpose, gather."
    return ""


_Diagnosis = Callable[[np.ndarray, np.ndarray], str]
_BY_KIND: dict[str, tuple[_Diagnosis, ...]] = {
    "shape": (_axes,),
    "dtype": (_kind_of_numbers,),
    "finite": (_not_finite, _constant),
    "value": (
        *(_nothing_expected, _nearly, _constant, _complement, _transposed, _sign, _factor, _offset),
        *(_logarithm, _shifted, _border, _reordered),
    ),
}
