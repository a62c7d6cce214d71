"""Runs the stages of the pipeline, each as a process of its own, so that any of them can be killed.

A directory of the pipeline holds for each stage its run directory NAME/, what it printed in
NAME.log, and NAME.json: how long it has taken, over all attempts, and whether it is finished.
"""

import contextlib
import ctypes
import dataclasses
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from assignment.config import PipelineConfig
from assignment.files import write_whole
from assignment.reporting.stages import STAGES, PipelineStage
from assignment.signals import interruptible

TICK_SECONDS = 0.5
LOG_LINES = 5
LIBC = ctypes.CDLL(None)
MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024


@dataclasses.dataclass
class Record:
    """What is known of a stage besides its run."""

    seconds: float = 0.0
    peak_bytes: int = 0
    finished: bool = False

    @classmethod
    def read(cls, path: Path) -> "Record":
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            return cls()

    def write(self, path: Path) -> None:
        write_whole(path, json.dumps(dataclasses.asdict(self)) + "\n")


class StageFailedError(Exception):
    """A stage ended with an exit code other than 0."""

    def __init__(self, stage: PipelineStage, code: int, log: Path):
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        end = "".join(f"\n  {line}" for line in lines[-LOG_LINES:])
        super().__init__(f"{stage.name} ended with exit code {code}. The end of {log}:{end}")
        self.code = code


class PipelineDirectory:
    """The directory of a pipeline, which one process at a time works in.

    Args:
        config: The pipeline.
    """

    def __init__(self, config: PipelineConfig):
        self.config = config
        self.path = config.directory()

    def record_path(self, stage: PipelineStage) -> Path:
        return self.path / f"{stage.name}.json"

    def measured_path(self, stage: PipelineStage) -> Path:
        return self.path / f"{stage.name}.measured.json"

    def record(self, stage: PipelineStage) -> Record:
        """What is known of a stage; nothing, if its run was removed."""
        if not (self.path / stage.name / "config.json").exists():
            return Record(seconds=Record.read(self.record_path(stage)).seconds)
        return Record.read(self.record_path(stage))

    def finished(self) -> list[PipelineStage]:
        """The stages that are done."""
        return [stage for stage in STAGES if self.record(stage).finished]

    @contextlib.contextmanager
    def opened(self) -> Iterator[int]:
        """Lock the directory, and check that it is this pipeline's.

        The lock is handed on to the stages' processes. One that outlives a pipeline that was killed
        holds it until it has stopped too.

        Raises:
            ValueError: It holds another pipeline.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(f"Another process works in {self.path}. Waiting for its end.", flush=True)
                with interruptible():
                    fcntl.flock(lock, fcntl.LOCK_EX)
            self._check_same()
            yield lock.fileno()

    def _check_same(self) -> None:
        path = self.path / "pipeline.json"
        wanted = {name: getattr(self.config, name) for name in ("preset", "effort", "seed")}
        if path.exists():
            try:
                stored = json.loads(path.read_text())
            except ValueError as error:
                raise ValueError(
                    f"{path} is damaged: {error}. Without that file the pipeline takes the "
                    "settings that it is called with."
                ) from error
            if stored != wanted:
                raise ValueError(
                    f"{self.path} holds a pipeline with other settings, {stored}. Received: "
                    f"{wanted}. Use those again, or another --run-dir."
                )
        else:
            write_whole(path, json.dumps(wanted) + "\n")


def run_stage(
    directory: PipelineDirectory,
    stage: PipelineStage,
    lock: int,
    show: Callable[[Record], None],
) -> None:
    """Run a stage to its end.

    Args:
        directory: The pipeline's.
        stage: The stage.
        lock: The file descriptor of the lock.
        show: Called twice a second with what is known by then.

    Raises:
        StageFailedError: It did not end well.
        SystemExit: SIGINT or SIGTERM came, and the stage has saved and stopped.
    """
    path, record = directory.record_path(stage), directory.record(stage)
    before, started = record.seconds, time.monotonic()
    directory.measured_path(stage).unlink(missing_ok=True)
    log = directory.path / f"{stage.name}.log"
    with log.open("ab") as output, _PassedOnSignals() as signals:
        process = subprocess.Popen(
            [sys.executable, "-m", *stage.arguments(directory.config)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[lock],
            # Ctrl-C in a terminal reaches a whole session: from here it is passed on, once.
            start_new_session=True,
            preexec_fn=_stop_with_parent,
        )
        signals.pass_to(process)
        code = None
        while code is None:
            time.sleep(TICK_SECONDS)
            code, peak_bytes = _poll(process)
            record.seconds = before + time.monotonic() - started
            record.peak_bytes = max(record.peak_bytes, peak_bytes)
            record.finished = code == 0
            record.write(path)
            show(record)
    if signals.number:
        raise SystemExit(128 + signals.number)
    if code:
        raise StageFailedError(stage, code, log)


def _poll(process: subprocess.Popen) -> tuple[int | None, int]:
    """The exit code of a process, if it has ended, and how much memory it has taken at most."""
    pid, status, usage = os.wait4(process.pid, os.WNOHANG)
    if not pid:
        return None, 0
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss * MAXRSS_BYTES


def _stop_with_parent() -> None:
    """Ask the kernel for a SIGTERM when the pipeline dies, even by SIGKILL; Linux only."""
    set_parent_death_signal = 1  # from linux/prctl.h
    with contextlib.suppress(AttributeError):
        LIBC.prctl(set_parent_death_signal, signal.SIGTERM)


class _PassedOnSignals:
    """Passes SIGINT and SIGTERM on to a process, instead of stopping at once."""

    def __init__(self):
        self.number = 0
        self._process: subprocess.Popen | None = None
        self._handlers = {}

    def __enter__(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self._handlers[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_):
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def pass_to(self, process: subprocess.Popen) -> None:
        """From now on to this one, and what has come already."""
        self._process = process
        if self.number:
            process.send_signal(self.number)

    def _receive(self, number, frame):
        self.number = number
        print("\nStopping: the stage finishes its step and saves.", file=sys.stderr)
        if self._process:
            self._process.send_signal(number)
