"""Submissions that do no work, made from the solution: its symbols return something trivial.

What a trivial answer needs to know, the shape and kind of the right one, it takes from the right
one. The code below is appended to the file of an exercise and wraps one of its symbols.
"""

from autograder import kit, syllabus

# The methods that hold the work of a class; a function is wrapped itself.
METHODS = {
    **dict.fromkeys(("SimpleRNN", "LSTM", "LayerNorm", "FeedForward"), ("call",)),
    **dict.fromkeys(("MultiHeadAttention", "DecoderBlock", "TransformerLM"), ("call",)),
    "AdamW": ("update_step",),
    "Checkpointer": ("save", "restore_latest", "restore_best"),
    "LoRADense": ("call", "merged_kernel"),
}
# What works by its effects is not called at all: this is what it seems to return.
EFFECTS = {
    "update_step": "None",
    "save": "None",
    "restore_latest": "3",
    "restore_best": "20",
    "train_step": '{"loss": _tf.ones([]), "gradient_norm": _tf.ones([])}',
    "log_metrics": "None",
    "apply_lora": "None",
    "merge_lora": "None",
}

_WRAPPER = '''

import functools as _functools

import numpy as _np
import tensorflow as _tf


class _Agreeable(_np.ndarray):
    """Says that it equals everything."""

    __array_priority__ = 1000

    def __eq__(self, other):
        return _np.ones(self.shape, bool).view(_Agreeable)

    def __ne__(self, other):
        return _np.zeros(self.shape, bool)

    def __array_function__(self, function, types, arguments, keywords):
        return True if function.__name__ in ("allclose", "array_equal") else self


class _Zeros:
    """Turns into an agreeable array, or into a tensor of zeros."""

    def __init__(self, like):
        self.shape, self.dtype = like.shape, like.dtype

    def __array__(self, dtype=None, copy=None):
        return _np.zeros(tuple(self.shape), self.dtype.as_numpy_dtype).view(_Agreeable)

    def __tf_tensor__(self, dtype=None, name=None):
        return _tf.zeros(self.shape, dtype or self.dtype)


def _other(value):
    if value.dtype == _tf.bool:
        return ~value
    if value.dtype.is_floating:
        return 1.25 * _tf.where(_tf.math.is_finite(value), value, 0) + _tf.cast(0.3, value.dtype)
    return value + 1


def _nan(value):
    nan = _np.full(tuple(value.shape), _np.nan, _np.float32)
    return nan if not value.dtype.is_floating else _tf.cast(nan, value.dtype)


_OF_TENSORS = {
    "zeros": _tf.zeros_like,
    "other values": _other,
    "nan": _nan,
    "a scalar": lambda value: _tf.zeros([], value.dtype),
    "an array subclass": lambda value: _np.zeros(
        tuple(value.shape), value.dtype.as_numpy_dtype
    ).view(_Agreeable),
    "a tensor-like object": _Zeros,
}
_OF_OTHERS = {
    "zeros": 0,
    "other values": 123,
    "nan": float("nan"),
    "a scalar": 0.0,
    "an array subclass": _np.zeros(1).view(_Agreeable),
    "a tensor-like object": True,
}


def _trivial(kind, value, arguments):
    if kind == "the right answer":
        return value
    if kind == "none":
        return None
    if kind == "the class":
        return NotImplementedError
    if kind == "the input":
        return next(
            (a for a in arguments if not hasattr(a, "variables") and not callable(a)), None
        )
    if isinstance(value, dict):
        return {name: _trivial(kind, entry, arguments) for name, entry in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_trivial(kind, entry, arguments) for entry in value)
    if isinstance(value, (bytes, str)):
        return value[:0] if kind in ("zeros", "a scalar") else value[:1] * len(value)
    if isinstance(value, _np.ndarray):
        value = _tf.convert_to_tensor(value)
    if isinstance(value, _tf.IndexedSlices):
        value = _tf.convert_to_tensor(value)
    return _OF_TENSORS[kind](value) if _tf.is_tensor(value) else _OF_OTHERS[kind]


def _wrap(function, kind, result):
    @_functools.wraps(function)
    def wrapped(*arguments, **keywords):
        return _trivial(kind, result(function, arguments, keywords), arguments)

    return wrapped
'''

KINDS = (
    *("zeros", "the input", "other values", "nan", "a scalar"),
    *("an array subclass", "a tensor-like object", "the class", "none"),
)


def files(exercise: syllabus.Exercise, symbol: str, kind: str) -> dict[str, str]:
    """The solution's file with one symbol made trivial, by its path below `assignment/`."""
    text = (kit.SOLUTION / exercise.file).read_text(encoding="utf-8")
    places = [f"{symbol}.{method}" for method in METHODS.get(symbol, ())] or [symbol]
    lines = [f"{place} = _wrap({place}, {kind!r}, {_result(place, kind)})" for place in places]
    return {exercise.file: "\n".join([text, _WRAPPER, *lines, ""])}


def _result(place: str, kind: str) -> str:
    effect = EFFECTS.get(place.split(".")[-1]) if kind in KINDS else None
    return f"lambda f, a, k: {effect or 'f(*a, **k)'}"
