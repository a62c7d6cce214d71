"""L4: a user of its own for each worker, where the grader is root; and the loss of capabilities.

A worker of another user can neither signal nor see into the grader, and `kill(-1)` as that user
ends whatever it left behind.
"""

import contextlib
import ctypes
import os
import socket
import struct

from autograder.sandbox import kernel, syscalls

NAME = "own user"
FIRST, COUNT = 61_200, 200  # users that no package and no account has

_READ_AND_SEARCH = 1 << 2  # CAP_DAC_READ_SEARCH
_VERSION_3 = 0x20080522


class Slot:
    """A user that no other grader on this machine uses, until it is closed.

    An abstract socket is the lock: the kernel frees it when the grader dies.
    """

    def __init__(self):
        self._lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        for user in range(FIRST, FIRST + COUNT):
            with contextlib.suppress(OSError):
                self._lock.bind(f"\0autograder-user-{user}")
                self.user = user
                return
        self._lock.close()
        raise OSError(f"all users from {FIRST} to {FIRST + COUNT - 1} are taken")

    def close(self) -> None:
        self._lock.close()


def enter(user: int, search: bool) -> None:
    """Becomes this user, for ever.

    Args:
        search: keep the capability to read files whatever their mode, for an interpreter under a
            private home. Only Landlock then decides what is read, so it must be entered next.
    """
    os.setgroups([])
    os.setresgid(user, user, user)
    if search:
        kernel.prctl(kernel.SET_KEEPCAPS, 1)
    os.setresuid(user, user, user)
    _set_capabilities(_READ_AND_SEARCH if search else 0)


def drop_capabilities() -> None:
    """Gives up what makes root more than the owner of its files, for ever."""
    _set_capabilities(0)
    kernel.prctl(kernel.SET_NO_NEW_PRIVS, 1)


def end_all(user: int) -> None:
    """Kills every process of a user. Called by root, in a process with a single thread."""
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(OSError):
            os.setresuid(user, user, user)
            os.kill(-1, 9)
        os._exit(0)
    os.waitpid(pid, 0)


def _set_capabilities(mask: int) -> None:
    header = ctypes.create_string_buffer(struct.pack("@Ii", _VERSION_3, 0), 8)
    low = (mask, mask, 0)
    data = ctypes.create_string_buffer(struct.pack("@6I", *low, 0, 0, 0), 24)
    kernel.syscall(syscalls.number(syscalls.CAPSET), header, data)
