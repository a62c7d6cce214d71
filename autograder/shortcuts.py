"""Library symbols that do an exercise's work: found in the source, and disabled in the worker.

An exercise is to be written, not called. `scan` reads the syntax tree of the submitted file before
it is imported; `disable` replaces the symbols by stubs for the checks of that exercise, so that a
hidden way to them fails too.
"""

import ast
import functools
import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from autograder import syllabus

_RECURRENT = tuple(
    f"keras.layers.{name}"
    for name in (
        *("RNN", "SimpleRNN", "SimpleRNNCell", "LSTM", "LSTMCell", "GRU", "GRUCell"),
        *("StackedRNNCells", "Bidirectional"),
    )
)
_ATTENTION = (
    "keras.layers.Attention",
    "keras.layers.AdditiveAttention",
    "keras.layers.MultiHeadAttention",
    "keras.layers.GroupQueryAttention",
    "keras.ops.dot_product_attention",
    "keras.ops.nn.dot_product_attention",
)
_GELU = (
    "keras.activations.gelu",
    "keras.ops.gelu",
    "keras.ops.nn.gelu",
    "tensorflow.nn.gelu",
)
_NORMALIZATION = (
    "keras.layers.LayerNormalization",
    "keras.layers.BatchNormalization",
    "keras.layers.GroupNormalization",
    "keras.layers.RMSNormalization",
    "keras.layers.UnitNormalization",
    "keras.ops.layer_normalization",
    "tensorflow.nn.batch_normalization",
)
_OPTIMIZERS = tuple(
    f"keras.optimizers.{name}"
    for name in ("Adam", "AdamW", "Adamax", "Nadam", "Adafactor", "Lamb", "Lion", "SGD", "RMSprop")
)
_SCHEDULES = tuple(
    f"keras.optimizers.schedules.{name}"
    for name in ("CosineDecay", "CosineDecayRestarts", "PolynomialDecay")
)

FORBIDDEN: dict[str, tuple[str, ...]] = {
    "text.windows": (
        "tensorflow.keras.utils.timeseries_dataset_from_array",
        "keras.utils.timeseries_dataset_from_array",
        "tensorflow.signal.frame",
    ),
    "recurrent.rnn_cell": _RECURRENT,
    "recurrent.lstm_cell": _RECURRENT,
    "recurrent.unroll": _RECURRENT,
    "recurrent.bahdanau": _ATTENTION,
    "training.schedule": _SCHEDULES,
    "training.adamw": _OPTIMIZERS,
    "training.clip": ("tensorflow.clip_by_global_norm",),
    "attention.scaled_dot_product": _ATTENTION,
    "attention.multi_head": _ATTENTION,
    "normalization.layer_norm": _NORMALIZATION,
    "feed_forward.gelu": _GELU,
    "blocks.decoder": (*_ATTENTION, *_NORMALIZATION),
    "models.transformer_lm": (*_ATTENTION, *_NORMALIZATION),
}
# Whole packages that hold models, samplers and layers of the course.
FORBIDDEN_PACKAGES = ("keras_nlp", "keras_hub", "transformers", "torch", "jax", "flax")
# The tokenizer's layer for tf.data is given code.
_PACKAGES_ALLOWED_IN = ("text/tokenizer.py",)

_LIBRARIES = ("keras", "tensorflow")

# Keras finds these by name: Dense(activation="gelu").
_FORBIDDEN_NAMES = {"feed_forward.gelu": ("gelu",)}


class ShortcutError(Exception):
    """The submission uses a library's own version of the exercise."""

    def __init__(self, symbol: str):
        super().__init__(f"{symbol} does the work of this exercise, so it may not be used here")


@dataclass(frozen=True)
class Finding:
    """A forbidden symbol in a source file."""

    symbol: str
    line: int


def scan(exercise_id: str, submission: Path) -> None:
    """Raises ShortcutError, at the line concerned, when the exercise's file uses a shortcut."""
    exercise = syllabus.find(exercise_id)
    path = submission / "assignment" / exercise.file
    for finding in find(path.read_text(encoding="utf-8"), exercise):
        line = "\n" * (finding.line - 1) + "raise error"
        code = compile(line, str(path), "exec")
        exec(code, {"error": ShortcutError(finding.symbol)})


def find(text: str, exercise: syllabus.Exercise) -> list[Finding]:
    """The shortcuts in a file that concern the exercise.

    A file may hold several exercises: a use within the symbols of another one is left to that one.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # importing the file reports it
    foreign = _foreign_lines(tree, exercise)
    found = []
    for symbol, line in _uses(tree):
        if line not in foreign and _is_forbidden(symbol, exercise):
            found.append(Finding(symbol, line))
    for name in _FORBIDDEN_NAMES.get(exercise.id, ()):
        for node in ast.walk(tree):
            if _asks_for_activation(node, name) and node.lineno not in foreign:
                found.append(Finding(f'the activation "{name}"', node.lineno))
    return sorted(found, key=lambda finding: finding.line)


def disable(exercise_id: str) -> None:
    """Replaces the exercise's forbidden symbols, under every name that loaded modules give them."""
    places = index()
    for symbol in FORBIDDEN.get(exercise_id, ()):
        target = _resolve(symbol)
        if isinstance(target, type):
            # Sub-classes and other references share the class, so the class itself is changed.
            target.__init__ = _stub(symbol)
        for names, name in places.get(id(target), ()):
            names[name] = _stub(symbol)


@functools.cache
def index() -> dict[int, list[tuple[dict[str, Any], str]]]:
    """Where loaded modules hold each forbidden function, by its id: (a dictionary, a name in it).

    The search takes a while, so the warm interpreter does it once, before any worker exists.
    """
    symbols = {symbol for listed in FORBIDDEN.values() for symbol in listed}
    targets = [_resolve(symbol) for symbol in symbols]
    places: dict[int, list[tuple[dict[str, Any], str]]] = {
        id(target): [] for target in targets if target is not None and not isinstance(target, type)
    }
    for module_name, module in list(sys.modules.items()):
        if not isinstance(module, ModuleType) or not module_name.startswith(_LIBRARIES):
            continue
        tables = [vars(module)]
        tables += [v for k, v in vars(module).items() if k == "ALL_OBJECTS_DICT"]
        for table in tables:
            for name, value in list(table.items()):
                if id(value) in places:
                    places[id(value)].append((table, name))
    return places


def _stub(symbol: str) -> Callable[..., NoReturn]:
    def refuse(self: Any = None, *args: Any, **kwargs: Any) -> NoReturn:
        raise ShortcutError(symbol)

    return refuse


def _resolve(symbol: str) -> Any:
    module, _, attribute = symbol.rpartition(".")
    try:
        value: Any = importlib.import_module(module.split(".")[0])
        for part in [*module.split(".")[1:], attribute]:
            value = getattr(value, part)
    except (ImportError, AttributeError):
        return None  # another version of the library
    return value


def _is_forbidden(symbol: str, exercise: syllabus.Exercise) -> bool:
    package = symbol.split(".")[0]
    if package in FORBIDDEN_PACKAGES:
        return exercise.file not in _PACKAGES_ALLOWED_IN
    return symbol in FORBIDDEN.get(exercise.id, ())


def _foreign_lines(tree: ast.Module, exercise: syllabus.Exercise) -> set[int]:
    """The lines of functions and classes that belong to other exercises of the same file."""
    others = {
        symbol
        for other in syllabus.EXERCISES.values()
        if other.file == exercise.file and other.id != exercise.id
        for symbol in other.symbols
    }
    return {
        line
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in others
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def _uses(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every dotted library name that the module uses or imports, with its line."""
    names: dict[str, str] = {}  # what a local name stands for
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    names[alias.asname] = alias.name
                else:
                    root = alias.name.split(".")[0]
                    names[root] = root
                yield _canonical(alias.name), node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield _canonical(f"{node.module}.{alias.name}"), node.lineno
    # An assignment can rename a module (`layers = keras.layers`); two rounds follow chains of it.
    for _ in range(2):
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and (dotted := _dotted(node.value, names)):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        names.setdefault(target.id, dotted)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name | ast.Call) and (
            dotted := _dotted(node, names)
        ):
            yield _canonical(dotted), node.lineno


def _dotted(node: ast.AST, names: dict[str, str]) -> str:
    """The library name that an expression stands for, or an empty text."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value, names)
        return f"{base}.{node.attr}" if base else ""
    if isinstance(node, ast.Call) and node.args:
        constants = [a.value for a in node.args if isinstance(a, ast.Constant)]
        if isinstance(node.func, ast.Name) and node.func.id == "getattr" and constants:
            base = _dotted(node.args[0], names)
            return f"{base}.{constants[0]}" if base else ""
        called = _dotted(node.func, names)
        imports = called == "importlib.import_module" or (
            isinstance(node.func, ast.Name) and node.func.id in ("__import__", "import_module")
        )
        if imports and constants and isinstance(constants[0], str):
            return constants[0]
    return ""


def _canonical(dotted: str) -> str:
    """One name for the several paths to Keras."""
    for prefix in ("tensorflow.keras", "tensorflow.compat.v2.keras", "tensorflow.compat.v1.keras"):
        if dotted == prefix or dotted.startswith(prefix + "."):
            return "keras" + dotted[len(prefix) :]
    return dotted.replace("tensorflow.compat.v2.", "tensorflow.", 1)


def _asks_for_activation(node: ast.AST, name: str) -> bool:
    """`activation="gelu"`, `Activation("gelu")`, `activations.get("gelu")`."""
    if not isinstance(node, ast.Call):
        return False
    values = [keyword.value for keyword in node.keywords if keyword.arg == "activation"]
    called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    called = node.func.id if isinstance(node.func, ast.Name) else called
    if called in ("Activation", "get"):
        values += node.args[:1]
    return any(isinstance(value, ast.Constant) and value.value == name for value in values)
