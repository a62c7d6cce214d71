"""Ctrl-C and SIGTERM are taken by a thread of their own, never by one that multiplies matrices.

The kernel writes a signal's frame onto the stack of the thread that takes it. oneDNN, which
multiplies matrices for TensorFlow on x86, makes a buffer on the heap its stack for the length of a
product. A signal that comes to such a thread overwrites what lies below that buffer, and the
process ends with "corrupted size vs. prev_size" instead of saving. oneDNN mended it in its pull
request 4855; TensorFlow 2.21 is older.
"""

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator

STOPPING = (signal.SIGINT, signal.SIGTERM)
# Elsewhere a signal may come to the idle thread even while the main one waits for it.
CAN_DIVERT = sys.platform == "linux"


def divert_signals() -> None:
    """Have SIGINT and SIGTERM taken by an idle thread; call it before TensorFlow is imported.

    Threads inherit what is blocked from the one that starts them, so TensorFlow's block them too.
    Python's handlers still run in the main thread, between two of its instructions.
    """
    if not CAN_DIVERT:
        return
    ready = threading.Event()

    def take_signals() -> None:
        # Blocked already, if the process that started this one has diverted its signals.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
        ready.set()
        threading.Event().wait()

    threading.Thread(target=take_signals, name="signals", daemon=True).start()
    ready.wait()
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let the main thread take signals while it waits for the world outside.

    A call that waits in the kernel, for a line or for a lock, ends early only if the signal comes
    to the thread that made it.
    """
    if not CAN_DIVERT:
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
