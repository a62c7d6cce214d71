"""Waits for a worker within its limits, and says how it ended."""

import contextlib
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from autograder import wire
from autograder.sandbox.limits import Limits
from autograder.workers import START_SECONDS, Ending, Worker

MAX_OUTPUT = 16 * 1024
_MEMORY_ERRORS = ("MemoryError", "ResourceExhaustedError")
_LIBRARY_NOISE = ("WARNING: All log messages", "I0000", "W0000", "E0000")


@dataclass(frozen=True)
class Outcome:
    """How a check ended in its worker.

    Args:
        arrays: what it returned, when it got so far.
        error: the exception that ended it.
        limit: the bound that it met: "time", "memory", "file size", "processes", …
        death: how the worker ended without a result, in words.
        infrastructure: what went wrong on the grader's own side.
        printed: what the submission printed, cut to a bound; untrusted text.
        seconds: wall time.
    """

    arrays: dict[str, np.ndarray] | None = None
    error: wire.RemoteError | None = None
    limit: str = ""
    death: str = ""
    infrastructure: str = ""
    printed: str = ""
    seconds: float = 0.0


class _Background:
    """A function run in a thread, whose end can be waited for.

    Pipes are read this way because a descendant that left the process group may hold one open for
    ever: then the thread is left behind, and the grader goes on.
    """

    def __init__(self, function: Callable[[BinaryIO], Any], stream: BinaryIO):
        self.value: Any = None
        self._function, self._stream = function, stream
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.value = self._function(self._stream)
        except (wire.WireError, OSError, ValueError) as error:
            self.value = error
        with contextlib.suppress(OSError):
            self._stream.close()

    def wait(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return not self._thread.is_alive()


def follow(worker: Worker, limits: Limits) -> Outcome:
    """Waits for the worker's message or its time limit, ends it, and says what happened."""
    printed = _Output()
    message = _Message()
    result = _Background(message.read, worker.result)
    output = _Background(printed.read, worker.output)
    message.begun.wait(START_SECONDS)
    in_time = result.wait(limits.seconds if message.ready else 1.0)
    ending = worker.end()
    output.wait(1.0)
    text = printed.text()
    if not message.ready:
        last = " ".join(text.splitlines()[-1:])
        return Outcome(infrastructure=f"the worker did not come to the check: {last or ending}")
    if ending.limit:
        return Outcome(limit=ending.limit, printed=text)
    if not in_time:
        return Outcome(limit="time", printed=text)
    if isinstance(result.value, dict):
        return Outcome(arrays=result.value, printed=text)
    if isinstance(result.value, wire.RemoteError):
        limit = "memory" if result.value.type in _MEMORY_ERRORS else ""
        return Outcome(error=result.value, limit=limit, printed=text)
    return _death(ending, str(result.value), text)


def _death(ending: Ending, problem: str, printed: str) -> Outcome:
    status = ending.status
    if status == -getattr(signal, "SIGXCPU", 0):
        return Outcome(limit="time", printed=printed)
    if status == -getattr(signal, "SIGXFSZ", 0):
        return Outcome(limit="file size", printed=printed)
    if status >= 0:
        death = f"ended with exit code {status} before its result ({problem})"
        return Outcome(death=death, printed=printed)
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    if name == "SIGKILL":  # by the judge, after a message that was no message
        return Outcome(death=f"sent no usable result ({problem})", printed=printed)
    if name == "SIGABRT":
        name += " (a library gave up, often for lack of memory)"
    return Outcome(death=f"was ended by {name} before its result", printed=printed)


class _Message:
    """What a worker sends: first that it is ready, from where on its time counts."""

    def __init__(self):
        self.ready = False
        self.begun = threading.Event()

    def read(self, stream: BinaryIO) -> dict[str, np.ndarray] | wire.RemoteError:
        try:
            wire.read_ready(stream)
            self.ready = True
        finally:
            self.begun.set()
        return wire.read_message(stream)


class _Output:
    """The first part of what a worker prints; the rest is read and dropped."""

    def __init__(self):
        self._kept = bytearray()
        self._dropped = 0

    def read(self, stream: BinaryIO) -> None:
        while piece := stream.read(65536):
            room = MAX_OUTPUT - len(self._kept)
            self._kept += piece[:room]
            self._dropped += max(0, len(piece) - room)

    def text(self) -> str:
        text = bytes(self._kept).decode("utf-8", errors="replace")
        lines = [line for line in text.splitlines() if not line.startswith(_LIBRARY_NOISE)]
        if self._dropped:
            lines.append(f"… and {self._dropped:,} bytes more")
        return "\n".join(lines)
