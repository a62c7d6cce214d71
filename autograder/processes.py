"""The judge's side of the workers: runs checks in them, several at once.

`Runner` is the whole interface: tasks in, outcomes out. It imports neither TensorFlow nor the
submission. Workers are forked from a warm interpreter (zygote.py) on Linux, and are started afresh
elsewhere, or when a check asks for it.
"""

import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from autograder import kit
from autograder.checks import Check
from autograder.following import Outcome, follow
from autograder.isolation import Limits
from autograder.worker import Task
from autograder.workers import (
    ForkError,
    FreshWorker,
    InfrastructureError,
    Worker,
    Zygote,
    worker_environment,
)


@dataclass(frozen=True)
class Job:
    """A check to run on an assembled submission."""

    check: Check
    submission: Path
    seed: int = 0
    mode: str = "eager"
    observe: bool = False


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
        self._environment = worker_environment(self.root, environment or {})
        self._zygote: Zygote | None = None
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
            return replace(follow(worker, task.limits), seconds=time.monotonic() - begun)
        except OSError as error:
            self._discard_zygote()
            return Outcome(infrastructure=f"the worker could not be followed: {error}")

    def _start(self, task: Task, fresh: bool) -> Worker:
        if fresh or not self._warm:
            return FreshWorker(task, self._kit, self._environment)
        for _ in range(2):
            try:
                return self._running_zygote().fork(task)
            except OSError:
                self._discard_zygote()
            except ForkError:
                break
        return FreshWorker(task, self._kit, self._environment)

    def _running_zygote(self) -> "Zygote":
        with self._lock:
            if self._start_failure:  # it costs seconds, and would fail again
                raise InfrastructureError(self._start_failure)
            if self._zygote is None:
                try:
                    self._zygote = Zygote(self._kit, self._environment, self.root / "zygote.log")
                except InfrastructureError as error:
                    self._start_failure = str(error)
                    raise
            return self._zygote

    def _discard_zygote(self) -> None:
        with self._lock:
            if self._zygote is not None:
                self._zygote.stop()
                self._zygote = None


def _copy_kit(target: Path) -> None:
    """What a worker needs of the grader, and no expected output."""
    package = target / "autograder"
    (package / "checks").mkdir(parents=True)
    for pattern, directory in (("*.py", package), ("checks/*.py", package / "checks")):
        for path in kit.AUTOGRADER.glob(pattern):
            shutil.copy(path, directory)
