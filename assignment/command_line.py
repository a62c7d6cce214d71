"""What every command has in common: flags from a dataclass, errors in one line, exit codes.

This module must not import TensorFlow: `--help` answers before that import.
"""

import contextlib
import ctypes
import re
import shlex
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import tyro

from assignment.signals import divert_signals

Config = TypeVar("Config")

BAD_INPUT = 2
# Where TensorFlow has reworded it, it is indented or stands behind the name of the exception.
BLANK = re.compile(r"^ *(?:.*NotImplementedError: )?([a-z_]+\.[a-z_0-9]+): (.+)", re.MULTILINE)
BOLD = re.compile(r"\x1b\[\d*m")  # around what a layer has raised, as Keras passes it on
PACKAGE = Path(__file__).resolve().parent


def run(main: Callable[[Config], None], config_class: type[Config]) -> None:
    """Parse the command line into a `config_class` and call `main` with it.

    Exit codes: 0 done; 1 a bug, after its traceback; 2 bad input, after one line on stderr that
    says what is wrong; 3 a blank of the course was reached; 128 + n stopped by signal n, with the
    state saved.
    """
    keep_freed_memory()
    divert_signals()
    warnings.formatwarning = _format_warning
    config = tyro.cli(config_class, prog=_program(), description=sys.modules["__main__"].__doc__)
    try:
        main(config)
    except NotImplementedError as error:
        if (blank := blank_behind(error)) is None:
            raise
        sys.exit(_describe_blank(*blank))
    except (ValueError, RuntimeError) as error:
        if not is_about_input(error):
            raise
        fail(str(error))
    except OSError as error:
        fail(f"{error.strerror or error}: {error.filename}" if error.filename else str(error))
    except KeyboardInterrupt:
        sys.exit(130)


def keep_freed_memory() -> None:
    """Make the allocator keep large blocks that are freed instead of giving them back.

    A training step allocates and frees the same tens of megabytes each time. By default glibc maps
    such blocks anew, and the page faults take up to half of the step.
    Other C libraries have no such switch, and are left as they are.
    """
    m_trim_threshold, m_top_pad, m_mmap_max = -1, -2, -4  # from glibc's malloc.h
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(m_mmap_max, 0)
        libc.mallopt(m_trim_threshold, 2**31 - 1)
        libc.mallopt(m_top_pad, 256 << 20)


def fail(message: str) -> None:
    """Exit with code 2 and a line that says what is wrong."""
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(BAD_INPUT)


def blank_behind(error: NotImplementedError) -> tuple[str, str] | None:
    """The exercise and the task of the blank that raised the error, if one did."""
    blank = BLANK.search(BOLD.sub("", str(error)))
    return (blank[1], blank[2]) if blank else None


def is_about_input(error: Exception) -> bool:
    """Whether an error says what is wrong with the user's input, rather than with the code.

    It does if a `raise` statement of this package made it. One that comes out of a library, such
    as a shape that does not fit, is a bug and keeps its traceback.
    """
    origin = traceback.extract_tb(error.__traceback__)[-1]
    in_package = Path(origin.filename).resolve().is_relative_to(PACKAGE)
    return in_package and (origin.line or "").startswith("raise ")


def this_command() -> str:
    """The command line with which this program goes on: the same, without --no-resume."""
    arguments = [a for a in sys.argv[1:] if a.replace("_", "-") != "--no-resume"]
    return shlex.join([*_program().split(), *arguments])


def _program() -> str:
    """How this program was called, without its arguments."""
    module = sys.modules["__main__"].__spec__
    return f"python -m {module.name}" if module else sys.argv[0]


def _format_warning(message, category, filename, lineno, line=None) -> str:
    """One line, as for errors: where in the code a warning comes from is not for the user."""
    return f"warning: {' '.join(str(message).split())}\n"


def _describe_blank(exercise: str, task: str) -> int:
    """Say which exercise is missing, and how to go on."""
    print(
        f"The exercise {exercise} is still blank: {task}\n"
        f"See where it stands with: python -m autograder --exercise {exercise}",
        file=sys.stderr,
    )
    return 3
