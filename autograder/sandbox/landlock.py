"""L3: Landlock, by its three system calls: a worker reads what it needs, and writes its own files.

Beyond files it closes TCP (from ABI 4) and signals and abstract sockets to others (from ABI 6).
Memory and environment of processes outside are closed with them, for the superuser too.
"""

import contextlib
import ctypes
import os
import struct
from collections.abc import Iterable

from autograder.sandbox import kernel

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1

_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE = 1 << 4 | 1 << 5
_MAKE_DIRECTORY, _MAKE_FILE = 1 << 7, 1 << 8
_RENAME_ACROSS, _TRUNCATE = 1 << 13, 1 << 14  # ABI 2, ABI 3
_DEVICE_CONTROL = 1 << 15  # ABI 5
_ALL = 0x1FFF | _RENAME_ACROSS | _TRUNCATE | _DEVICE_CONTROL

_READ_ONLY = _READ | _LIST
_FILE_RIGHTS = _EXECUTE | _WRITE | _READ | _TRUNCATE | _DEVICE_CONTROL
# Links, sockets, pipes and devices cannot be made: nothing that is graded needs them.
_PRIVATE = _READ_ONLY | _WRITE | _REMOVE | _MAKE_DIRECTORY | _MAKE_FILE | _RENAME_ACROSS | _TRUNCATE

_SINK = "/dev/null"
# TensorFlow reads them; the process would be ended without the first.
_ABOUT_ITSELF = ("/proc/self/cmdline", "/proc/self/maps", "/proc/self/status", "/proc/self/statm")


def abi() -> int:
    """The version that the kernel offers, 0 for none."""
    with contextlib.suppress(OSError):
        return kernel.syscall(_CREATE, None, 0, _VERSION)
    return 0


def enter(readable: Iterable[str], private: str) -> None:
    """Restricts the calling process, for ever.

    Args:
        readable: files and directories that may be read; those that do not exist are left out.
        private: the directory in which files may be made, changed and removed.

    Raises:
        OSError: the kernel has no Landlock, or it is switched off.
    """
    version = abi()
    if not version:
        raise OSError("this kernel offers no Landlock")
    handled = _known(version)
    network = 0b11 if version >= 4 else 0
    scopes = 0b11 if version >= 6 else 0
    attributes = struct.pack("@QQQ", handled, network, scopes)
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = kernel.syscall(_CREATE, ctypes.create_string_buffer(attributes, 24), size, 0)
    try:
        for path in readable:
            _allow(rules, path, _READ_ONLY & handled)
        _allow(rules, _SINK, (_READ | _WRITE) & handled)
        for path in _ABOUT_ITSELF:
            # Held open, because a rule is on the file in memory, which the kernel may drop.
            os.open(path, os.O_PATH | os.O_CLOEXEC)
            _allow(rules, path, _READ & handled)
        _allow(rules, private, _PRIVATE & handled)
        kernel.prctl(kernel.SET_NO_NEW_PRIVS, 1)
        kernel.syscall(_RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _known(version: int) -> int:
    unknown = {1: _RENAME_ACROSS | _TRUNCATE | _DEVICE_CONTROL, 2: _TRUNCATE | _DEVICE_CONTROL}
    unknown |= {3: _DEVICE_CONTROL, 4: _DEVICE_CONTROL}
    return _ALL & ~unknown.get(version, 0)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            rights &= _FILE_RIGHTS
        rule = struct.pack("=Qi", rights, descriptor)
        kernel.syscall(_ADD, rules, _PATH_BENEATH, ctypes.create_string_buffer(rule, 12), 0)
    finally:
        os.close(descriptor)
