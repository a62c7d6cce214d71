"""Starts a server, such as TensorBoard or the pages' site, and stops it again."""

import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

SECONDS = 300


@contextmanager
def serving(
    command: Sequence[str], directory: Path | None = None, environment: Mapping | None = None
) -> Iterator[str]:
    """The address that a server prints, while it runs.

    Args:
        command: The program and its arguments.
        directory: Where it runs; here when None.
        environment: Its variables; this process' when None.

    Raises:
        RuntimeError: It ended, or printed no address in time.
    """
    with tempfile.NamedTemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=directory, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            deadline = time.monotonic() + SECONDS
            while not (address := re.search(r"http://\S+", printed := _text(output.name))):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{' '.join(command)} did not serve; it printed:\n{printed}")
                time.sleep(0.1)
            yield address[0].rstrip("/")
        finally:
            process.terminate()
            process.wait(SECONDS)


def _text(path: str) -> str:
    return Path(path).read_text(errors="replace")
