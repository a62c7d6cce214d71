"""What a grade depends on: when one of these digests changes, the grade is made anew.

The unit is the exercise: a check that is changed, or recorded anew, costs the checks of its
exercise, and those of no other.
"""

import hashlib
import inspect
import json
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from autograder import compare, kit
from autograder.checks import Check
from autograder.recordings import misconceptions_file, solution_file

_PACKAGES = ("tensorflow", "keras", "numpy", "sentencepiece")
_CHECKS = kit.AUTOGRADER / "checks"


class Kit:
    """The kit that grades, with the recordings that it compares with.

    Args:
        checks: the checks that are run.
        outputs: directories of recordings.

    Attributes:
        environment: digest of what every grade depends on: versions, the judge's code, the starter
            package, the seeds.
        exercises: by exercise, of its checks, its recordings and its tolerances.
        whole: of everything together.
    """

    def __init__(self, checks: Sequence[Check], outputs: Sequence[Path]):
        self._checks = checks
        self._outputs = outputs
        self._tolerances = compare.load_tolerances(kit.TOLERANCES)
        self.environment = _digest(self._common())
        names = dict.fromkeys(check.exercise for check in checks)
        self.exercises = {exercise: self._of(exercise) for exercise in names}
        parts = [self.environment, *(f"{name} {d}" for name, d in self.exercises.items())]
        self.whole = _digest(part.encode() for part in parts)

    def _common(self) -> list[bytes]:
        versions = {name: version(name) for name in _PACKAGES} | {"python": sys.version}
        files = [
            *kit.AUTOGRADER.glob("*.py"),
            *(kit.AUTOGRADER / "sandbox").glob("*.py"),
            *(kit.starter() / "assignment").rglob("*.py"),
            *(path for path in _CHECKS.glob("*.py") if not path.name.startswith("part")),
            *(directory / "recording.json" for directory in self._outputs),
        ]
        return [json.dumps(versions, sort_keys=True).encode(), *_contents(files)]

    def _of(self, exercise: str) -> str:
        own = [check for check in self._checks if check.exercise == exercise]
        sources = {inspect.getsourcefile(check.function) for check in own}
        files = [Path(source) for source in sources if source]
        for directory in self._outputs:
            files += [
                solution_file(directory, exercise),
                misconceptions_file(directory, exercise),
            ]
        return _digest(
            [
                *(f"{check.key} {check.needs} {check.limit}".encode() for check in own),
                *(str(compare.tolerance_of(check, self._tolerances)).encode() for check in own),
                *_contents(files),
                *(self._hints(directory, exercise) for directory in self._outputs),
            ]
        )

    def _hints(self, directory: Path, exercise: str) -> bytes:
        path = directory / "misconceptions.json"
        entries = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
        own = [entry for entry in entries if entry["exercise"] == exercise]
        return json.dumps(own, sort_keys=True).encode()


def _contents(files: Iterable[Path]) -> list[bytes]:
    return [
        path.name.encode() + b"\0" + path.read_bytes() for path in sorted(files) if path.exists()
    ]


def _digest(parts: Iterable[bytes]) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "little") + part)
    return whole.hexdigest()[:32]
