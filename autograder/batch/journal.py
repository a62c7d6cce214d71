"""The journal of a class: one JSON line for each submission that was graded, only ever appended.

Every line is on the disk before the next submission begins. Whatever ends the run, SIGKILL and
power failure included, costs at most the submission under way; a line that was cut off is dropped.
"""

import fcntl
import json
import os
from pathlib import Path
from typing import Any, BinaryIO

Record = dict[str, Any]


class Journal:
    """An open journal, which no other run can open meanwhile; a context manager.

    Raises:
        ValueError: another run holds it, or a line other than the last is damaged.
    """

    def __init__(self, path: Path):
        self.path = path
        self._file: BinaryIO = path.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._records = self._read()
        except BlockingIOError:
            self._file.close()
            raise ValueError(f"another run is writing {path}; let it end first") from None
        except BaseException:
            self._file.close()
            raise
        directory = os.open(path.parent, os.O_RDONLY)
        os.fsync(directory)  # the file's own name too
        os.close(directory)

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def latest(self) -> dict[str, Record]:
        """The last record of each student."""
        return dict(self._records)

    def append(self, record: Record) -> None:
        """Adds a record, and returns when it is on the disk."""
        line = json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"
        self._file.write(line.encode("utf-8", errors="surrogatepass"))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._records[record["student"]] = record

    def _read(self) -> dict[str, Record]:
        self._file.seek(0)
        content = self._file.read()
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            self._file.truncate(len(whole))
        records = {}
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                record = json.loads(line)
                records[record["student"]] = record
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{self.path}, line {number}, is damaged: {error}") from None
        return records
