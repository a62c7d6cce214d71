"""Commands of the kit, run as a user runs them, in processes of their own."""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def start(*arguments: str) -> subprocess.Popen:
    """Python with these arguments, in the repository; what it prints is dropped."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def run(*arguments: str) -> tuple[float, int]:
    """The seconds that Python takes with these arguments, and the bytes of memory it has at most.

    Raises:
        RuntimeError: It ended with an exit code other than 0.
    """
    started = time.perf_counter()
    process = start(*arguments)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}")
    return seconds, 1024 * usage.ru_maxrss
