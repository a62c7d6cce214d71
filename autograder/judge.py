"""The judge: runs every check of a submission, and, with every worker dead, compares.

Phase one knows the submission and no expected value; phase two knows the expected values, and no
process of the submission is alive. The judge imports NumPy, and never a submission.
"""

import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from autograder import compare, intake, kit, points, recognition, submission
from autograder.checks import Check, load
from autograder.findings import finding
from autograder.processes import Job, Outcome, Runner
from autograder.recordings import Recording
from autograder.verdicts import PASSED, Report, Verdict

TOTAL_SECONDS = 900.0
_BEHIND_ANOTHER = Outcome(limit="time in another check of this exercise; this one was not run")


def grade(
    path: Path,
    selected: Sequence[Check] | None = None,
    *,
    outputs: Path = kit.OUTPUTS,
    jobs: int | None = None,
    fail_fast: bool = False,
    total_seconds: float = TOTAL_SECONDS,
    progress: Callable[[int, int], None] = lambda done, total: None,
    runner: Runner | None = None,
) -> Report:
    """Grades a submission.

    Args:
        path: a directory or an archive that holds the submission's `assignment/`.
        selected: the checks to run; all by default.
        outputs: the recording to compare with.
        jobs: how many workers at once.
        fail_fast: report nothing after the first check that does not pass.
        total_seconds: when it has passed, checks that have not begun are over the limit.
        progress: called with the number of checks done and their total.
        runner: runs the workers, `jobs` apart; one of its own by default.

    Raises:
        submission.SubmissionError: nothing there can be graded.
    """
    everything = load()
    checks = list(everything.values()) if selected is None else list(selected)
    recording = Recording(outputs)
    public = outputs.resolve() == kit.OUTPUTS.resolve()
    kind = "public checks" if public else f"checks on the inputs of {outputs}"
    count = 0
    endless: set[str] = set()  # exercises that took too much time
    deadline = time.monotonic() + total_seconds

    def stop(outcome: Outcome) -> bool:
        return (fail_fast and outcome.arrays is None) or time.monotonic() > deadline

    def report_progress(job: Job, outcome: Outcome) -> None:
        nonlocal count
        count += 1
        progress(count, len(checks))
        if outcome.limit == "time":
            endless.add(job.check.exercise)

    def known(job: Job) -> Outcome | None:
        # Its points are lost, and each of its other checks would take all of its time too.
        return _BEHIND_ANOTHER if job.check.exercise in endless else None

    with intake.opened(path) as taken, _running(runner, jobs, outputs) as running:
        assembled = running.root / f"submission-{uuid.uuid4().hex}"
        notes = submission.assemble(taken.directory, assembled) | taken.notes
        blanks = submission.blank_exercises(assembled)
        outcomes = running.run(
            [Job(check, assembled, recording.seed) for check in checks],
            done=report_progress,
            stop=stop,
            known=known,
        )
        shutil.rmtree(assembled, ignore_errors=True)
    not_run = Outcome(limit=f"the whole run, {total_seconds:g} s, before this check")
    verdicts = judge(
        [(check, outcomes.get(i, not_run)) for i, check in enumerate(checks)], recording, blanks
    )
    if fail_fast:
        ends = [i for i, verdict in enumerate(verdicts) if verdict.status != PASSED]
        verdicts = verdicts[: ends[0] + 1] if ends else verdicts
    return Report(
        tuple(points.distribute(verdicts, everything)),
        running.isolation,
        tuple(notes.values()),
        kind=kind,
    )


@contextmanager
def _running(given: Runner | None, jobs: int | None, outputs: Path) -> Iterator[Runner]:
    if given is not None:
        yield given
        return
    with Runner(jobs, hidden=[outputs]) as runner:
        yield runner


def judge(
    outcomes: Sequence[tuple[Check, Outcome]], recording: Recording, blanks: set[str]
) -> list[Verdict]:
    """Phase two: compares what the workers sent with the recording.

    Args:
        outcomes: how each check ended.
        blanks: the exercises that the submission has not written.

    Returns:
        A verdict on each check, in the same order, without points.
    """
    tolerances = compare.load_tolerances(kit.TOLERANCES)
    verdicts = [
        finding(check, outcome, recording, blanks, compare.tolerance_of(check, tolerances))
        for check, outcome in outcomes
    ]
    # A recognised mistake explains its check: then no other exercise is to blame.
    verdicts = points.with_causes(verdicts)
    return recognition.with_hints(verdicts, dict(outcomes), recording, tolerances)
