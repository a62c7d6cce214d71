"""Zip archives: the list of members is read, and of the members only the wanted ones."""

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import BinaryIO

from autograder.intake.members import Member, TooMuch, kind_of_mode
from autograder.intake.source import MAX_ENTRIES

_ENTRY = b"PK\x01\x02"


class Encrypted(Exception):
    """A wanted member can only be read with a password."""


class Zip:
    """A zip archive."""

    def __init__(self, file: BinaryIO):
        # zipfile reads the whole list at once, so its length is bounded before.
        if _count(file, _ENTRY) > 4 * MAX_ENTRIES:  # the mark may also stand in members
            raise TooMuch(f"holds more than {MAX_ENTRIES:,} files")
        file.seek(0)
        self._archive = zipfile.ZipFile(file)

    def members(self) -> Iterator[Member]:
        for info in self._archive.infolist():
            mode = info.external_attr >> 16
            yield Member(info.filename, "directory" if info.is_dir() else kind_of_mode(mode))

    def read(self, wanted: Mapping[str, PurePosixPath], limit: int) -> dict[PurePosixPath, bytes]:
        contents = {}
        for raw, name in wanted.items():
            info = self._archive.getinfo(raw)
            if info.flag_bits & 0x1:
                raise Encrypted
            with self._archive.open(info) as member:
                contents[name] = member.read(limit)
        return contents


def _count(file: BinaryIO, mark: bytes) -> int:
    count, overlap = 0, b""
    while piece := file.read(2**20):
        count += (overlap + piece).count(mark)
        overlap = piece[-len(mark) + 1 :]
    return count
