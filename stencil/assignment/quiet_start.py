"""TensorFlow's import, without the notices of its C++ code."""

import contextlib
import importlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator

LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
# A line of its log, of level I or W, and the line that comes before the first of them.
NOTICE = re.compile(
    rb"[IW]\d{4} [\d:.]+ +\d+ \w+\.cc:\d+\]|WARNING: All log messages before absl::InitializeLog"
)


def import_tensorflow() -> None:
    """Import TensorFlow, and say nothing of the processor and the GPU libraries that it finds.

    It reads its log level only after it has said that, so what the import writes to stderr is held
    back, and passed on without those lines. A level set by the user counts: with
    TF_CPP_MIN_LOG_LEVEL=0 everything is shown.
    """
    if os.environ.setdefault(LOG_LEVEL, "3") < "2":
        return
    with without_notices():
        importlib.import_module("tensorflow")


@contextlib.contextmanager
def without_notices() -> Iterator[None]:
    """Hold back what C++ and Python write to stderr, and pass on all but notices at the end."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as written, contextlib.ExitStack() as undo:
        stderr = os.dup(2)
        undo.callback(os.close, stderr)
        undo.callback(os.dup2, stderr, 2)
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            written.seek(0)
            for line in written:
                if not NOTICE.match(line):
                    os.write(stderr, line)
