"""The barriers around a worker, one module for each level; see docs/instructor-security.md.

    L0  cover       the grader's own files, covered
    L1  limits      resource limits of the process, and a watch from outside (watch.py)
    L2  filter      a seccomp filter on system calls, and no capabilities
    L3  landlock    files: the interpreter and the kit to read, a private directory to write
    L4  identity    a user of its own for each worker, where the grader is root
    L5  bubblewrap  a view of the machine in which nothing else exists

`autograder.isolation` says which of them hold here. Nothing in this package needs more than the
standard library, and every module imports on every system.
"""


class IsolationError(ValueError):
    """This machine isolates submissions less than was asked for; the message is one line."""
