"""Tar archives, plain or compressed: read through twice, up to a total size."""

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import IO, BinaryIO, NoReturn

from autograder.intake.members import Member, TooMuch, kind_of_mode

BLOCK = tarfile.BLOCKSIZE
MAX_UNPACKED_BYTES = 256 * 2**20
MAX_HEADER_BYTES = 16 * 1024
# Python reads some headers in a time that grows with the square of their length (CVE-2024-6232).
# Ten thousand usual ones, of 300 bytes, are within this sum of squares.
_MAX_SQUARES = 2**30
_TELLING = (
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
)
_MAX_XZ_MEMORY = 128 * 2**20
_MAX_ENDS = 16  # how often the end is met; a whole archive meets it once or twice
_KINDS = {
    **dict.fromkeys((tarfile.SYMTYPE, tarfile.LNKTYPE), "a link"),
    **dict.fromkeys((tarfile.CHRTYPE, tarfile.BLKTYPE), "a device"),
    tarfile.FIFOTYPE: "a named pipe",
    tarfile.DIRTYPE: "directory",
}


def looks_like(start: bytes) -> bool:
    """Whether a file that begins so is an uncompressed tar archive."""
    try:
        tarfile.TarInfo.frombuf(start, "utf-8", "replace")
    except tarfile.HeaderError:
        return False
    return True


class Tar:
    """A tar archive; links in it are names, nothing more."""

    def __init__(self, file: BinaryIO):
        self._file = file

    def members(self) -> Iterator[Member]:
        with self._opened() as archive:
            for info in archive:
                kind = _KINDS.get(info.type, kind_of_mode(0))
                yield Member(info.name, kind)
                archive.members.clear()  # or the list grows with the archive

    def read(self, wanted: Mapping[str, PurePosixPath], limit: int) -> dict[PurePosixPath, bytes]:
        contents = {}
        with self._opened() as archive:
            for info in archive:
                if info.name in wanted and info.isreg():
                    member = archive.extractfile(info)
                    assert member is not None
                    contents[wanted[info.name]] = member.read(limit)
                archive.members.clear()
        return contents

    def _opened(self) -> tarfile.TarFile:
        self._file.seek(0)
        start = self._file.read(BLOCK)
        self._file.seek(0)
        stream: IO[bytes] = self._file
        if start.startswith(b"\x1f\x8b"):
            stream = gzip.GzipFile(fileobj=self._file)
        elif start.startswith(b"BZh"):
            stream = bz2.BZ2File(self._file)
        elif start.startswith(b"\xfd7zXZ"):
            # The header names the memory to use, and the reader below would grant it.
            lzma.LZMADecompressor(memlimit=_MAX_XZ_MEMORY).decompress(start)
            stream = lzma.LZMAFile(self._file)  # noqa: SIM115
        return _Archive.open(fileobj=_Bounded(stream), mode="r|", tarinfo=_Info)


class _Archive(tarfile.TarFile):
    """An archive that knows how much was told in headers so far."""

    squares = 0


class _Info(tarfile.TarInfo):
    """A header; one that only tells more of the next is read whole, so its length is bounded.

    A map of a sparse file is read whole too, and may be as long as the archive: there is none in a
    file of text.
    """

    def _proc_member(self, tarfile_: _Archive) -> tarfile.TarInfo:
        if self.type in _TELLING:
            tarfile_.squares += self.size**2
            if self.size > MAX_HEADER_BYTES:
                raise TooMuch(f"holds a header of more than {MAX_HEADER_BYTES // 1024} KiB")
            if tarfile_.squares > _MAX_SQUARES:
                raise TooMuch("holds too many long headers")
        return super()._proc_member(tarfile_)

    def _refuse_sparse(self, *_: object) -> NoReturn:
        raise TooMuch("holds a sparse file")

    _proc_sparse = _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10 = _refuse_sparse


class _Bounded(io.RawIOBase):
    """A stream that ends in TooMuch beyond a number of bytes, and in EOFError far beyond its end.

    A header may announce a member of any size, and the reader would skip it piece by piece, though
    nothing comes any more.
    """

    def __init__(self, stream: IO[bytes]):
        self._stream = stream
        self._left = MAX_UNPACKED_BYTES
        self._ends = 0

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size)
        self._left -= len(piece)
        self._ends += not piece
        if self._ends > _MAX_ENDS:
            raise EOFError("a member is longer than the archive")
        if self._left < 0:
            raise TooMuch(f"unpacks to more than {MAX_UNPACKED_BYTES // 2**20} MiB")
        return piece
