"""L2: a seccomp filter, set by a process with a single thread on itself, for ever.

What is refused: new processes and programs, signals to others and looks into them, the network,
mounts and namespaces, io_uring, memory that outlives the process, the calls of other architectures.
Threads are allowed: TensorFlow lives in them.
"""

import ctypes
import os
import signal
import struct
from collections.abc import Iterator

from autograder.sandbox import kernel, syscalls

NAME = "system-call filter"

_LOAD, _EQUAL, _GREATER, _ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_REFUSE, _PRETEND, _ABSENT = 0x00050001, 0x00050000, 0x00050026  # errno 1, 0 and 38
# Where things stand in struct seccomp_data; of an argument the low half, as the kernel reads it.
_NUMBER, _ARCHITECTURE = 0, 4
_X32_BIT = 0x40000000

_CLONE_THREAD = 0x00010000
_OWN_SIGNALS = (8, 10, 15)  # fcntl F_SETOWN, F_SETSIG, F_SETOWN_EX: signals to somebody else
_TERMINAL = (0x5412, 0x8901, 0x8902)  # ioctl TIOCSTI, FIOSETOWN, SIOCSPGRP

Instruction = tuple[int, int, int, int]


def enter() -> None:
    """Sets the filter on the calling process.

    Raises:
        OSError: the kernel does not know filters, or the machine is not in the table.
    """
    if kernel.MACHINE not in syscalls.ARCHITECTURES:
        raise OSError(f"no table of system calls for {kernel.MACHINE}")
    signal.signal(signal.SIGSYS, signal.SIG_DFL)
    kernel.prctl(kernel.SET_NO_NEW_PRIVS, 1)
    program = b"".join(struct.pack("<HBBI", *line) for line in _program(os.getpid()))
    content = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(content))
    kernel.prctl(kernel.SET_SECCOMP, 2, ctypes.create_string_buffer(header, len(header)))


def _program(pid: int) -> Iterator[Instruction]:
    architecture, _ = syscalls.ARCHITECTURES[kernel.MACHINE]
    yield (_LOAD, 0, 0, _ARCHITECTURE)
    yield (_EQUAL, 1, 0, architecture)
    yield (_RETURN, 0, 0, _KILL)
    yield (_LOAD, 0, 0, _NUMBER)
    if kernel.MACHINE == "x86_64":
        yield (_GREATER, 0, 1, _X32_BIT - 1)
        yield (_RETURN, 0, 0, _KILL)
    yield (_GREATER, 0, 1, syscalls.LAST_KNOWN)
    yield (_RETURN, 0, 0, _ABSENT)
    for number in syscalls.refused():
        yield from _on(number, [(_RETURN, 0, 0, _REFUSE)])
    for number in syscalls.pretended():
        yield from _on(number, [(_RETURN, 0, 0, _PRETEND)])
    for name, number in syscalls.conditional().items():
        yield from _on(number, list(_condition(name, pid)))
    yield (_RETURN, 0, 0, _ALLOW)


def _on(number: int, then: list[Instruction]) -> Iterator[Instruction]:
    yield (_EQUAL, 0, len(then), number)
    yield from then


def _condition(name: str, pid: int) -> Iterator[Instruction]:
    if name == "clone3":  # its flags lie in memory, out of sight; the C library falls back
        yield (_RETURN, 0, 0, _ABSENT)
    elif name == "clone":
        yield _argument(0)
        yield (_ANY_BIT, 0, 1, _CLONE_THREAD)
        yield (_RETURN, 0, 0, _ALLOW)
        yield (_RETURN, 0, 0, _REFUSE)
    elif name in ("kill", "tgkill", "prlimit64"):
        yield from _only(0, (pid,) if name != "prlimit64" else (0, pid))
    elif name == "prctl":
        yield from _except(0, (kernel.SET_PDEATHSIG,))
    else:
        yield from _except(1, _OWN_SIGNALS if name == "fcntl" else _TERMINAL)


def _only(position: int, values: tuple[int, ...]) -> Iterator[Instruction]:
    yield from _any_of(position, values, _ALLOW)
    yield (_RETURN, 0, 0, _REFUSE)


def _except(position: int, values: tuple[int, ...]) -> Iterator[Instruction]:
    yield from _any_of(position, values, _REFUSE)
    yield (_RETURN, 0, 0, _ALLOW)


def _any_of(position: int, values: tuple[int, ...], action: int) -> Iterator[Instruction]:
    yield _argument(position)
    for value in values:
        yield (_EQUAL, 0, 1, value)
        yield (_RETURN, 0, 0, action)


def _argument(position: int) -> Instruction:
    return (_LOAD, 0, 0, 16 + 8 * position)
