"""What every configuration checks of its values."""

from collections.abc import Callable
from typing import Any


def require(config: Any, condition: Callable[[Any], bool], wanted: str, *names: str) -> None:
    """Raise ValueError unless the condition holds for each of these fields of a configuration."""
    for name in names:
        if not condition(getattr(config, name)):
            flag = name.replace("_", "-")
            raise ValueError(f"--{flag} must be {wanted}. Received: {getattr(config, name)}")
