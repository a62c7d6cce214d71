"""Recorded outputs: what the solution, and each misconception, gave on every check.

solution_outputs/recording.json                         the seed, and the versions recorded with
solution_outputs/<exercise id>.npz                      "<check>/<array>" of the solution
solution_outputs/misconceptions.json                    ids, hints, which checks catch them
solution_outputs/misconceptions/<exercise id>.npz.gz    "<misconception>/<check>/<array>"
"""

import gzip
import io
import json
import zipfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from autograder.checks import Check

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class RecordedMisconception:
    """What a plausible mistake gives; `errors` holds exceptions, by check name."""

    id: str
    exercise: str
    hint: str
    caught_by: tuple[str, ...]
    errors: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, Arrays] = field(default_factory=dict)


def solution_file(directory: Path, exercise: str) -> Path:
    """Where the solution's outputs on an exercise's checks lie."""
    return directory / f"{exercise}.npz"


def misconceptions_file(directory: Path, exercise: str) -> Path:
    """Where those of its misconceptions lie: thousands of small arrays, much alike."""
    return directory / "misconceptions" / f"{exercise}.npz.gz"


class Recording:
    """A directory of recorded outputs. Nothing but the seed is read before it is asked for."""

    def __init__(self, directory: Path):
        self.directory = directory
        self._loaded: dict[Path, Arrays] = {}
        self._read: dict[int, RecordedMisconception] = {}

    @cached_property
    def seed(self) -> int:
        path = self.directory / "recording.json"
        if not path.is_file():
            raise FileNotFoundError(
                f"{self.directory} holds no recording; run python -m autograder.record"
            )
        return int(json.loads(path.read_text(encoding="utf-8"))["seed"])

    def expected(self, check: Check) -> Arrays | None:
        """The solution's arrays on this check; None when it was never recorded."""
        return self._solution(check.exercise).get(check.name)

    def misconceptions(self, exercise: str | None = None) -> list[RecordedMisconception]:
        """The recorded misconceptions of one exercise, or of all."""
        return [
            self._misconception(position)
            for position, entry in enumerate(self._entries)
            if exercise is None or entry["exercise"] == exercise
        ]

    @cached_property
    def _entries(self) -> list[dict[str, Any]]:
        path = self.directory / "misconceptions.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []

    def _misconception(self, position: int) -> RecordedMisconception:
        if position not in self._read:
            self._read[position] = self._with_outputs(self._entries[position])
        return self._read[position]

    def _with_outputs(self, entry: dict[str, Any]) -> RecordedMisconception:
        stored = self._load(misconceptions_file(self.directory, entry["exercise"]))
        outputs: dict[str, Arrays] = {}
        for key, array in stored.items():
            misconception, check, name = key.split("/", 2)
            if misconception == entry["id"]:
                outputs.setdefault(check, {})[name] = array
        return RecordedMisconception(
            **{**entry, "caught_by": tuple(entry["caught_by"])}, outputs=outputs
        )

    def _solution(self, exercise: str) -> dict[str, Arrays]:
        outputs: dict[str, Arrays] = {}
        for key, array in self._load(solution_file(self.directory, exercise)).items():
            check, name = key.split("/", 1)
            outputs.setdefault(check, {})[name] = array
        return outputs

    def _load(self, path: Path) -> Arrays:
        if path not in self._loaded:
            self._loaded[path] = _load(path)
        return self._loaded[path]


def save(path: Path, arrays: Arrays) -> None:
    """Writes an .npz or .npz.gz file whose bytes depend on the arrays alone.

    The second is compressed as a whole, and takes a quarter of the first where many arrays are
    alike.
    """
    as_whole = path.suffix == ".gz"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in sorted(arrays):
            content = io.BytesIO()
            np.lib.format.write_array(content, _compact(arrays[name]), allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            method = zipfile.ZIP_STORED if as_whole else zipfile.ZIP_DEFLATED
            archive.writestr(member, content.getvalue(), method, 9)
    written = file.getvalue()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(written, 9, mtime=0) if as_whole else written)


def _compact(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32) if array.dtype == np.float64 else array


def _load(path: Path) -> Arrays:
    if not path.is_file():
        return {}
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
