"""Starts and ends workers: forks of the warm interpreter (zygote.py), or fresh interpreters."""

import contextlib
import json
import os
import signal
import site
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np

from autograder.worker import Task

_START_SECONDS = 120
_REPLY_SECONDS = 30

_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT", "WINDIR")
_SET_VARIABLES = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "OPENBLAS_NUM_THREADS": "1",  # its pool would start at import, and prevent the fork
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "PYTHONHASHSEED": "0",
}


class InfrastructureError(RuntimeError):
    """The grader itself could not run a task; never the submission's fault."""


class ForkError(RuntimeError):
    """The warm interpreter is not fit to fork; workers are started afresh instead."""


class Worker(Protocol):
    result: BinaryIO
    output: BinaryIO

    def end(self) -> int:
        """Kills whatever is left, and returns the exit status: a code, or minus a signal."""


class Zygote:
    """The warm interpreter; its protocol stands in zygote.py."""

    def __init__(self, directory: Path, environment: dict[str, str], log: Path):
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, log.open("wb") as log_file:
            self._process = subprocess.Popen(
                [*_python(), str(directory / "autograder" / "zygote.py"), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log_file,
                stderr=log_file,
                env=environment,
                cwd=directory,
                start_new_session=True,
            )
        self._lock = threading.Lock()
        self._control.settimeout(_START_SECONDS)
        try:
            started = self._control.recv(65536)
        except OSError:
            started = b""
        if not started:
            self.stop()
            tail = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise InfrastructureError(
                f"the warm interpreter did not start: {' '.join(tail) or 'no reason given'}"
            )
        self._control.settimeout(_REPLY_SECONDS)

    def fork(self, task: Task) -> "ForkedWorker":
        result_read, result_write = os.pipe()
        output_read, output_write = os.pipe()
        try:
            request = {"op": "fork", "task": task.as_json()}
            reply = self.ask(request, [result_write, output_write])
        except BaseException:
            os.close(result_read)
            os.close(output_read)
            raise
        finally:
            os.close(result_write)
            os.close(output_write)
        return ForkedWorker(self, reply["pid"], result_read, output_read)

    def ask(self, request: dict[str, Any], descriptors: Iterable[int] = ()) -> dict[str, Any]:
        with self._lock:
            socket.send_fds(self._control, [json.dumps(request).encode()], list(descriptors))
            message = self._control.recv(65536)
        if not message:
            raise ConnectionError("the warm interpreter ended")
        reply = json.loads(message)
        if "error" in reply:
            raise ForkError(reply["error"])
        return reply

    def stop(self) -> None:
        self._control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=0.5)
        _kill_group(self._process)


@dataclass
class ForkedWorker:
    zygote: Zygote
    pid: int
    result_descriptor: int
    output_descriptor: int
    result: BinaryIO = field(init=False)
    output: BinaryIO = field(init=False)

    def __post_init__(self):
        self.result = os.fdopen(self.result_descriptor, "rb", buffering=0)
        self.output = os.fdopen(self.output_descriptor, "rb", buffering=0)

    def end(self) -> int:
        reply = self.zygote.ask({"op": "reap", "pid": self.pid})
        return os.waitstatus_to_exitcode(reply["status"])


class FreshWorker:
    """A worker in a new interpreter: slower to start, and possible everywhere."""

    def __init__(self, task: Task, directory: Path, environment: dict[str, str]):
        self._process = subprocess.Popen(
            [*_python(), str(directory / "autograder" / "worker.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=task.directory,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin and self._process.stdout and self._process.stderr
        with contextlib.suppress(OSError), self._process.stdin as stdin:
            stdin.write(json.dumps(task.as_json()).encode() + b"\n")
        self.result: BinaryIO = self._process.stdout
        self.output: BinaryIO = self._process.stderr

    def end(self) -> int:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=0.2)  # an exit under way keeps its own status
        return _kill_group(self._process)


def _kill_group(process: "subprocess.Popen[bytes]") -> int:
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    return process.wait()


def _python() -> list[str]:
    # -I: neither the environment, nor the user's site directory, nor the working directory adds
    # modules. -B: nothing is written beside the sources.
    in_user_site = Path(np.__file__).is_relative_to(site.getusersitepackages())
    isolation = ["-E", "-P"] if in_user_site else ["-I"]
    return [sys.executable, *isolation, "-B"]


def worker_environment(root: Path, extra: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    home = str(root)
    return {**kept, **_SET_VARIABLES, "HOME": home, "TMPDIR": home, "TEMP": home, **extra}
