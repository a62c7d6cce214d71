"""The programs that wrote the course's data: requests and what they ask for, the gold reward.

They lie in `data/grammar/`, beside the files that they wrote and outside of this package.
"""

import importlib
import sys
from types import ModuleType

from assignment.text.registry import find_data_directory


def load_grammar(name: str) -> ModuleType:
    """A module of `data/grammar/`, such as "gold", "requests" or "arithmetic".

    Raises:
        FileNotFoundError: there is no course data above this package or the working directory.
    """
    above = str(find_data_directory().parent)
    if above not in sys.path:
        sys.path.append(above)  # last: nothing else shall be found there instead
    return importlib.import_module(f"data.grammar.{name}")


def gold_reward(prompt: str, response: str) -> float:
    """The true reward of a story for a request: at most 5, about 4 for one that fits."""
    return load_grammar("gold").gold_reward(prompt, response)
