"""TensorFlow's notices stay off the terminal, and nothing else does."""

import os
import subprocess
import sys

import pytest
from tiny_runs import ROOT

from assignment.quiet_start import LOG_LEVEL, without_notices

NOTICES = (
    b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    b"I0000 00:00:1795871379.899872   13777 port.cc:153] oneDNN custom operations are on.\n"
    b"W0000 00:00:1795871379.900201   13777 cudart_stub.cc:31] Could not find cuda drivers\n"
)


def test_the_import_says_nothing():
    program = "from assignment.quiet_start import import_tensorflow as f; f(); print('done')"
    environment = {name: value for name, value in os.environ.items() if name != LOG_LEVEL}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("done\n", "")


def test_what_is_no_notice_comes_out_at_the_end(capfd):
    with without_notices():
        os.write(2, NOTICES + b"E0000 00:00:1795871397.3   15724 x.cc:52] broken\nlast words")
        assert capfd.readouterr().err == ""
    assert capfd.readouterr().err == "E0000 00:00:1795871397.3   15724 x.cc:52] broken\nlast words"


def test_a_failing_import_says_why(capfd):
    with pytest.raises(ImportError), without_notices():
        os.write(2, NOTICES + b"no such library\n")
        raise ImportError
    assert capfd.readouterr().err == "no such library\n"
