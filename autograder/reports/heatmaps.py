"""Heat maps of an expected and an obtained array, as images that fit into a page.

Both are drawn on the expected array's scale; entries that are not finite, or lie beyond it, get
colours of their own. Of a large array the part around the first difference is drawn.
"""

import base64
import functools
import io
from dataclasses import dataclass

import numpy as np

from autograder.verdicts import Comparison

MAX_ROWS, MAX_COLUMNS = 32, 48
_LISTED = 6
_BAD, _BEYOND = "#ff5fd2", "#ff9d2e"


@dataclass(frozen=True)
class Image:
    """One heat map: `source` is a data URI, `caption` says what it shows in words."""

    title: str
    source: str
    caption: str
    columns: int


@dataclass(frozen=True)
class Drawing:
    """What a page shows of a comparison.

    Args:
        place: which part of which array is drawn.
        images: expected, obtained, and their difference where the shapes agree.
        largest: index, expected and obtained value, difference; the largest differences first.
    """

    place: str
    images: tuple[Image, ...]
    largest: tuple[tuple[str, str, str, str], ...]


def draw(comparison: Comparison) -> Drawing | None:
    """The drawing of a comparison; None where there is nothing to see."""
    expected, got = _floats(comparison.expected), _floats(comparison.got)
    if not expected.size or not got.size:
        return None
    if expected.shape != got.shape:
        limits = _limits(expected)
        images = tuple(
            _heat_map(title, _window(array, None)[0], limits)
            for title, array in (("expected", expected), ("obtained", got))
        )
        place = f"{comparison.array}: shape {expected.shape} was expected, {got.shape} obtained"
        return Drawing(place, images, ())
    window, place = _window(expected, comparison.index)
    other, _ = _window(got, comparison.index)
    limits = _limits(window)
    images = (
        _heat_map("expected", window, limits),
        _heat_map("obtained", other, limits),
        _difference(window, other),
    )
    return Drawing(comparison.array + place, images, _largest(expected, got))


def _floats(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64)


def _window(array: np.ndarray, index: tuple[int, ...] | None) -> tuple[np.ndarray, str]:
    """The two-dimensional part around an index, and its place in words."""
    index = index or (0,) * array.ndim
    if array.ndim < 2:
        matrix, leading, position = array.reshape(1, -1), "", (0, index[0] if index else 0)
    else:
        matrix, position = array[index[:-2]], index[-2:]
        leading = "".join(f"{i}, " for i in index[:-2])
    spans = []
    for length, at, most in zip(matrix.shape, position, (MAX_ROWS, MAX_COLUMNS), strict=True):
        start = min(max(0, at - most // 2), max(0, length - most))
        spans.append(slice(start, min(length, start + most)))
    shown = [
        ":" if span == slice(0, length) else f"{span.start}:{span.stop}"
        for span, length in zip(spans, matrix.shape, strict=True)
    ]
    if array.ndim < 2:
        shown = shown[1:] if array.ndim else []
    place = f"[{leading}{', '.join(shown)}]" if shown else ""
    return matrix[tuple(spans)], place


def _limits(expected: np.ndarray) -> tuple[float, float]:
    finite = expected[np.isfinite(expected)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _heat_map(title: str, window: np.ndarray, limits: tuple[float, float]) -> Image:
    low, high = limits
    beyond = int(((window < low) | (window > high))[np.isfinite(window)].sum())
    caption = f"{_size(window)}, {_number(low)} (dark) to {_number(high)} (bright)"
    if beyond:
        caption += f"; {beyond} beyond that (orange)"
    if odd := int((~np.isfinite(window)).sum()):
        caption += f"; {odd} not finite (pink)"
    return Image(title, _png(window, low, high, "viridis"), caption, window.shape[1])


def _difference(expected: np.ndarray, got: np.ndarray) -> Image:
    with np.errstate(invalid="ignore"):
        difference = np.where(expected == got, 0.0, got - expected)
    finite = np.abs(difference[np.isfinite(difference)])
    largest = float(finite.max(initial=0.0))
    bound = largest or 1.0
    caption = f"{_size(difference)}, {_number(-bound)} (blue) to {_number(bound)} (red)"
    if odd := int((~np.isfinite(difference)).sum()):
        caption += f"; {odd} not finite (pink)"
    source = _png(difference, -bound, bound, "RdBu_r")
    return Image("obtained minus expected", source, caption, difference.shape[1])


def _png(window: np.ndarray, low: float, high: float, colours: str) -> str:
    from matplotlib.image import imsave

    with np.errstate(invalid="ignore", over="ignore"):
        # A margin: the ends of the scale are not beyond it.
        scaled = np.clip((window - low) / (high - low) * 0.999 + 0.0005, -1.0, 2.0)
    scaled = np.where(np.isfinite(window), scaled, np.nan)
    content = io.BytesIO()
    imsave(content, _colour_map(colours)(scaled), format="png")
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()


@functools.cache
def _colour_map(name: str):
    import matplotlib

    return matplotlib.colormaps[name].with_extremes(bad=_BAD, over=_BEYOND, under=_BEYOND)


def _largest(expected: np.ndarray, got: np.ndarray) -> tuple[tuple[str, str, str, str], ...]:
    with np.errstate(invalid="ignore"):
        gap = np.where(expected == got, 0.0, np.abs(got - expected))
    gap = np.where(np.isnan(gap), np.inf, gap)
    order = np.argsort(-gap, axis=None, kind="stable")[:_LISTED]
    rows = []
    for flat in order[gap.reshape(-1)[order] > 0]:
        index = np.unravel_index(flat, expected.shape)
        want, have = expected[index], got[index]
        with np.errstate(invalid="ignore"):
            difference = have - want
        place = f"[{', '.join(str(int(i)) for i in index)}]"
        rows.append((place, _number(want), _number(have), _number(difference)))
    return tuple(rows)


def _size(window: np.ndarray) -> str:
    return f"{window.shape[0]} by {window.shape[1]}"


def _number(value: float) -> str:
    return f"{value:.4g}"
