"""What configurations check of their values."""

import math
from collections.abc import Callable
from typing import Any


def require(config: Any, condition: Callable[[Any], bool], wanted: str, *names: str) -> None:
    """Raise ValueError unless the condition holds for each of these fields of a configuration."""
    for name in names:
        if not condition(getattr(config, name)):
            flag = name.replace("_", "-")
            raise ValueError(f"--{flag} must be {wanted}. Received: {getattr(config, name)}")


def require_training(config: Any) -> None:
    """Raise ValueError if a value is impossible that every kind of training has."""
    require(config, lambda v: v >= 1, "at least 1", "steps", "batch_size")
    require(config, lambda v: v >= 1, "at least 1", "evaluate_every", "log_every")
    require(config, lambda v: v >= 0, "0 or more", "warmup_steps", "checkpoint_minutes")
    require_seed(config)
    require(config, lambda v: 0 < v < math.inf, "positive, and finite", "learning_rate")
    require(config, lambda v: v > 0, "positive", "max_norm")
    require(config, lambda v: 0 <= v <= 1, "from 0 to 1", "final_rate")


def require_rollouts(config: Any) -> None:
    """Raise ValueError if a value is impossible that every kind of training on rollouts has."""
    require(config, lambda v: v >= 1, "at least 1", "max_new_tokens", "epochs", "minibatches")
    require(config, lambda v: 0 < v < math.inf, "positive, and finite", "temperature")
    require(config, lambda v: v > 0, "positive", "epsilon")


def require_seed(config: Any) -> None:
    """Raise ValueError if a random generator cannot take the seed."""
    require(config, lambda v: 0 <= v < 2**31, f"from 0 to {2**31 - 1}", "seed")


def require_sampler(config: Any) -> None:
    """Raise ValueError if no sampler can do anything with a value, or with the seed."""
    require_seed(config)
    require(config, lambda v: 0 <= v < math.inf, "0 or more, and finite", "temperature")
    require(config, lambda v: v >= 0, "0 or more", "top_k")
    require(config, lambda v: 0 < v <= 1, "above 0 and at most 1", "top_p")
