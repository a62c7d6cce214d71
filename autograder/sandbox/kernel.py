"""System calls that Python does not offer, through the C library."""

import ctypes
import os
import platform

MACHINE = platform.machine()

# prctl
SET_PDEATHSIG, SET_DUMPABLE, SET_KEEPCAPS, SET_SECCOMP = 1, 4, 8, 22
SET_CHILD_SUBREAPER, SET_NO_NEW_PRIVS = 36, 38
_DETACH = 2  # umount2

_LIBC = ctypes.CDLL(None, use_errno=True)


def syscall(number: int, *arguments: object) -> int:
    """Makes a system call; raises OSError when it fails."""
    # The C function takes longs; a Python integer alone would be passed as a 32-bit int.
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _checked(_LIBC.syscall(ctypes.c_long(number), *wide))


def prctl(option: int, *arguments: object) -> int:
    """Calls prctl; raises OSError when it fails."""
    values = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
    values += [ctypes.c_ulong(0)] * (4 - len(values))
    return _checked(_LIBC.prctl(ctypes.c_int(option), *values))


def unshare(flags: int) -> int:
    """Gives the calling process name spaces of its own; raises OSError when it fails."""
    return _checked(_LIBC.unshare(ctypes.c_int(flags)))


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> int:
    """Mounts a file system; raises OSError when it fails."""
    texts = [text and os.fsencode(text) for text in (source, target, kind)]
    return _checked(_LIBC.mount(*texts, ctypes.c_ulong(flags), os.fsencode(data) or None))


def unmount(target: str) -> int:
    """Takes a mount away, though it may still be in use; raises OSError when it fails."""
    return _checked(_LIBC.umount2(os.fsencode(target), ctypes.c_int(_DETACH)))


def _checked(result: int) -> int:
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
