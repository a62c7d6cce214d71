"""What a worker does: run one stage of one check on a submission, send the arrays, and end.

It runs in a process of its own, forked by the zygote, or started afresh (`python -I worker.py`,
the task as JSON on standard input). This is the only place where a submission is imported.
"""

import contextlib
import os
import re
import sys
import tempfile
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

if __name__ == "__main__":  # isolated mode leaves this directory's parent out
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from autograder import checks, shortcuts, syllabus, wire
from autograder.namespace import Namespace
from autograder.sandbox.limits import Limits
from autograder.sandbox.plan import Plan, enter

# How TensorFlow writes a frame into a message: two lines, of which the second may be missing.
_FRAME = re.compile(r'^ *File "(?P<file>[^"\n]+)", line \d+, in .*\n(?: {8}.*\n)?', re.MULTILINE)


@dataclass(frozen=True)
class Task:
    """One stage of one check.

    Args:
        check: the check's key.
        stage: which of its functions; the last one's arrays are compared.
        submission: the directory that holds the assembled `assignment/`.
        directory: the private working directory, shared by the stages of a check.
        seed: of the check's inputs.
        mode: "eager", "graph" or "xla": how the submission's functions are called (calibration).
        observe: refuse a check that a do-nothing answer could pass (recording).
        limits: see `Limits`.
        plan: the barriers to raise.
    """

    check: str
    submission: str
    directory: str
    seed: int = 0
    stage: int = 0
    mode: str = "eager"
    observe: bool = False
    limits: Limits = field(default_factory=Limits)
    plan: Plan = field(default_factory=Plan)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Task":
        built = {"limits": Limits(**fields["limits"]), "plan": Plan.from_json(fields["plan"])}
        return cls(**{**fields, **built})


def run(task: Task, stream: BinaryIO) -> None:
    """Runs the task and writes one message to the stream, whatever the submission does.

    Raises:
        OSError: a barrier could not be raised; nothing of the submission has run.
    """
    os.environ.update(TMPDIR=task.directory, HOME=task.directory)
    tempfile.tempdir = None
    enter(task.plan, task.limits, task.directory)
    warm_up()  # in a new interpreter only now: the filter would not cover threads of an import
    check = checks.load()[task.check]
    wire.write_ready(stream)
    try:
        # Before the first line of the submission runs, so that nothing can hide from it.
        shortcuts.scan(check.exercise, Path(task.submission))
        shortcuts.disable(check.exercise)
        sys.path.insert(0, task.submission)
        assignment = _namespace(task)
        returned = check.stages[task.stage](assignment, check.rng(task.seed))
        arrays = {name: _as_array(name, value) for name, value in (returned or {}).items()}
        if task.observe:
            assignment.refuse_trivial(arrays)
    except BaseException as error:
        wire.write_error(stream, _describe(error, Path(task.submission)))
    else:
        wire.write_arrays(stream, arrays)
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()


def warm_up() -> None:
    """Imports TensorFlow, and runs nothing of it."""
    import keras
    import tensorflow  # noqa: F401

    # Keras would rewrite a student's message; and a blank is known by its message.
    keras.config.disable_traceback_filtering()


def _namespace(task: Task) -> Any:
    if task.mode == "eager" and not task.observe:
        return Namespace("assignment")
    from autograder import instruments  # only in an instructor's checkout

    return instruments.namespace(task.mode, task.observe)


def _as_array(name: str, value: Any) -> np.ndarray:
    if not wire.is_name(name):
        raise ValueError(f"a check cannot call an array {name!r}: plain letters, digits and signs")
    if value is None:
        raise TypeError(f"{name} is None; does the function return its result?")
    array = np.array(np.asarray(value), subok=False)
    if not wire.is_sendable(array):
        raise TypeError(
            f"{name} should be an array of numbers. Received: {type(value).__name__} "
            f"with dtype {array.dtype} and shape {array.shape}"
        )
    return array.astype(array.dtype.newbyteorder("="))


def _describe(error: BaseException, submission: Path) -> wire.RemoteError:
    """The exception, with the innermost line of the student's own files."""
    error = _blank_behind(error) or error
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(submission)]
    in_check = [frame for frame in frames if "checks" in Path(frame.filename).parts]
    file = line = source = ""
    if own:
        file, line, source = own[-1].filename, str(own[-1].lineno), own[-1].line or ""
    elif isinstance(error, SyntaxError) and error.filename:
        file, line, source = error.filename, str(error.lineno), (error.text or "").strip()
    if file and Path(file).is_relative_to(submission):
        file = Path(file).relative_to(submission).as_posix()
    try:
        message = _of_submission(str(error), submission)
    except Exception:  # a submission's own exception class
        message = "(its message cannot be shown)"
    check_source = (in_check[-1].line or "") if in_check else ""
    return wire.RemoteError(type(error).__name__, message, file, line, source, check_source)


def _of_submission(message: str, submission: Path) -> str:
    """A message without the frames of libraries: TensorFlow lists those of a graph in its text."""

    def keep(frame: re.Match[str]) -> str:
        own = Path(frame["file"]).is_relative_to(submission)
        return frame[0].replace(f"{submission}{os.sep}", "") if own else ""

    return _FRAME.sub(keep, message)


def _blank_behind(error: BaseException) -> BaseException | None:
    """The blank that caused an exception: given code may have caught and reworded it."""
    cause: BaseException | None = error
    for _ in range(10):
        if cause is None:
            break
        if isinstance(cause, NotImplementedError):
            sentence = str(cause.args[0]) if cause.args else ""
            if sentence.split(": ")[0] in syllabus.EXERCISES:
                return cause
        cause = cause.__cause__ or cause.__context__
    return None


def main() -> None:
    """The process of its own: standard output is the result, standard error is what is printed."""
    import json

    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    task = Task.from_json(json.loads(sys.stdin.buffer.readline()))
    run(task, stream)
    os._exit(0)


if __name__ == "__main__":
    main()
