"""What an opened archive offers, whatever its format."""

import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

_SPECIAL = {
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "directory",
}


class TooMuch(Exception):
    """An archive beyond a bound; the message completes "<archive> …"."""


@dataclass(frozen=True)
class Member:
    """One entry of an archive, with its name as the archive gives it.

    Args:
        kind: "file", "directory", or what else it is, such as "a link".
    """

    name: str
    kind: str


class Archive(Protocol):
    """An opened archive."""

    def members(self) -> Iterable[Member]:
        """All entries, in their order."""

    def read(self, wanted: Mapping[str, PurePosixPath], limit: int) -> dict[PurePosixPath, bytes]:
        """The first `limit` bytes of the wanted members; of equal names the last."""


def kind_of_mode(mode: int) -> str:
    """What a Unix mode says that an entry is; a file when it says nothing."""
    return _SPECIAL.get(stat.S_IFMT(mode), "file")
