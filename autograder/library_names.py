"""Which library names a source file uses, read from its syntax tree; nothing of it is run."""

import ast
from collections.abc import Iterator


def uses(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every dotted library name that the module uses or imports, with its line."""
    names: dict[str, str] = {}  # what a local name stands for
    nodes = list(ast.walk(tree))  # walking a file once more takes longer than all else here
    for node in nodes:
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
    assignments = [node for node in nodes if isinstance(node, ast.Assign)]
    for node in (*assignments, *assignments):
        if dotted := _dotted(node.value, names):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    names.setdefault(target.id, dotted)
    for node in nodes:
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


def asks_for_activation(node: ast.AST, name: str) -> bool:
    """`activation="gelu"`, `Activation("gelu")`, `activations.get("gelu")`."""
    if not isinstance(node, ast.Call):
        return False
    values = [keyword.value for keyword in node.keywords if keyword.arg == "activation"]
    called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    called = node.func.id if isinstance(node.func, ast.Name) else called
    # A table of one's own may be asked for its "gelu".
    of_a_table = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Dict)
    if called == "Activation" or (called == "get" and not of_a_table):
        values += node.args[:1]
    return any(isinstance(value, ast.Constant) and value.value == name for value in values)
