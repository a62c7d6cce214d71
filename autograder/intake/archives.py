"""A submission that is a zip or tar archive: listed, bounded, and read file by file.

Nothing is unpacked to disk. Of a zip archive only the wanted members are decompressed, each up to
the size that a source file may have; a tar archive has to be read through, up to a total size.
"""

import lzma
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from autograder.intake import places, tars, zips
from autograder.intake.members import Archive, Member, TooMuch
from autograder.intake.source import MAX_ENTRIES, Unreadable, count_packages
from autograder.submission import MAX_FILE_BYTES, SubmissionError

MAX_ARCHIVE_BYTES = 256 * 2**20
_KINDS = {
    b"PK\x03\x04": zips.Zip,
    b"PK\x05\x06": zips.Zip,
    b"\x1f\x8b": tars.Tar,
    b"BZh": tars.Tar,
    b"\xfd7zXZ\0": tars.Tar,
}
_OTHERS = {b"Rar!": "RAR", b"7z\xbc\xaf\x27\x1c": "7-Zip", b"\x28\xb5\x2f\xfd": "Zstandard"}
# What the readers of the standard library raise on a file that is no archive, or a damaged one.
_DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError),
    *(ValueError, OverflowError, IndexError, KeyError, UnicodeError, NotImplementedError),
    # A chain of headers that announce each other; a header that announces gigabytes.
    *(RecursionError, MemoryError, struct.error),
)


class ArchiveSource:
    """Looks an archive through, then answers as every other kind of submission."""

    def __init__(self, label: str, archive: Archive):
        self.label = label
        self._archive = archive
        self._kinds: dict[PurePosixPath, str] = {}
        self._raw: dict[PurePosixPath, str] = {}
        self._times: Counter[PurePosixPath] = Counter()
        self._contents: dict[PurePosixPath, bytes] | None = None
        for count, member in enumerate(archive.members()):
            if count >= MAX_ENTRIES:
                raise TooMuch(f"holds more than {MAX_ENTRIES:,} files")
            self._note(member)

    def _note(self, member: Member) -> None:
        raw = member.name.replace("\\", "/")  # as some tools on Windows write them
        parts = [part for part in raw.split("/") if part not in ("", ".")]
        if raw.startswith("/") or ".." in parts or (len(raw) > 1 and raw[1] == ":"):
            raise TooMuch(
                f"holds the path {places.shown(member.name)!r}, which leads out of the archive"
            )
        if member.kind != "directory":
            name = PurePosixPath(*parts)
            self._kinds[name] = member.kind
            self._raw[name] = member.name
            self._times[name] += 1

    def counts(self) -> Mapping[PurePosixPath, int]:
        return count_packages(self._kinds)

    def read(self, name: PurePosixPath) -> bytes:
        kind = self._kinds.get(name)
        if kind is None:
            raise Unreadable(self._missing(name))
        if kind != "file":
            raise Unreadable(f"is {kind}; only regular files are taken")
        content = self._all_contents(name).get(name, b"")
        if len(content) > MAX_FILE_BYTES:
            raise Unreadable(f"is larger than {MAX_FILE_BYTES // 1024} KiB")
        return content

    def remark(self, name: PurePosixPath) -> str:
        times = self._times[name]
        return f"stands {times} times in the archive; the last one was taken" * (times > 1)

    def others(self) -> list[str]:
        return sorted({name.parts[0] for name in self._kinds if name.parts})[:5]

    def _all_contents(self, name: PurePosixPath) -> dict[PurePosixPath, bytes]:
        if self._contents is None:  # at once, because a tar archive is read from its beginning
            package = places.package(self)
            wanted = {
                self._raw[name]: name
                for name, kind in self._kinds.items()
                if kind == "file" and count_packages([name])[package]
            }
            self._contents = self._archive.read(wanted, MAX_FILE_BYTES + 1)
        return self._contents

    def _missing(self, name: PurePosixPath) -> str:
        for other in self._kinds:
            if str(other).lower() == str(name).lower():
                return f"is missing (there is {places.shown(other)!r}: capitals matter)"
        return "is missing"


@contextmanager
def opened(path: Path) -> Iterator[ArchiveSource]:
    """Opens an archive by what it is, whatever it is called.

    Raises:
        SubmissionError: it is no archive, damaged, encrypted, or beyond a bound.
    """
    label = str(path)
    try:
        with path.open("rb") as file:
            start = file.read(tars.BLOCK)
            size = path.stat().st_size
            if size == 0:
                raise SubmissionError(f"{label} is an empty file; hand in a directory or archive")
            if size > MAX_ARCHIVE_BYTES:
                raise TooMuch(f"is larger than {MAX_ARCHIVE_BYTES // 2**20} MiB")
            file.seek(0)
            yield ArchiveSource(label, _kind(start, label)(file))
    except TooMuch as found:
        raise SubmissionError(f"{label} {found}; pack the assignment/ directory alone") from None
    except zips.Encrypted:
        raise SubmissionError(f"{label} is encrypted; hand it in without a password") from None
    except SubmissionError:
        raise
    except _DAMAGED as error:
        reason = places.shown(str(error)) or type(error).__name__
        raise SubmissionError(f"{label} is damaged and cannot be read: {reason}") from error


def _kind(start: bytes, label: str) -> Callable[[BinaryIO], Archive]:
    for magic, kind in _KINDS.items():
        if start.startswith(magic):
            return kind
    if tars.looks_like(start):
        return tars.Tar
    for magic, name in _OTHERS.items():
        if start.startswith(magic):
            raise SubmissionError(f"{label} is a {name} archive; hand in a .zip or .tar.gz file")
    raise SubmissionError(
        f"{label} is neither a directory nor a zip or tar archive; hand in one that holds the "
        "assignment/ directory"
    )
