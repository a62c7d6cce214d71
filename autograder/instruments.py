"""Namespaces that measure a check: compiled calls for calibration, trivial answers for recording.

Used on the solution only; a handout leaves this module out.
"""

import functools
from types import FunctionType
from typing import Any

import numpy as np

from autograder.namespace import Namespace


class TrivialCheckError(AssertionError):
    """A check whose recorded arrays a do-nothing answer could give."""


def namespace(mode: str, observe: bool) -> Namespace:
    """The `assignment` of a task with this mode of calling."""
    return Observed("assignment") if observe else _Compiled("assignment", mode == "xla")


class Observed(Namespace):
    """Remembers the arrays that the submission's functions are given."""

    _seen: tuple[list[np.ndarray], ...] = ([],)

    def _value(self, value: Any) -> Any:
        if not isinstance(value, FunctionType):
            return value

        @functools.wraps(value)
        def call(*args: Any, **kwargs: Any) -> Any:
            for argument in (*args, *kwargs.values()):
                if hasattr(argument, "__array__"):
                    self._seen[0].append(np.array(argument))
            return value(*args, **kwargs)

        return call

    def refuse_trivial(self, arrays: dict[str, np.ndarray]) -> None:
        """Raises TrivialCheckError unless some array is neither constant nor one of the inputs.

        NaN is refused as well: it equals nothing, so no answer could pass.
        """
        if not arrays:
            raise TrivialCheckError("the check returns no arrays")
        for name, array in arrays.items():
            if array.dtype.kind == "f" and np.isnan(array).any():
                raise TrivialCheckError(f"{name} holds NaN, which equals nothing; mask it out")
            finite = array[np.isfinite(array)] if array.dtype.kind == "f" else array
            constant = finite.size == 0 or (finite == finite.flat[0]).all()
            scalar = array.size == 1 and finite.size == 1 and finite.flat[0] not in (0, 1)
            echoed = any(
                array.shape == seen.shape and np.array_equal(array, seen, equal_nan=False)
                for seen in self._seen[0]
            )
            if (scalar or not constant) and not echoed:
                return
        raise TrivialCheckError(
            "every array of the check is constant or equal to an input, so an answer that does "
            "nothing could pass; use inputs on which the exercise changes something"
        )


class _Compiled(Namespace):
    """Calls the submission's functions through tf.function, where they can be compiled."""

    def __init__(self, name: str, xla: bool):
        super().__init__(name)
        self._xla = xla

    def _submodule(self, name: str) -> Namespace:
        return _Compiled(name, self._xla)

    def _value(self, value: Any) -> Any:
        if not isinstance(value, FunctionType):
            return value
        import tensorflow as tf

        compiled = tf.function(value, jit_compile=self._xla)

        @functools.wraps(value)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return compiled(*args, **kwargs)
            except Exception:  # a function of texts, models or files is only ever called eagerly
                return value(*args, **kwargs)

        return call
