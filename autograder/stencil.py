"""Generates `stencil/` from `assignment/`: python -m autograder.stencil [--check]

Every file of the package is copied; each fenced region becomes its hints and one raise.
"""

import subprocess
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

import tyro

from autograder import fences, kit

_RUFF_TOML = """\
# A blank leaves names unused that the solution will use, and unset that it will set.
extend = "../pyproject.toml"

[lint]
ignore = ["F401", "F821", "F841", "RUF002", "RUF003", "RUF059", "B007"]
"""


def starter_files(keep: Collection[str] = ()) -> dict[str, bytes]:
    """The starter package: contents by path below the stencil, `assignment/…`.

    Args:
        keep: exercises whose solution stays.
    """
    files: dict[str, bytes] = {}
    for path in sorted(kit.SOLUTION.rglob("*")):
        relative = path.relative_to(kit.ROOT)
        hidden = any(part.startswith((".", "__pycache__")) for part in relative.parts)
        if hidden or not path.is_file() or path.suffix == ".pyc":
            continue
        content = path.read_bytes()
        if path.suffix == ".py":
            content = fences.strip(content.decode(), str(relative), keep).encode()
        files[relative.as_posix()] = content
    return _formatted(files)


def expected_files() -> dict[str, bytes]:
    """What `stencil/` must hold."""
    return {**starter_files(), "ruff.toml": _RUFF_TOML.encode()}


def stale_files() -> list[str]:
    """The paths below `stencil/` that are missing, changed or left over."""
    expected = expected_files()
    changed = [
        name
        for name, content in expected.items()
        if not (kit.STENCIL / name).is_file() or (kit.STENCIL / name).read_bytes() != content
    ]
    return changed + _left_over(expected)


def write() -> None:
    """Brings `stencil/` up to date."""
    expected = expected_files()
    for name in _left_over(expected):
        (kit.STENCIL / name).unlink()
    write_tree(kit.STENCIL, expected)


def write_tree(directory: Path, files: dict[str, bytes]) -> None:
    """Writes the files, by path below the directory; untouched ones keep their time stamp."""
    for name, content in files.items():
        path = directory / name
        if path.is_file() and path.read_bytes() == content:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _left_over(expected: Collection[str]) -> list[str]:
    # Runs, caches and checkpoints of somebody who works in place are not the stencil's.
    found = (kit.STENCIL / "assignment").rglob("*.py")
    return sorted(
        name
        for name in (path.relative_to(kit.STENCIL).as_posix() for path in found)
        if name not in expected
    )


def _formatted(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files as `ruff format` leaves them (a removed body may change the blank lines)."""
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        write_tree(directory, files)
        config = kit.ROOT / "pyproject.toml"
        command = [sys.executable, "-m", "ruff", "format", "--quiet", "--config", str(config), "."]
        subprocess.run(command, cwd=directory, check=True)
        return {name: (directory / name).read_bytes() for name in files}


def main(check: bool = False) -> None:
    """Generates the stencil from the solution.

    Args:
        check: write nothing; exit 1 and name the files when the stencil is stale.
    """
    try:
        if not check:
            write()
            return
        stale = stale_files()
    except fences.FenceError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    if stale:
        print("The stencil is stale; run python -m autograder.stencil. Stale files:")
        print("\n".join(f"  stencil/{name}" for name in stale))
        sys.exit(1)


if __name__ == "__main__":
    tyro.cli(main, prog="python -m autograder.stencil", description=__doc__)
