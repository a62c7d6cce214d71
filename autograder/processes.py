"""The judge's side of the workers: starts them, bounds them, ends them, and reads what they send.

`Runner` is the whole interface: tasks in, outcomes out. It imports neither TensorFlow nor the
submission. Workers are forked from a warm interpreter (zygote.py) on Linux, and are started afresh
elsewhere, or when a check asks for it.
"""

import contextlib
import json
import os
import shutil
import signal
import site
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np

from autograder import kit, wire
from autograder.checks import Check
from autograder.isolation import Limits
from autograder.worker import Task

MAX_OUTPUT = 16 * 1024
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


@dataclass(frozen=True)
class Outcome:
    """How a check ended in its worker.

    Args:
        arrays: what it returned, when it got so far.
        error: the exception that ended it.
        limit: the bound that it met: "time", "memory" or "output size".
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


@dataclass(frozen=True)
class Job:
    """A check to run on an assembled submission."""

    check: Check
    submission: Path
    seed: int = 0
    mode: str = "eager"
    observe: bool = False


class _Worker(Protocol):
    result: BinaryIO
    output: BinaryIO

    def end(self) -> int:
        """Kills whatever is left, and returns the exit status: a code, or minus a signal."""


class Runner:
    """Runs jobs in workers; a context manager, after which no worker lives.

    Args:
        jobs: how many workers at once.
        environment: variables to set for the workers, over the defaults.
        limits: the bounds of a worker; `seconds` is replaced by each check's own.
        warm: fork from a warm interpreter where the platform allows it.
    """

    def __init__(
        self,
        jobs: int | None = None,
        environment: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        warm: bool = True,
    ):
        self.root = Path(tempfile.mkdtemp(prefix="grader-")).resolve()
        self._jobs = jobs or max(1, os.cpu_count() or 1)
        self._limits = limits or Limits()
        self._kit = self.root / "kit"
        self._environment = _environment(self.root, environment or {})
        self._zygote: _Zygote | None = None
        self._start_failure = ""
        self._warm = warm and sys.platform == "linux"
        self._lock = threading.Lock()
        _copy_kit(self._kit)

    def __enter__(self) -> "Runner":
        return self

    def __exit__(self, *exception: object) -> None:
        if self._zygote is not None:
            self._zygote.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def run(
        self,
        jobs: Iterable[Job],
        done: Callable[[Job, Outcome], None] = lambda job, outcome: None,
        stop: Callable[[Outcome], bool] = lambda outcome: False,
    ) -> dict[int, Outcome]:
        """Runs all jobs, several at once.

        Args:
            jobs: what to run.
            done: called after each.
            stop: when it returns true, jobs that have not begun are left out.

        Returns:
            Outcomes by the job's position.
        """
        outcomes: dict[int, Outcome] = {}
        stopped = threading.Event()

        def one(item: tuple[int, Job]) -> None:
            position, job = item
            if stopped.is_set():
                return
            outcomes[position] = outcome = self.run_one(job)
            with self._lock:
                done(job, outcome)
            if stop(outcome):
                stopped.set()

        with ThreadPoolExecutor(self._jobs) as pool:
            list(pool.map(one, enumerate(jobs)))
        return outcomes

    def run_one(self, job: Job) -> Outcome:
        """Runs every stage of a check, each in a new worker; the last stage's arrays count."""
        directory = Path(tempfile.mkdtemp(prefix="work-", dir=self.root))
        task = Task(
            job.check.key,
            str(job.submission),
            str(directory),
            seed=job.seed,
            mode=job.mode,
            limits=replace(self._limits, seconds=job.check.limit),
        )
        try:
            for stage in range(len(job.check.stages)):
                last = stage == len(job.check.stages) - 1
                outcome = self._attempt(
                    replace(task, stage=stage, observe=job.observe and last),
                    fresh=job.check.fresh_process,
                )
                if outcome.arrays is None:
                    break
            return outcome
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def _attempt(self, task: Task, fresh: bool) -> Outcome:
        begun = time.monotonic()
        try:
            worker = self._start(task, fresh)
        except (InfrastructureError, OSError) as error:
            return Outcome(infrastructure=str(error))
        try:
            return replace(_follow(worker, task.limits), seconds=time.monotonic() - begun)
        except OSError as error:
            self._discard_zygote()
            return Outcome(infrastructure=f"the worker could not be followed: {error}")

    def _start(self, task: Task, fresh: bool) -> _Worker:
        if fresh or not self._warm:
            return _FreshWorker(task, self._kit, self._environment)
        for _ in range(2):
            try:
                return self._running_zygote().fork(task)
            except OSError:
                self._discard_zygote()
            except ForkError:
                break
        return _FreshWorker(task, self._kit, self._environment)

    def _running_zygote(self) -> "_Zygote":
        with self._lock:
            if self._start_failure:  # it costs seconds, and would fail again
                raise InfrastructureError(self._start_failure)
            if self._zygote is None:
                try:
                    self._zygote = _Zygote(self._kit, self._environment, self.root / "zygote.log")
                except InfrastructureError as error:
                    self._start_failure = str(error)
                    raise
            return self._zygote

    def _discard_zygote(self) -> None:
        with self._lock:
            if self._zygote is not None:
                self._zygote.stop()
                self._zygote = None


class _Zygote:
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

    def fork(self, task: Task) -> "_ForkedWorker":
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
        return _ForkedWorker(self, reply["pid"], result_read, output_read)

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
class _ForkedWorker:
    zygote: _Zygote
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


class _FreshWorker:
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


def _follow(worker: _Worker, limits: Limits) -> Outcome:
    """Waits for the worker's message or its time limit, ends it, and says what happened."""
    printed = _Output()
    result = _Background(wire.read_message, worker.result)
    output = _Background(printed.read, worker.output)
    in_time = result.wait(limits.seconds)
    status = worker.end()
    output.wait(1.0)
    text = printed.text()
    if not in_time:
        return Outcome(limit="time", printed=text)
    if isinstance(result.value, dict):
        return Outcome(arrays=result.value, printed=text)
    if isinstance(result.value, wire.RemoteError):
        limit = "memory" if result.value.type in _MEMORY_ERRORS else ""
        return Outcome(error=result.value, limit=limit, printed=text)
    return _death(status, str(result.value), text)


_MEMORY_ERRORS = ("MemoryError", "ResourceExhaustedError")


def _death(status: int, problem: str, printed: str) -> Outcome:
    if status == -getattr(signal, "SIGXCPU", 0):
        return Outcome(limit="time", printed=printed)
    if status == -getattr(signal, "SIGXFSZ", 0):
        return Outcome(limit="output size", printed=printed)
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


_LIBRARY_NOISE = ("WARNING: All log messages", "I0000", "W0000", "E0000")


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


def _environment(root: Path, extra: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    home = str(root)
    return {**kept, **_SET_VARIABLES, "HOME": home, "TMPDIR": home, "TEMP": home, **extra}


def _copy_kit(target: Path) -> None:
    """What a worker needs of the grader, and no expected output."""
    package = target / "autograder"
    (package / "checks").mkdir(parents=True)
    for pattern, directory in (("*.py", package), ("checks/*.py", package / "checks")):
        for path in kit.AUTOGRADER.glob(pattern):
            shutil.copy(path, directory)
