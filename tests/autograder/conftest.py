"""What the grader's own tests share: a warm runner, and submissions that are made to measure."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder import kit, submission
from autograder.checks import Check, load
from autograder.mutations import Mutation
from autograder.processes import Job, Outcome, Runner


@pytest.fixture(scope="session")
def runner(causal: Check) -> Iterator[Runner]:
    with Runner(jobs=2) as running:
        # The warm interpreter starts with the first job, which takes a minute on a busy machine: no
        # test is to measure that.
        solution = running.root / "solution"
        submission.assemble(kit.ROOT, solution, base=kit.ROOT)
        running.run_one(Job(causal, solution))
        yield running


@pytest.fixture(scope="session")
def causal() -> Check:
    """A small check whose exercise the hostile submissions replace."""
    return load()["masking.causal/square"]


@pytest.fixture
def new_directory(runner: Runner) -> Callable[[], Path]:
    """Makes directories for submissions: with bubblewrap, workers see none outside the runner's."""
    return lambda: Path(tempfile.mkdtemp(dir=runner.root))


@pytest.fixture
def submit(runner: Runner, causal: Check, new_directory) -> Callable[..., Outcome]:
    """Runs the check on a solution in which `causal_mask` has this body."""

    def run(body: str, check: Check = causal) -> Outcome:
        mutation = Mutation("tested", "masking.causal", body=body)
        directory = new_directory()
        submission.assemble(kit.ROOT, directory, mutation.files(), base=kit.ROOT)
        return runner.run_one(Job(check, directory))

    return run
