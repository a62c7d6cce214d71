"""`assignment` as a check sees it: sub-modules are imported when they are first named."""

import importlib
import importlib.util
from types import ModuleType
from typing import Any


class Namespace:
    """A package or module of the submission; attributes are its sub-modules and its names.

    Only what a check names is imported, so a syntax error in one file costs no other exercise.
    """

    def __init__(self, name: str):
        self._name = name
        self._module: ModuleType = importlib.import_module(name)

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        name = f"{self._name}.{attribute}"
        if hasattr(self._module, "__path__") and importlib.util.find_spec(name):
            return self._submodule(name)
        try:
            return self._value(getattr(self._module, attribute))
        except AttributeError:
            file = self._name.replace(".", "/") + ".py"
            raise AttributeError(f"{file} has no {attribute!r}; was it renamed?") from None

    def _submodule(self, name: str) -> "Namespace":
        return type(self)(name)

    def _value(self, value: Any) -> Any:
        return value
