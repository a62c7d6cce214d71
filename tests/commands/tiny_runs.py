"""Start the commands as a user does, as processes, and look at the runs that they make."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
STEPS = 30
TINY = [
    *("--preset", "smoke", "--steps", str(STEPS), "--batch-size", "4", "--sequence-length", "16"),
    *("--vocabulary-size", "400", "--dropout", "0.1", "--warmup-steps", "5", "--log-every", "1"),
    *("--evaluate-every", str(STEPS // 2)),
]
ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(ROOT),
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # Compiling is most of the time of so small a run; the numbers are not what is tested here.
    "XLA_FLAGS": "--xla_backend_optimization_level=0",
}


@dataclasses.dataclass(frozen=True)
class Finished:
    """A process that came to its end."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines of stderr that say what is wrong."""
        return [line for line in re.split(r"[\r\n]", self.err) if line.startswith("error: ")]


def command(name: str, *arguments) -> list[str]:
    return [sys.executable, "-m", f"assignment.{name}", *map(str, arguments)]


def start(arguments: list[str], directory: Path, **environment: str) -> subprocess.Popen:
    """Start a process in a directory; its output goes to `out` and `err` there."""
    with (directory / "out").open("w") as out, (directory / "err").open("w") as err:
        return subprocess.Popen(
            arguments, cwd=directory, env=ENVIRONMENT | environment, stdout=out, stderr=err
        )


def finish(process: subprocess.Popen, directory: Path, seconds: float = 900) -> Finished:
    try:
        code = process.wait(seconds)
    finally:
        process.kill()
    # As bytes: reading text would turn a carriage return that a model wrote into a line break.
    out, err = ((directory / name).read_bytes().decode() for name in ("out", "err"))
    return Finished(code, out, err)


def run_command(name: str, *arguments, directory: Path, **environment: str) -> Finished:
    """Run a command to its end in a directory."""
    return finish(start(command(name, *arguments), directory, **environment), directory)


def wait_for(
    condition: Callable[[], object], process: subprocess.Popen, seconds: float = 600
) -> bool:
    """Wait until the condition holds; False if the process ends before."""
    deadline = time.monotonic() + seconds
    while not condition():
        if process.poll() is not None:
            return False
        if time.monotonic() > deadline:
            process.kill()
            raise TimeoutError(f"The run did not get so far in {seconds} s.")
        time.sleep(0.001)
    return True


def takers(process: subprocess.Popen) -> list[int]:
    """The threads of a process that take SIGINT or SIGTERM; the main one has its number."""
    signals = sum(1 << (number - 1) for number in (signal.SIGINT, signal.SIGTERM))
    threads = []
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        status = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines())
        if int(status["SigBlk"], 16) & signals != signals:
            threads.append(int(task.name))
    return threads


def logged_steps(run_dir: Path, prefix: str = "train") -> list[int]:
    """The steps of the complete lines of metrics.jsonl."""
    path = run_dir / "metrics.jsonl"
    text = path.read_text() if path.exists() else ""
    lines = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
    return [line["step"] for line in lines if line["prefix"] == prefix]


def tensors(directory: Path) -> dict[str, np.ndarray]:
    """The state in the newest checkpoint of a directory: weights, slots, random states, steps."""
    import tensorflow as tf

    path = tf.train.latest_checkpoint(str(directory))
    reader = tf.train.load_checkpoint(path)
    names = reader.get_variable_to_shape_map().keys()
    # How often a run was saved is its own affair, and so is how TensorFlow describes the objects.
    state = [n for n in names if n != "_CHECKPOINTABLE_OBJECT_GRAPH" and "save_counter" not in n]
    return {name: reader.get_tensor(name) for name in state}


def assert_same_run(run_dir: Path, expected: Path) -> None:
    """Two runs ended in the same state, to the bit, and logged every step once."""
    for part in ("checkpoints", "checkpoints/best"):
        obtained, wanted = tensors(run_dir / part), tensors(expected / part)
        assert obtained.keys() == wanted.keys()
        different = [k for k in wanted if obtained[k].tobytes() != wanted[k].tobytes()]
        assert not different, f"{part}: {different}"
    assert logged_steps(run_dir) == logged_steps(expected)
    assert logged_steps(run_dir, "validation") == logged_steps(expected, "validation")
    assert (run_dir / "samples.txt").read_text() == (expected / "samples.txt").read_text()
    assert not list(run_dir.glob("checkpoints/**/*_temp"))


def flags_of(corpus: Path) -> list[str]:
    return ["--corpus", str(corpus), "--run-dir", "run", *TINY]
