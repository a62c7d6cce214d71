"""Who takes the signals of a process in which TensorFlow multiplies matrices."""

import contextlib
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from tiny_runs import ENVIRONMENT, takers

from assignment.signals import CAN_DIVERT

pytestmark = pytest.mark.skipif(not CAN_DIVERT, reason="signals are diverted on Linux only")
SIGNALS = 40

# A dense layer's gradient, compiled, on one thread, which is then the main one. In TensorFlow 2.21
# on x86 a single signal crashes it, if that thread takes it.
MULTIPLIES = """
import signal, sys
from assignment import command_line, signals
command_line.keep_freed_memory()
signals.divert_signals()
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(1)
received = []
def receive(number, frame):
    received.append(number)
    print(number, flush=True)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, receive)
multiply = tf.function(lambda a, b: tf.matmul(a, b, transpose_a=True), jit_compile=True)
a, b = tf.ones((4096, 224)), tf.ones((4096, 896))
multiply(a, b)
print("ready", flush=True)
while len(received) < int(sys.argv[1]):
    multiply(a, b)
"""
WAITS = """
import os
from assignment.signals import divert_signals, interruptible
divert_signals()
reader, _ = os.pipe()
try:
    with interruptible():
        print("ready", flush=True)
        os.read(reader, 1)
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


@contextlib.contextmanager
def running(code: str, *arguments) -> Iterator[subprocess.Popen]:
    """A process that runs the code and has said that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
        # Who starts the tests in the background has Ctrl-C ignored, which processes inherit.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
        assert process.wait(60) == 0
    finally:
        process.kill()


def test_no_thread_that_multiplies_takes_a_signal_and_every_signal_is_handled():
    generator = random.Random(0)
    with running(MULTIPLIES, SIGNALS) as process:
        (taker,) = takers(process)
        assert taker != process.pid
        for sent in range(SIGNALS):
            time.sleep(generator.uniform(0, 0.02))
            number = (signal.SIGINT, signal.SIGTERM)[sent % 2]
            process.send_signal(number)
            assert process.stdout.readline() == f"{number}\n"


def test_a_wait_for_the_world_outside_ends_with_the_signal():
    with running(WAITS) as process:
        time.sleep(0.2)  # by then it waits
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "stopped\n"
