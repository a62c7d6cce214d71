"""The interpreter that forks a worker for each task, watches it, and ends it.

Started as `python -I zygote.py CONTROL_FD PARENT_FD ROOT warm [SECRET …]`, it covers the secrets,
imports TensorFlow, and executes no operation of it, because the runtime's threads would not survive
a fork; it knows no expected value. Started with `cold` instead, it leaves the import to its
workers. PARENT_FD is the directory that holds ROOT, as it is outside of every cover and view.
Requests arrive as JSON datagrams on the control socket:

    {"op": "fork", "task": …} with two descriptors (result, output)  ->  {"pid": …}
    {"op": "reap", "pid": …}   kills the worker and what it started    ->  {"status": …, "limit": …}
    {"op": "stop"}             ends this process

A worker stays a zombie until it is reaped, so its process number cannot be another's. When the
judge dies, its socket closes: then all workers are killed, and ROOT is removed.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from autograder import checks, worker
from autograder.sandbox import cleaning, cover, identity, kernel, watch
from autograder.workers import PRIVATE

# What the course's modules import beside TensorFlow, Keras and NumPy: each worker that imports one
# of those modules would load these anew.
LIBRARIES = (
    "sentencepiece",
    "statistics",
    "tensorboard.plugins.custom_scalar.summary",
    "tensorboard.plugins.hparams.api",
    "tensorboard.plugins.histogram.summary_v2",
    "tensorboard.summary.writer.event_file_writer",
    "tqdm",
    "tyro",
)
MAX_REQUEST = 65536
_WATCH_SECONDS = 0.05


class Nursery:
    """The living workers, by process number, and the bounds that were passed."""

    def __init__(self, control: socket.socket, outside: int):
        self._control, self._outside = control, outside
        self._tasks: dict[int, worker.Task] = {}
        self._limits: dict[int, str] = {}
        self._watched = 0.0

    def serve(self) -> bool:
        """Answers requests; returns whether it was told to stop, or lost its judge."""
        while True:
            timeout = _WATCH_SECONDS if self._tasks else None
            if time.monotonic() - self._watched > _WATCH_SECONDS:
                self._watch()
            if not select.select([self._control], [], [], timeout)[0]:
                continue
            message, descriptors, _, _ = socket.recv_fds(self._control, MAX_REQUEST, 2)
            request = json.loads(message) if message else {"op": "lost"}
            if request["op"] == "fork":
                reply = self._fork(worker.Task.from_json(request["task"]), descriptors)
            elif request["op"] == "reap":
                reply = self._reap(request["pid"])
            else:
                for pid in list(self._tasks):
                    self._reap(pid)
                return request["op"] == "stop"
            self._control.send(json.dumps(reply).encode())

    def _fork(self, task: worker.Task, descriptors: list[int]) -> dict[str, Any]:
        threads = len(os.listdir("/proc/self/task"))
        if threads != 1:
            reply = {"error": f"{threads} threads run in the interpreter, so it cannot fork"}
        else:
            pid = os.fork()
            if pid == 0:
                os.close(self._outside)
                _become_worker(task, *descriptors, self._control)
            with contextlib.suppress(OSError):  # the child does the same: whoever comes first
                os.setpgid(pid, pid)
            self._tasks[pid] = task
            reply = {"pid": pid}
        for descriptor in descriptors:
            os.close(descriptor)
        return reply

    def _watch(self) -> None:
        for pid, task in self._tasks.items():
            limit = watch.excess(pid, task.directory, task.limits, _may_fork(task))
            if limit and pid not in self._limits:
                self._limits[pid] = limit
                self._kill(pid)
        self._watched = time.monotonic()

    def _kill(self, pid: int) -> None:
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
        with contextlib.suppress(OSError):  # it may have left its group
            os.kill(pid, signal.SIGKILL)

    def _reap(self, pid: int) -> dict[str, Any]:
        self._kill(pid)
        _, status, usage = os.wait4(pid, 0)
        task = self._tasks.pop(pid)
        if _may_fork(task):  # otherwise there is nobody that it could have left behind
            watch.end_strays(spared=frozenset(self._tasks))
            if 4 in task.plan.levels:
                identity.end_all(task.plan.user)
        return {
            "status": status,
            "limit": self._limits.pop(pid, ""),
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
        }


def _may_fork(task: worker.Task) -> bool:
    return 2 not in task.plan.levels


def _become_worker(task: worker.Task, result: int, output: int, control: socket.socket) -> None:
    code = 1
    try:
        os.setpgid(0, 0)
        control.close()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        worker.run(task, os.fdopen(result, "wb"))
        code = 0
    except BaseException as error:  # a barrier that could not be raised
        os.write(2, f"{type(error).__name__}: {error}\n".encode(errors="replace"))
    finally:
        os._exit(code)


def import_libraries() -> None:
    """Imports what the course's modules import, and runs nothing of it."""
    for library in LIBRARIES:
        with contextlib.suppress(ImportError):  # a submission that needs it will say so
            importlib.import_module(library)


def _fill_registries() -> None:
    """What TensorFlow prepares at its first operation, as far as that starts no thread.

    Each worker would repeat it: the just-in-time compiler's kernels, the order of all kernels, and
    the list of all operations, which is made when one is missed for the first time.
    """
    with contextlib.suppress(ImportError):  # not public: without them workers are only slower
        from tensorflow.python.framework import kernels, op_def_registry
        from tensorflow.python.util import pywrap_xla_ops

        pywrap_xla_ops.get_cpu_kernel_names()
        kernels.get_registered_kernels_for_op("NoOp")
        op_def_registry.get("no operation of this name")


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    outside, root = int(sys.argv[2]), Path(sys.argv[3])
    os.set_inheritable(control.fileno(), False)
    private = str(root / PRIVATE)
    if sys.argv[5:]:
        cover.enter(sys.argv[5:], private)
    # Orphans of a worker become children of this process, which finds and kills them.
    kernel.prctl(kernel.SET_CHILD_SUBREAPER, 1)
    kernel.prctl(kernel.SET_DUMPABLE, 0)
    if sys.argv[4] == "warm":
        gc.disable()  # an import leaves nothing to collect, and a fifth of its time would go there
        worker.warm_up()
        import_libraries()
        _fill_registries()
        checks.load()
        gc.collect()
        gc.freeze()  # a collection in a worker would touch, and so copy, all of these pages
        gc.enable()
    control.send(b'{"ready": true}')
    if not Nursery(control, outside).serve():
        with contextlib.suppress(OSError):
            kernel.unmount(private)
        cleaning.remove(Path(f"/proc/self/fd/{outside}", root.name))


if __name__ == "__main__":
    main()
