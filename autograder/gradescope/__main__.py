"""Build what is uploaded to Gradescope: python -m autograder.gradescope OUT.zip

The zip holds setup.sh, run_autograder and the kit: the grader, the starter, the recorded outputs
and, with --hidden, the hidden ones. With --leaderboard it also holds the solution and stories that
nobody has seen, on which a submitted checkpoint is measured.
"""

import json
import random
import secrets
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import tyro
from tyro.conf import Positional

from autograder import hidden as hidden_inputs
from autograder import kit

_SCRIPTS = Path(__file__).parent
_DATE = (1980, 1, 1, 0, 0, 0)
_STORIES = 200
_MOST_MINUTES = 24 * 60
# The code of almost-solutions is not needed to grade.
_LEFT_OUT = {"__pycache__", "misconceptions", "variants", "runs"}


def build(
    out: Path, hidden: Path | None = None, leaderboard: bool = False, seconds: float = 540
) -> None:
    """Writes the zip.

    Args:
        hidden: a directory of hidden recordings.
        leaderboard: measure submitted checkpoints.
        seconds: the time that the checks may take in all.

    Raises:
        ValueError: `hidden` holds no hidden recordings.
    """
    files = dict(_kit_files())
    if hidden is not None:
        for variant in hidden_inputs.variants(hidden):
            files |= _tree(variant, f"kit/private/hidden/{variant.name}")
        files["kit/private/hidden/hidden.json"] = (hidden / "hidden.json").read_bytes()
    if leaderboard:
        files |= _tree(kit.SOLUTION, "kit/assignment")
        files["kit/private/held_out.txt"] = _stories().encode()
    settings = {"seconds": seconds, "hidden": hidden is not None, "leaderboard": leaderboard}
    files["kit/private/settings.json"] = json.dumps(settings).encode()
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("setup.sh", "run_autograder"):
            _add(archive, name, (_SCRIPTS / name).read_bytes(), 0o755)
        for name, content in sorted(files.items()):
            _add(archive, name, content, 0o644)


def _kit_files() -> Iterator[tuple[str, bytes]]:
    recordings = kit.OUTPUTS / "misconceptions"
    yield from _tree(kit.AUTOGRADER, "kit/autograder").items()
    yield from _tree(recordings, "kit/autograder/solution_outputs/misconceptions").items()
    yield from _tree(kit.starter() / "assignment", "kit/stencil/assignment").items()
    yield "kit/requirements.txt", (kit.ROOT / "requirements.txt").read_bytes()


def _tree(directory: Path, name: str) -> dict[str, bytes]:
    return {
        f"{name}/{path.relative_to(directory).as_posix()}": path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and not _LEFT_OUT & set(path.relative_to(directory).parts)
    }


def _add(archive: zipfile.ZipFile, name: str, content: bytes, mode: int) -> None:
    info = zipfile.ZipInfo(name, date_time=_DATE)
    info.external_attr = (0o100000 | mode) << 16
    archive.writestr(info, content, zipfile.ZIP_DEFLATED)


def _stories() -> str:
    """Stories that were never shown: of a seed that is drawn here and kept nowhere."""
    from data.grammar.stories import sample_story

    rng = random.Random(secrets.randbits(128))
    return "".join(f"{sample_story(rng).text}\n" for _ in range(_STORIES))


def main(
    out: Positional[Path],
    hidden: Path | None = None,
    leaderboard: bool = False,
    minutes: float = 9.0,
) -> None:
    """Builds the zip.

    Args:
        out: the zip to write.
        hidden: a directory of hidden recordings; see python -m autograder.record.
        leaderboard: measure the checkpoint in a submission's `leaderboard/` directory.
        minutes: how long the checks may take; a little less than the assignment's limit.
    """
    try:
        if not 0 < minutes <= _MOST_MINUTES:
            raise ValueError(
                f"--minutes must be more than 0, and {_MOST_MINUTES} at most. Received: {minutes:g}"
            )
        if out.exists() and not zipfile.is_zipfile(out):
            raise ValueError(f"{out} is there already, and is no zip; choose another name")
        build(out, hidden, leaderboard, 60 * minutes)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    print(f"wrote {out}, {out.stat().st_size / 2**20:.1f} MiB; keep it to yourself")


if __name__ == "__main__":
    tyro.cli(main, prog="python -m autograder.gradescope", description=__doc__)
