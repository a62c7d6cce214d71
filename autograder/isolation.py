"""What a worker may use. Entered by the worker itself, just before it meets the submission.

Layers, from the inside out; a report names those that were active:

    L0  separate processes, two phases, a fresh package, an allow-listed environment
    L1  resource limits (below)
"""

import contextlib
import sys
from dataclasses import dataclass

_MIB = 2**20
# macOS refuses some limits; on Linux a refusal is an error, because there grading is official.
_UNSUPPORTED = () if sys.platform == "linux" else (ValueError, OSError)


@dataclass(frozen=True)
class Limits:
    """Bounds of one worker.

    Args:
        seconds: wall time, kept from outside; the CPU time is bounded by a multiple of it.
        data_mib: private memory (RLIMIT_DATA), above which allocation fails cleanly. The warm
            interpreter with TensorFlow holds 300 MiB of it.
        file_mib: the largest file that may be written.
        open_files: how many descriptors may be open.
    """

    seconds: float = 20.0
    data_mib: int = 2048
    file_mib: int = 128
    open_files: int = 512


def enter(limits: Limits) -> None:
    """Applies the resource limits to the calling process; they cannot be raised again."""
    if sys.platform == "win32":
        return
    import resource

    # Two threads may burn two seconds of CPU per second; XLA's compiler uses more.
    cpu_seconds = int(limits.seconds * 4) + 5
    bounds = {
        resource.RLIMIT_DATA: limits.data_mib * _MIB,
        resource.RLIMIT_FSIZE: limits.file_mib * _MIB,
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CORE: 0,
    }
    for kind, bound in bounds.items():
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            bound = min(bound, hard)
        # The signal of the soft CPU limit tells a time limit from other deaths.
        hard = bound + 2 if kind == resource.RLIMIT_CPU else bound
        with contextlib.suppress(*_UNSUPPORTED):
            resource.setrlimit(kind, (bound, hard))


def describe() -> str:
    """The layers that are active, for the report."""
    return "L0 processes" if sys.platform == "win32" else "L0 processes, L1 resource limits"
