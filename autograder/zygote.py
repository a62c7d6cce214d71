"""The warm interpreter: imports TensorFlow once, and forks a worker for each task.

Started as `python -I zygote.py CONTROL_FD`. It executes no TensorFlow operation, because the
runtime's threads would not survive a fork, and it knows no expected value. Requests arrive as JSON
datagrams on the control socket:

    {"op": "fork", "task": …} with two descriptors (result, output)  ->  {"pid": …}
    {"op": "reap", "pid": …}   kills the process group, and waits      ->  {"status": …, …}

A worker stays a zombie until it is reaped, so its process number cannot be another's.
"""

import contextlib
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from autograder import checks, shortcuts, worker

MAX_REQUEST = 65536


def serve(control: socket.socket) -> None:
    """Answers requests until the judge closes its end."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, MAX_REQUEST, 2)
        if not message:
            return
        request = json.loads(message)
        if request["op"] == "fork":
            reply = _fork(request["task"], descriptors, control)
        else:
            reply = _reap(request["pid"])
        control.send(json.dumps(reply).encode())


def _fork(task: dict[str, Any], descriptors: list[int], control: socket.socket) -> dict[str, Any]:
    threads = len(os.listdir("/proc/self/task"))
    if threads != 1:
        return {"error": f"{threads} threads run in the warm interpreter, so it cannot fork"}
    pid = os.fork()
    if pid == 0:
        _become_worker(task, *descriptors, control)
    for descriptor in descriptors:
        os.close(descriptor)
    with contextlib.suppress(OSError):  # the child does the same: whoever comes first
        os.setpgid(pid, pid)
    return {"pid": pid}


def _become_worker(task: dict[str, Any], result: int, output: int, control: socket.socket) -> None:
    code = 1
    try:
        os.setpgid(0, 0)
        control.close()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        worker.run(worker.Task.from_json(task), os.fdopen(result, "wb"))
        code = 0
    finally:
        os._exit(code)


def _reap(pid: int) -> dict[str, Any]:
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)  # it may have left its group
    _, status, usage = os.wait4(pid, 0)
    return {"status": status, "cpu_seconds": usage.ru_utime + usage.ru_stime}


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(control.fileno(), False)
    import keras
    import tensorflow  # noqa: F401

    # Keras would rewrite a student's message; and a blank is known by its message.
    keras.config.disable_traceback_filtering()
    checks.load()
    shortcuts.index()
    control.send(b'{"ready": true}')
    serve(control)


if __name__ == "__main__":
    main()
