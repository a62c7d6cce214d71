"""Fetch a file once, and never take a broken one for good.

A download is continued where it stopped, checked against its size and sha256, and only then given
its final name: whatever bears that name is complete.
"""

import errno
import hashlib
import http.client
import os
import shutil
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from assignment.signals import interruptible

CHUNK_BYTES = 1 << 18
TIMEOUT_SECONDS = 30


class DownloadError(RuntimeError):
    """A corpus could not be fetched; the message says why and what to do."""


def download(url: str, size: int, sha256: str, destination: Path) -> Path:
    """Fetch `url` to `destination`, unless a good copy is already there, and return the path.

    Bytes go to `destination` + `.part`, which an interrupted or truncated transfer leaves behind
    and the next call continues. Only a file of the right size and hash is renamed.

    Raises:
        DownloadError: the server cannot be reached, sends too little, too much or something else
            than the registry expects, or the file cannot be written.
    """
    part = destination.with_name(destination.name + ".part")
    try:
        if destination.is_file() and _sha256(destination) == sha256:
            return destination
        destination.parent.mkdir(parents=True, exist_ok=True)
        resumed = _fetch(url, size, part)
        if _sha256(part) != sha256 and resumed:
            # The bytes of the earlier attempt may be at fault: once more, from the first byte.
            part.unlink()
            _fetch(url, size, part)
        received = _sha256(part)
        if received != sha256:
            part.unlink()
            raise DownloadError(
                f"{url} is not the file that the registry expects: sha256 {received}, expected "
                f"{sha256}. It was deleted; the server's copy has changed or was tampered with."
            )
        os.replace(part, destination)
    except (
        urllib.error.URLError,
        http.client.HTTPException,
        ConnectionError,
        TimeoutError,
    ) as error:
        reason = getattr(error, "reason", None) or error
        status = f"HTTP {error.code} " if isinstance(error, urllib.error.HTTPError) else ""
        if status and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink(missing_ok=True)  # it is longer than what the server has
        raise DownloadError(
            f"Cannot download {url}: {status}{reason}. Check the connection and run again, or use "
            "the bundled corpus `stories`, which needs no network."
        ) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            part.unlink(missing_ok=True)
        raise DownloadError(
            f"Cannot write {part}: {error.strerror or error}. The download needs {size:,} bytes."
        ) from error
    return destination


def _fetch(url: str, size: int, part: Path) -> bool:
    """Bring `part` to `size` bytes, continuing what it holds; True when it held something."""
    start = part.stat().st_size if part.is_file() else 0
    if start >= size:
        if start == size:
            return True
        part.unlink()
        start = 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    with interruptible(), urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
        # A server without ranges answers 200 and sends everything from the first byte.
        start = start if response.status == http.HTTPStatus.PARTIAL_CONTENT else 0
        received = start
        bar = tqdm(
            total=size, initial=start, unit="B", unit_scale=True, desc=part.stem, leave=False
        )
        with part.open("ab" if start else "wb") as file, bar:
            for chunk in _chunks(response):
                file.write(chunk)
                received += len(chunk)
                bar.update(len(chunk))
                if received > size:
                    break
    if received > size:
        part.unlink()
        raise DownloadError(f"{url} is longer than the {size:,} bytes that the registry expects.")
    if received < size:
        raise DownloadError(
            f"{url} ended after {received:,} of {size:,} bytes. Run again to continue from there."
        )
    return start > 0


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """The body in pieces; a connection that closes early ends it, and the size tells."""
    while True:
        try:
            chunk = response.read(CHUNK_BYTES)
        except http.client.IncompleteRead as error:
            yield error.partial
            return
        if not chunk:
            return
        yield chunk


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def extract(archive: Path, member: str, destination: Path) -> Path:
    """One text of a verified zip archive, unpacked once."""
    part = destination.with_name(destination.name + ".part")
    with zipfile.ZipFile(archive) as files:
        if destination.is_file() and destination.stat().st_size == files.getinfo(member).file_size:
            return destination
        try:
            with files.open(member) as source, part.open("wb") as target:
                shutil.copyfileobj(source, target)
            os.replace(part, destination)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise DownloadError(f"Cannot write {part}: {error.strerror or error}.") from error
    return destination
