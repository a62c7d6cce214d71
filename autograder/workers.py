"""Starts and ends workers: forks of an interpreter (zygote.py), or, off Linux, new interpreters."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from autograder.sandbox import paths
from autograder.worker import Task

PRIVATE = "private"  # below the grader's temporary directory: what workers may change
START_SECONDS = 300  # 5 on an idle machine; 70 were measured on a busy one
_REPLY_SECONDS = 30

_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")
_SET_VARIABLES = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "OPENBLAS_NUM_THREADS": "1",  # its pool would start at import, and prevent the fork
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    # The arrays of a check are small: generating machine code for their products would take longer
    # than all else that the check does.
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL": "0",
    "PYTHONHASHSEED": "0",
}


class InfrastructureError(RuntimeError):
    """The grader itself could not run a task; never the submission's fault."""


class ForkError(RuntimeError):
    """The warm interpreter is not fit to fork; a cold one is started for each worker instead."""


@dataclass(frozen=True)
class Ending:
    """How a worker ended: a code, or minus a signal; and the bound that the watch saw passed."""

    status: int
    limit: str = ""


class Worker(Protocol):
    result: BinaryIO
    output: BinaryIO

    def end(self) -> Ending:
        """Kills whatever is left of it, and says how it ended."""


class Zygote:
    """An interpreter that forks workers; its protocol stands in zygote.py.

    Args:
        root: the grader's temporary directory; the kit's copy stands in it.
        environment: its variables, and its workers'.
        view: a command that gives it its view of the machine (bubblewrap).
        warm: import TensorFlow before forking.
        covered: files and directories that it and its workers shall not see.
    """

    def __init__(
        self,
        root: Path,
        environment: dict[str, str],
        view: Sequence[str] = (),
        warm: bool = True,
        covered: Sequence[str] = (),
    ):
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        program = str(root / "kit" / "autograder" / "zygote.py")
        descriptor, log = tempfile.mkstemp(suffix=".log", dir=root)
        # The machine as it is outside of every view and cover, to remove the directory from there.
        outside = os.open(root.parent, os.O_PATH | os.O_DIRECTORY)
        with theirs, os.fdopen(descriptor, "wb") as log_file:
            passed = [theirs.fileno(), outside]
            arguments = [*map(str, passed), str(root), "warm" if warm else "cold", *covered]
            self._process = subprocess.Popen(
                [*view, *paths.interpreter(), program, *arguments],
                pass_fds=passed,
                stdin=subprocess.DEVNULL,
                stdout=log_file,
                stderr=log_file,
                env=environment,
                cwd=root / "kit",
                start_new_session=True,
            )
        os.close(outside)
        self._lock = threading.Lock()
        self._control.settimeout(START_SECONDS)
        try:
            started = self._control.recv(65536)
        except OSError:
            started = b""
        if not started:
            self.stop()
            tail = Path(log).read_text(errors="replace").strip().splitlines()[-1:]
            raise InfrastructureError(
                f"the interpreter did not start: {' '.join(tail) or 'no reason given'}"
            )
        self._control.settimeout(_REPLY_SECONDS)

    def fork(self, task: Task, last: bool = False) -> "ForkedWorker":
        """Starts a worker; with the last one, this interpreter ends too."""
        result_read, result_write = os.pipe()
        output_read, output_write = os.pipe()
        try:
            request = {"op": "fork", "task": task.as_json()}
            reply = self.ask(request, [result_write, output_write])
        except BaseException:
            os.close(result_read)
            os.close(output_read)
            if last:
                self.stop()
            raise
        finally:
            os.close(result_write)
            os.close(output_write)
        return ForkedWorker(self, reply["pid"], result_read, output_read, last)

    def ask(self, request: dict[str, Any], descriptors: Iterable[int] = ()) -> dict[str, Any]:
        with self._lock:
            try:
                socket.send_fds(self._control, [json.dumps(request).encode()], list(descriptors))
                message = self._control.recv(65536)
            except OSError:
                self.stop()  # a late reply would be taken for that to the next request
                raise
        if not message:
            raise ConnectionError("the interpreter ended")
        reply = json.loads(message)
        if "error" in reply:
            raise ForkError(reply["error"])
        return reply

    def stop(self) -> None:
        with contextlib.suppress(OSError):  # a mere end of the socket would mean a dead judge
            self._control.send(b'{"op": "stop"}')
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=2)
        self._control.close()
        _kill_group(self._process)


@dataclass
class ForkedWorker:
    """A worker in a fork of an interpreter, which ends with its last one."""

    zygote: Zygote
    pid: int
    result_descriptor: int
    output_descriptor: int
    last: bool
    result: BinaryIO = field(init=False)
    output: BinaryIO = field(init=False)

    def __post_init__(self):
        self.result = os.fdopen(self.result_descriptor, "rb", buffering=0)
        self.output = os.fdopen(self.output_descriptor, "rb", buffering=0)

    def end(self) -> Ending:
        try:
            reply = self.zygote.ask({"op": "reap", "pid": self.pid})
        finally:
            if self.last:
                self.zygote.stop()
        return Ending(os.waitstatus_to_exitcode(reply["status"]), reply["limit"])


class LoneWorker:
    """A worker in an interpreter of its own, off Linux: nothing watches it but the clock."""

    def __init__(self, task: Task, directory: Path, environment: dict[str, str]):
        self._process = subprocess.Popen(
            [*paths.interpreter(), str(directory / "autograder" / "worker.py")],
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

    def end(self) -> Ending:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=0.2)  # an exit under way keeps its own status
        return Ending(_kill_group(self._process))


def _kill_group(process: "subprocess.Popen[bytes]") -> int:
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    return process.wait()


def worker_count(jobs: int | None) -> int:
    """How many workers run at once: as many as there are processors, where nothing is said.

    Raises:
        ValueError: there would be none.
    """
    if jobs is not None and jobs < 1:
        raise ValueError(f"--jobs must be at least 1. Received: {jobs}")
    return jobs or os.cpu_count() or 1


def worker_environment(root: Path, extra: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    home = str(root)
    return {**kept, **_SET_VARIABLES, "HOME": home, "TMPDIR": home, **extra}
