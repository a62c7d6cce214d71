"""What a worker must be able to read: the interpreter, its libraries, some of the system."""

import importlib.util
import os
import site
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

_SYSTEM = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"),
    *("/etc/localtime", "/usr/share/zoneinfo"),
    *("/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu", "/sys/devices/system/node"),
    *("/dev/urandom", "/dev/random", "/dev/zero"),
)
_OF_A_PREFIX = ("bin", "lib", "lib64", "pyvenv.cfg")


def readable(secrets: Iterable[Path]) -> tuple[str, ...]:
    """The existing paths that an interpreter with TensorFlow reads.

    Args:
        secrets: what must stay hidden; a path that holds one of them is left out.
    """
    real = Path(sys.executable).resolve().parent.parent
    prefixes = (Path(sys.prefix), Path(sys.base_prefix), real)
    candidates = [str(prefix / name) for prefix in prefixes for name in _OF_A_PREFIX]
    candidates += [sysconfig.get_path(n) for n in ("stdlib", "platstdlib", "purelib", "platlib")]
    candidates += [*site.getsitepackages(), *_added_by_path_files()]
    candidates += os.environ.get("LD_LIBRARY_PATH", "").split(":")
    candidates += _SYSTEM
    hidden = [secret.resolve() for secret in secrets]
    return tuple(
        path
        for path in dict.fromkeys(candidates)
        if os.path.isabs(path)
        and os.path.exists(path)
        and not any(secret.is_relative_to(Path(path).resolve()) for secret in hidden)
    )


def interpreter() -> list[str]:
    """The command that starts this interpreter so that only its own libraries count.

    -I: neither the environment, nor the user's site directory, nor the working directory adds
    modules. -B: nothing is written beside the sources.
    """
    numpy = importlib.util.find_spec("numpy")
    in_user_site = bool(numpy and numpy.origin) and Path(numpy.origin).is_relative_to(
        site.getusersitepackages()
    )
    return [sys.executable, *(["-E", "-P"] if in_user_site else ["-I"]), "-B"]


def _added_by_path_files() -> list[str]:
    return [p for p in sys.path if Path(p).name in ("site-packages", "dist-packages")]
