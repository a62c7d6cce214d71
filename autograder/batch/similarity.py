"""How much the submissions of a class resemble each other, where they differ from the starter.

Winnowing, as in Moss (Schleimer, Wilkerson and Aiken, 2003): every run of 25 characters of the
code, in which names are one letter and comments and strings do not count, is a fingerprint. Those
of the starter package are left out, and those that many share: there is one way to write a sum.
"""

import ast
import functools
import io
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder import kit, syllabus
from autograder.batch import files

_RUN = 25
_COMMON = 0.25  # of the class; what so many share is how it is done
_FEW = 4  # but never what so few share
_NEARLY_ALL = 0.9  # of a submission, starter left out
_MIN_FINGERPRINTS = 40
_KEPT = 200  # pairs


@dataclass(frozen=True)
class Pair:
    """Two submissions that resemble each other.

    Args:
        share: of the fingerprints of the smaller one that the other has too.
        common: their number.
        files: where most of them stand, the most resembling first.
    """

    first: str
    second: str
    share: float
    common: int
    files: tuple[str, ...]


Prints = dict[str, frozenset[int]]  # by file


def pairs(submissions: Mapping[str, Path]) -> list[Pair]:
    """The pairs of submissions that share something of their own, the most similar first.

    Args:
        submissions: directories that hold `assignment/`, by student.
    """
    starter = frozenset().union(*_fingerprints(kit.starter()).values())
    own = {
        student: {name: prints - starter for name, prints in _fingerprints(place).items()}
        for student, place in submissions.items()
    }
    own = _without_common(own)
    whole = {student: _all(prints) for student, prints in own.items()}
    found = []
    for first, second in itertools.combinations(sorted(own), 2):
        share, common = _shared(whole[first], whole[second])
        if share:
            found.append((share, common, first, second))
    found.sort(key=lambda pair: (-pair[0], -pair[1], *pair[2:]))
    return [
        Pair(first, second, share, common, _where(own[first], own[second]))
        for share, common, first, second in found[:_KEPT]
    ]


def write(path: Path, found: Sequence[Pair]) -> None:
    """Writes the pairs as CSV."""
    files.write_table(
        path,
        ["first", "second", "share", "common fingerprints", "files"],
        [[p.first, p.second, p.share, p.common, " ".join(p.files)] for p in found],
    )


def _fingerprints(place: Path) -> Prints:
    prints = {}
    for name in syllabus.submitted_files():
        path = place / "assignment" / name
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            prints[name] = _of_text(text)
    return prints


@functools.lru_cache(maxsize=1024)  # many files of a class are as the starter has them
def _of_text(text: str) -> frozenset[int]:
    return frozenset().union(*map(_of_code, (text, *_embedded(_parsed(text)))))


def _embedded(tree: ast.Module | None, depth: int = 2) -> Iterator[str]:
    """The string literals of a file that are code, as for `exec`, and those in them."""
    for node in ast.walk(tree) if tree else ():
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str | bytes) and len(value) > _RUN:
            code = value if isinstance(value, str) else value.decode(errors="replace")
            inner = _parsed(code)
            if inner and (len(inner.body) > 1 or "\n" in code.strip()):
                yield code
                yield from _embedded(inner, depth - 1) if depth else ()


def _parsed(code: str) -> ast.Module | None:
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _of_code(text: str) -> frozenset[int]:
    from copydetect import CodeFingerprint  # costs the import of matplotlib's pyplot

    # The lexer takes a time that grows with the square of the blank lines in a row.
    lines = (line.rstrip() for line in text.splitlines())
    filled = "\n".join(line for line in lines if line)
    code = CodeFingerprint("", _RUN, 1, language="python", fp=io.StringIO(filled))
    return frozenset(int(value) for value in code.hashes)


def _without_common(own: Mapping[str, Prints]) -> dict[str, Prints]:
    distinct = _distinct([_all(prints) for prints in own.values()])
    counts = Counter(itertools.chain.from_iterable(distinct))
    most = max(_FEW, _COMMON * len(distinct))
    common = frozenset(value for value, count in counts.items() if count > most)
    return {
        student: {name: prints - common for name, prints in by_file.items()}
        for student, by_file in own.items()
    }


def _distinct(whole: Sequence[frozenset[int]]) -> list[frozenset[int]]:
    """Of submissions that are nearly the same, one: what a ring of copies shares is not common."""
    found: list[frozenset[int]] = []
    for prints in whole:
        if not any(_shared(prints, other)[0] > _NEARLY_ALL for other in found):
            found.append(prints)
    return found


def _shared(first: frozenset[int], second: frozenset[int]) -> tuple[float, int]:
    """The share of the smaller one's fingerprints that the other has, and their number.

    The share is 0 where there are too few to tell.
    """
    smaller, common = min(len(first), len(second)), len(first & second)
    return common / smaller if smaller >= _MIN_FINGERPRINTS else 0.0, common


def _all(prints: Prints) -> frozenset[int]:
    return frozenset().union(*prints.values())


def _where(first: Prints, second: Prints) -> tuple[str, ...]:
    counts = {name: len(first[name] & second[name]) for name in first.keys() & second.keys()}
    names = sorted(counts, key=lambda name: (-counts[name], name))
    return tuple(name for name in names[:4] if counts[name])
