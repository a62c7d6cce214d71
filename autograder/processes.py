"""The judge's side of the workers: runs checks in them, several at once.

`Runner` is the whole interface: tasks in, outcomes out. It imports neither TensorFlow nor the
submission. On Linux a worker is a fork of a warm interpreter (zygote.py), or of a cold one where
that cannot be; elsewhere it is an interpreter of its own.
"""

import os
import queue
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from autograder import isolation, kit, scratch
from autograder.checks import Check
from autograder.following import Outcome, follow
from autograder.isolation import Isolation
from autograder.sandbox import bubblewrap, cleaning, cover, identity, kernel
from autograder.sandbox.limits import Limits
from autograder.worker import Task
from autograder.workers import (
    PRIVATE,
    ForkError,
    InfrastructureError,
    LoneWorker,
    Worker,
    Zygote,
    worker_count,
    worker_environment,
)


@dataclass(frozen=True)
class Job:
    """A check to run on a submission, which stands assembled below the runner's root."""

    check: Check
    submission: Path
    seed: int = 0
    mode: str = "eager"
    observe: bool = False


class Runner:
    """Runs jobs in workers; a context manager, after which no worker lives.

    Args:
        jobs: how many workers at once; see `worker_count`.
        environment: variables to set for the workers, over the defaults.
        limits: the bounds of a worker; `seconds` is replaced by each check's own.
        warm: fork from a warm interpreter where the platform allows it.
        hidden: files and directories that workers shall not see, beside the grader's own.
        isolated: the barriers around a worker; all that hold on this machine by default.

    Raises:
        ValueError: there would be no worker.
        IsolationError: what workers need lies in a directory that they shall not see.
    """

    def __init__(
        self,
        jobs: int | None = None,
        environment: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        warm: bool = True,
        hidden: Iterable[Path] = (),
        isolated: Isolation | None = None,
    ):
        self._jobs = worker_count(jobs)
        self.isolation = isolated or isolation.available()
        needed = (*self.isolation.plan.readable, tempfile.gettempdir())
        self._covered = cover.covering(self.isolation.covered, hidden, needed)
        scratch.sweep()
        self._scratch = scratch.Scratch("run")
        self.root = self._scratch.path
        # All that a worker may change: the rest of the directory is read-only where it is covered.
        self._private = self.root / PRIVATE
        self._private.mkdir()
        self._private.chmod(0o711)
        self._limits = limits or Limits()
        self._kit = self.root / "kit"
        variables = {"TMPDIR": str(self._private), **(environment or {})}
        self._environment = worker_environment(self.root, variables)
        self._forks = sys.platform == "linux"
        if self._forks:  # no process of the same user may read this one's memory
            kernel.prctl(kernel.SET_DUMPABLE, 0)
        self._slots: queue.SimpleQueue[identity.Slot] | None = None
        self._opened: set[Path] = set()
        self._working: set[Path] = set()
        self._zygote: Zygote | None = None
        self._start_failure = ""
        self._warm = warm
        self._lock = threading.Lock()
        _copy_kit(self._kit)
        if 4 in self.isolation.active:
            self._slots = queue.SimpleQueue()
            for _ in range(self._jobs):
                self._slots.put(identity.Slot())
            self.root.chmod(0o711)
            self._open_to_others(self._kit)

    def __enter__(self) -> "Runner":
        return self

    def __exit__(self, *exception: object) -> None:
        if self._zygote is not None:
            self._zygote.stop()
        if self._slots is not None:
            while not self._slots.empty():
                self._slots.get().close()
        self._scratch.remove()

    def run(
        self,
        jobs: Iterable[Job],
        done: Callable[[Job, Outcome], None] = lambda job, outcome: None,
        stop: Callable[[Outcome], bool] = lambda outcome: False,
        known: Callable[[Job], Outcome | None] = lambda job: None,
    ) -> dict[int, Outcome]:
        """Runs all jobs, several at once.

        Args:
            jobs: what to run.
            done: called after each.
            stop: when it returns true, jobs that have not begun are left out.
            known: asked before a job begins; the outcome that it need not run for, or None.

        Returns:
            Outcomes by the job's position.
        """
        outcomes: dict[int, Outcome] = {}
        stopped = threading.Event()

        def one(item: tuple[int, Job]) -> None:
            position, job = item
            if stopped.is_set():
                return
            outcomes[position] = outcome = known(job) or self.run_one(job)
            with self._lock:
                done(job, outcome)
            if stop(outcome):
                stopped.set()

        with ThreadPoolExecutor(self._jobs) as pool:
            list(pool.map(one, enumerate(jobs)))
        return outcomes

    def run_one(self, job: Job) -> Outcome:
        """Runs every stage of a check, each in a new worker; the last stage's arrays count."""
        with self._lock:
            directory = Path(tempfile.mkdtemp(prefix="work-", dir=self._private))
            self._working.add(directory)
        slot = self._slots.get() if self._slots is not None else None
        plan = self.isolation.plan
        if slot is not None:
            os.chown(directory, slot.user, slot.user)
            self._open_to_others(job.submission)
            plan = replace(plan, user=slot.user)
        readable = (*plan.readable, str(self._kit), str(job.submission))
        task = Task(
            job.check.key,
            str(job.submission),
            str(directory),
            seed=job.seed,
            mode=job.mode,
            limits=replace(self._limits, seconds=job.check.limit),
            plan=replace(plan, readable=readable),
        )
        try:
            for stage in range(len(job.check.stages)):
                last = stage == len(job.check.stages) - 1
                outcome = self._attempt(replace(task, stage=stage, observe=job.observe and last))
                if outcome.arrays is None:
                    break
            return outcome
        finally:
            self._forget(directory)
            if slot is not None:
                self._slots.put(slot)

    def _forget(self, directory: Path) -> None:
        """Removes a worker's directory, and whatever it has left beside it.

        Below L3, and without a user of its own, a worker can write there: the next one, perhaps
        another student's, shall not find it.
        """
        with self._lock:
            self._working.discard(directory)
            for path in self._private.iterdir():
                if path not in self._working:
                    cleaning.remove(path)

    def _open_to_others(self, directory: Path) -> None:
        """Lets workers read it, whoever they are, and whatever the grader's umask is."""
        with self._lock:
            if directory in self._opened:
                return
            self._opened.add(directory)
        directory.chmod(0o755)
        for path in directory.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)

    def _attempt(self, task: Task) -> Outcome:
        try:
            worker = self._start(task)
        except (InfrastructureError, OSError) as error:
            return Outcome(infrastructure=str(error))
        begun = time.monotonic()  # the first worker waits for TensorFlow, which is not its own time
        try:
            return replace(follow(worker, task.limits), seconds=time.monotonic() - begun)
        except OSError as error:
            self._discard_zygote()
            return Outcome(infrastructure=f"the worker could not be followed: {error}")

    def _start(self, task: Task) -> Worker:
        if not self._forks:
            return LoneWorker(task, self._kit, self._environment)
        for _ in range(2 if self._warm else 0):
            try:
                return self._running_zygote().fork(task)
            except OSError:
                self._discard_zygote()
            except ForkError:
                break
        return self._new_zygote(warm=False).fork(task, last=True)

    def _running_zygote(self) -> Zygote:
        with self._lock:
            if self._start_failure:  # it costs seconds, and would fail again
                raise InfrastructureError(self._start_failure)
            if self._zygote is None:
                try:
                    self._zygote = self._new_zygote(warm=True)
                except InfrastructureError as error:
                    self._start_failure = str(error)
                    raise
            return self._zygote

    def _new_zygote(self, warm: bool) -> Zygote:
        within = 5 in self.isolation.active
        view = bubblewrap.command(self.isolation.plan.readable, self.root) if within else ()
        return Zygote(self.root, self._environment, view, warm, self._covered)

    def _discard_zygote(self) -> None:
        with self._lock:
            if self._zygote is not None:
                self._zygote.stop()
                self._zygote = None


def _copy_kit(target: Path) -> None:
    """What a worker needs of the grader, and no expected output."""
    package = target / "autograder"
    for name in ("", "checks", "sandbox"):
        (package / name).mkdir(parents=True, exist_ok=True)
        for path in (kit.AUTOGRADER / name).glob("*.py"):
            shutil.copy(path, package / name)
