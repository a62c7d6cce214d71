"""Hidden inputs for official grading: several recordings, of which each student meets one.

hidden.json               how many there are, the key that chooses, and what they were recorded for
variant-1/ variant-2/ …   recordings, as in `solution_outputs`, without misconceptions

The seeds of the inputs and the key derive from one secret, so the directory can be made again. Who
meets which variant is a keyed hash of the student's name: nobody can choose it, answers copied from
another student's variant fail, and a dispute can be replayed.
"""

import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path

from autograder import kit
from autograder.verdicts import INFRASTRUCTURE, LIMIT, PASSED, Verdict

MIN_SECRET = 12
_FILE = "hidden.json"


def seeds(secret: str, variants: int) -> list[int]:
    """The seeds of the variants' inputs; none of them tells another, or the secret.

    Raises:
        ValueError: the secret could be guessed, or there is no variant.
    """
    if len(secret) < MIN_SECRET:
        raise ValueError(
            f"a secret of fewer than {MIN_SECRET} characters can be guessed; choose a longer one"
        )
    if variants < 1:
        raise ValueError(f"at least one variant is needed. Received: {variants}")
    return [
        int.from_bytes(_keyed(secret.encode(), f"seed of variant {i}")[:8], "big")
        for i in range(1, variants + 1)
    ]


def write_index(directory: Path, secret: str, variants: int) -> None:
    """Writes what `variant_of` reads."""
    key = _keyed(secret.encode(), "choice of a variant").hex()
    content = {"variants": variants, "key": key, "public": _digest_of_public()}
    (directory / _FILE).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def is_index(directory: Path) -> bool:
    """Whether a directory holds hidden recordings."""
    return (directory / _FILE).is_file()


def variants(directory: Path) -> list[Path]:
    """The recordings in a directory of hidden ones.

    Raises:
        ValueError: it is no such directory, or a recording is missing, or the public recordings are
            not those of the time any more: a right answer to a changed check would fail on old
            hidden inputs.
    """
    count, _, public = _index(directory)
    if public != _digest_of_public():
        raise ValueError(
            f"{directory} was recorded for another version of the checks or of the solution. "
            "Record the hidden inputs again, with the same secret: "
            f"python -m autograder.record --seed SECRET --out {directory}"
        )
    found = [directory / f"variant-{i}" for i in range(1, count + 1)]
    for variant in found:
        if not (variant / "recording.json").is_file():
            raise ValueError(f"{variant} holds no recording; record the hidden inputs again")
    return found


def variant_of(student: str, directory: Path) -> Path:
    """The recording that a student's submission is held against.

    The choice is HMAC-SHA256(key, name) modulo the number of variants; the name counts without
    regard to capitals and surrounding space.
    """
    _, key, _ = _index(directory)
    found = variants(directory)
    digest = _keyed(key, student.strip().casefold())
    return found[int.from_bytes(digest[:8], "big") % len(found)]


def merged(public: Verdict, hidden: Verdict | None) -> Verdict:
    """One verdict on a check from those on public and hidden inputs.

    Of the hidden run only its status is told, in fixed words: a message, a printed line or an
    array would carry the hidden inputs out.
    """
    if public.status != PASSED or hidden is None or hidden.status == PASSED:
        return public
    if hidden.status == INFRASTRUCTURE:
        return replace(public, status=INFRASTRUCTURE, message=hidden.message)
    if hidden.status == LIMIT:
        message = "passes on the public inputs, and takes too much time or memory on hidden ones"
        return replace(public, status=LIMIT, message=message, printed="")
    message = (
        "passes on the public inputs, and not on hidden ones of the same kind: does the code "
        "depend on particular values?"
    )
    return replace(public, status=hidden.status, message=message, printed="")


def _digest_of_public() -> str:
    """What tells whether the solution's outputs have changed: the digest of the public ones."""
    digest = hashlib.sha256()
    for path in sorted(kit.OUTPUTS.glob("*.npz")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _index(directory: Path) -> tuple[int, bytes, str]:
    path = directory / _FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        count, key = int(content["variants"]), bytes.fromhex(content["key"])
        return count, key, content.get("public", "")
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(
            f"{directory} holds no hidden recordings; make them with "
            "python -m autograder.record --seed SECRET --out DIR"
        ) from None


def _keyed(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(errors="replace"), hashlib.sha256).digest()
