"""Peers that need an environment of their own, each as a process that works when it is called."""

import json
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).with_name("peer_process.py")


class Peer:
    """A peer at one piece of work.

    Args:
        python: The Python of an environment made from benchmarks/requirements.txt.
        work: What it does; see `peer_process.WORK`.
        shape: The sizes of the work.
    """

    def __init__(self, python: Path, work: str, shape: dict):
        self.process = subprocess.Popen(
            [str(python), str(SCRIPT), work, json.dumps(shape)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self) -> float:
        """Do the work once."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"The peer has ended with exit code {self.process.wait()}.")
        return json.loads(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
