"""A copy of the repository and a student's one, in which the commands of the pages are run."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

from rules import RULES, STUDENTS_RULES, Rule, rule_for
from shown_commands import ROOT

from autograder import handout
from docs.serving import serving

SECONDS = 300
NOT_COPIED = (".git", ".venv", ".docs-venv", "runs", "cache", "__pycache__", ".*_cache")
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "SUBMISSION")
} | {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # Compiling is most of the time of so small a run; the numbers are not what is tested here.
    "XLA_FLAGS": "--xla_backend_optimization_level=0",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


class Warm:
    """A process that has imported TensorFlow, and runs commands in forks."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("warm.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=ENVIRONMENT,
            text=True,
        )

    def run(self, arguments: list[str], directory: Path, streams: list[Path]) -> int:
        module, *rest = arguments
        order = {"directory": str(directory), "module": module, "arguments": rest}
        order["streams"] = list(map(str, streams))
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


class Workshop:
    """The directories in which commands are run, and what each printed; each is run once."""

    def __init__(self, directory: Path):
        self.copy = directory / "repository"
        self.student = directory / "student"
        shutil.copytree(ROOT, self.copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
        handout.write(self.student)
        shutil.copytree(self.copy / "stencil", self.copy / "submissions" / "alice")
        self._warm = Warm()
        self._done: dict[str, str] = {}
        self._files = directory / "files"
        self._files.mkdir()

    def close(self) -> None:
        self._warm.close()

    def do(self, text: str, of_student: bool) -> None:
        """Run a command, after those that it needs, and hold its end against its rule."""
        rule, command = rule_for(text, STUDENTS_RULES if of_student else RULES)
        for needed in rule.needs:
            self.do(needed, of_student)
        directory = self.student if of_student else self.copy
        key = f"{directory.name}: {command}"
        if key not in self._done:
            self._done[key] = (
                is_served(command, directory)
                if rule.serves
                else self._run(command, directory, rule)
            )
        failure = self._done[key]
        assert not failure, failure

    def run_program(self, program: str, says: str) -> str:
        """What is wrong with how a program of Python ended, or nothing."""
        (self.copy / "shown_program.py").write_text(program, encoding="utf-8")
        return self._run("python -m shown_program", self.copy, Rule("", says=says))

    def _run(self, command: str, directory: Path, rule: Rule) -> str:
        """What is wrong with how a command ended, or nothing."""
        streams = [self._files / name for name in ("in", "out", "err")]
        streams[0].write_text(rule.typed)
        if command.startswith(("python -m assignment.", "python -m shown_program")):
            code = self._warm.run(shlex.split(command)[2:], directory, streams)
        else:
            with (
                streams[0].open() as typed,
                streams[1].open("w") as out,
                streams[2].open("w") as err,
            ):
                code = subprocess.run(
                    ["bash", "-c", command],
                    cwd=directory,
                    env=ENVIRONMENT,
                    stdin=typed,
                    stdout=out,
                    stderr=err,
                    timeout=SECONDS,
                    check=False,
                ).returncode
        printed = "\n".join(path.read_text(errors="replace") for path in streams[1:])
        if code != rule.code or "Traceback" in printed or not re.search(rule.says, printed):
            wanted = f"expected {rule.code} and {rule.says!r}"
            return f"{command}\nended with {code}, {wanted}; it printed:\n{printed}"
        return ""


def is_served(command: str, directory: Path) -> str:
    """What is wrong with the answer of a server, or nothing."""
    try:
        with (
            serving(shlex.split(command), directory, ENVIRONMENT) as address,
            urllib.request.urlopen(address, timeout=SECONDS) as answer,
        ):
            return "" if answer.status == 200 else f"{command} answered {answer.status}"
    except RuntimeError as error:
        return str(error)
