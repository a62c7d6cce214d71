"""L1: resource limits, set by the worker on itself before it meets the submission."""

import contextlib
import resource
import sys
from dataclasses import dataclass

NAME = "resource limits"
MIB = 2**20
# macOS refuses some limits; on Linux a refusal is an error, because there grading is official.
_UNSUPPORTED = () if sys.platform == "linux" else (ValueError, OSError)


@dataclass(frozen=True)
class Limits:
    """Bounds of one worker.

    Args:
        seconds: wall time, kept from outside; the CPU time is bounded by a multiple of it.
        data_mib: private memory (RLIMIT_DATA), above which allocation fails cleanly; with shared
            memory, above which the watch ends the worker. The warm interpreter with TensorFlow
            holds 300 MiB of it.
        file_mib: the largest file that may be written.
        disk_mib: all files together.
        files: how many files and directories.
        open_files: how many descriptors may be open.
        processes: how many processes a worker may start, where it can start any.
        threads: how many threads it may have.
    """

    seconds: float = 20.0
    data_mib: int = 2048
    file_mib: int = 128
    disk_mib: int = 512
    files: int = 4096
    open_files: int = 512
    processes: int = 8
    threads: int = 1024


def enter(limits: Limits, own_user: bool = False) -> None:
    """Applies the resource limits to the calling process; they cannot be raised again.

    Args:
        own_user: nobody else runs as this user, so that its processes can be counted.
    """
    # Two threads may burn two seconds of CPU per second; XLA's compiler uses more.
    cpu_seconds = int(limits.seconds * 4) + 5
    bounds = {
        resource.RLIMIT_DATA: limits.data_mib * MIB,
        resource.RLIMIT_FSIZE: limits.file_mib * MIB,
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CORE: 0,
    }
    if own_user:
        bounds[resource.RLIMIT_NPROC] = limits.threads
    for kind, bound in bounds.items():
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            bound = min(bound, hard)
        # The signal of the soft CPU limit tells a time limit from other deaths.
        hard = bound + 2 if kind == resource.RLIMIT_CPU else bound
        with contextlib.suppress(*_UNSUPPORTED):
            resource.setrlimit(kind, (bound, hard))
