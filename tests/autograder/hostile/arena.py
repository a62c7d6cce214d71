"""Grades a hostile submission on one cheap check, and looks at what it did to the world around."""

import contextlib
import ctypes
import os
import resource
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from autograder import isolation, judge, kit
from autograder.checks import load
from autograder.processes import Runner
from autograder.sandbox import watch
from autograder.verdicts import PASSED, Verdict
from hostile.attack import Attack

_SECONDS = 3.0
_IPC_KEY = 0x70617373
_PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/etc", str(Path.home()), str(kit.ROOT))


@dataclass(frozen=True)
class Result:
    """How an attack ended.

    Args:
        verdict: the judge's.
        score: the points.
        damage: what changed outside the worker's directory, in words.
    """

    verdict: Verdict
    score: float
    damage: tuple[str, ...]


class Arena:
    """A runner at one isolation level, in surroundings that are watched; a context manager."""

    def __init__(self, level: int):
        self._mark = f"hostile-{os.getpid()}-{level}"
        self._secret = f"secret-of-{self._mark}"
        self._leak = f"leak-of-{self._mark}"
        self._base = Path(tempfile.mkdtemp(prefix="arena-"))
        self._base.chmod(0o755)
        self._outside = self._base / "outside"
        self._outside.mkdir()
        self._canary = self._outside / "canary"
        self._canary.write_text("as it was")
        os.environ["HOSTILE_SECRET"] = self._secret
        self._check = replace(load()["masking.causal/square"], limit=_SECONDS)
        self._runner = Runner(jobs=1, isolated=isolation.available().at_most(level))
        self._listeners = self._listen()

    @property
    def covered(self) -> bool:
        """Whether the grader's own files are covered, at whatever level."""
        return bool(self._runner.isolation.covered)

    def __enter__(self) -> "Arena":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._runner.__exit__(kind, error, trace)
        for listener in self._listeners.values():
            listener.close()
        shutil.rmtree(self._base)
        os.environ.pop("HOSTILE_SECRET", None)  # arenas of other levels share it

    def grade(self, directory: Path) -> judge.Report:
        """The judge's report on a submission, on the one check."""
        return judge.grade(directory, [self._check], runner=self._runner)

    def fight(self, attack: Attack) -> Result:
        """Grades the attack, says what it did, and repairs it."""
        if self._runner._zygote is None:
            # What the first grading starts is no survivor; and a worker that cannot even run would
            # pass for one that is well guarded.
            honest = self.grade(kit.ROOT).verdicts[0]
            assert honest.status == PASSED, honest.message
        before = self._state()
        processes = self._processes()
        submission = self._base / "submission"
        attack.write(submission, self._places())
        try:
            report = self.grade(submission)
        finally:
            shutil.rmtree(submission)
        verdict = report.verdicts[0]
        damage = [what for what, value in self._state().items() if value != before[what]]
        damage += ["survivors"] * bool(self._processes() - processes)
        damage += ["a way found"] * (self._leak in verdict.printed)
        self._repair()
        return Result(verdict, report.score, tuple(damage))

    def _places(self) -> dict[str, str]:
        return {
            "OUTPUTS": str(kit.OUTPUTS),
            "ROOT": str(kit.ROOT),  # nothing above it: another checkout there is not covered
            "JUDGE": str(os.getpid()),
            "MARK": self._mark,
            "SECRET": self._secret,
            "LEAK": self._leak,
            "OUTSIDE": str(self._outside),
            "CANARY": str(self._canary),
            "TCP": str(self._listeners["tcp"].getsockname()[1]),
            "UDP": str(self._listeners["udp"].getsockname()[1]),
            "SOCKET": self._listeners["unix"].getsockname(),
        }

    def _listen(self) -> dict[str, socket.socket]:
        tcp = socket.create_server(("127.0.0.1", 0))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        unix = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        unix.bind(str(self._base / "socket"))
        (self._base / "socket").chmod(0o777)
        abstract = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        abstract.bind(f"\0{self._mark}")
        listeners = {"tcp": tcp, "udp": udp, "unix": unix, "abstract": abstract}
        for listener in listeners.values():
            listener.setblocking(False)
        return listeners

    def _state(self) -> dict[str, object]:
        """What must be the same afterwards."""
        recordings = [*sorted(kit.OUTPUTS.rglob("*")), kit.TOLERANCES]
        return {
            "a file changed": self._look(self._canary),
            "a directory changed": self._look(self._outside),
            "recordings changed": [self._look(path) for path in recordings],
            "files left": list(self._marks()),
            "a message sent": self._messages(),
            "shared memory left": _ipc(),
            "the judge changed": (
                os.getpriority(os.PRIO_PROCESS, 0),
                os.sched_getscheduler(0),
                resource.getrlimit(resource.RLIMIT_NOFILE),
            ),
        }

    @staticmethod
    def _look(path: Path) -> object:
        with contextlib.suppress(FileNotFoundError):
            seen = path.lstat()
            content = os.listdir(path) if path.is_dir() else path.read_bytes()
            times = 0 if path.is_dir() else seen.st_mtime_ns
            return stat.filemode(seen.st_mode), seen.st_uid, times, os.listxattr(path), content
        return "gone"

    def _marks(self) -> Iterator[str]:
        for place in (*_PLACES, str(self._outside)):
            yield from (str(path) for path in Path(place).glob(f"*{self._mark}*"))
        for path in self._runner.root.rglob("*"):
            if self._mark in path.name or path.name.startswith("work-"):
                yield str(path)

    def _messages(self) -> int:
        """How many messages have come, of any kind."""
        for listener in self._listeners.values():
            with contextlib.suppress(BlockingIOError):
                if listener.type == socket.SOCK_STREAM:
                    listener.accept()[0].close()
                else:
                    listener.recv(64)
                self._received = getattr(self, "_received", 0) + 1
        return getattr(self, "_received", 0)

    def _processes(self) -> set[int]:
        """The warm interpreter's; of a worker, and of what it started, nothing may be left."""
        zygote = self._runner._zygote
        return watch.descendants(zygote._process.pid) if zygote else set()

    def _repair(self) -> None:
        for path in map(Path, list(self._marks())):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        for remove in ("shmctl", "msgctl"):
            find = getattr(ctypes.CDLL(None), remove.replace("ctl", "get"))
            found = find(_IPC_KEY, 0, 0)
            if found >= 0:
                getattr(ctypes.CDLL(None), remove)(found, 0, None)
        semaphores = ctypes.CDLL(None).semget(_IPC_KEY, 0, 0)
        if semaphores >= 0:
            ctypes.CDLL(None).semctl(semaphores, 0, 0)
        self._outside.mkdir(exist_ok=True)
        self._outside.chmod(0o755)
        self._canary.unlink(missing_ok=True)
        self._canary.write_text("as it was")


def _ipc() -> list[str]:
    return [
        line
        for kind in ("shm", "msg", "sem")
        for line in Path(f"/proc/sysvipc/{kind}").read_text().splitlines()
        if line.split()[0] == str(_IPC_KEY)
    ]


def is_worth_nothing(result: Result) -> bool:
    """Whether the attack earned no more than the blank starter."""
    return result.score == 0 and result.verdict.status != PASSED
