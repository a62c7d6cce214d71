"""Compiling what is run for every batch: by XLA, or where that is no good as a graph."""

import re
import warnings
from collections.abc import Callable

import tensorflow as tf

from assignment.models.recurrent_lm import RecurrentLM

# A recurrence over 96 steps that is unrolled makes a training step of 4,300 operations: XLA needs
# five minutes for it, and as a graph it is ready in ten seconds. The loop of a tf.scan makes 600,
# or 900 with attention. A transformer's are thousands too, but no such chain, and take seconds.
MOST_RECURRENT_OPERATIONS = 1500
_XLA_REFUSES = re.compile("XLA compilation requires|unsupported operations when trying to compile")


def compile_for(model, function: Callable) -> Callable:
    """A function of tensors, compiled by XLA.

    What runs a recurrent model becomes a graph instead, which is somewhat slower, after a warning:
    where it was unrolled, and where XLA refuses it, as it does a `tf.while_loop` without
    `maximum_iterations` that is differentiated.

    Args:
        model: What the function runs.
        function: It; what it changes is changed by tensors' operations only.
    """
    compiled = tf.function(function, jit_compile=True)
    if not isinstance(model, RecurrentLM):
        return compiled
    chosen = None

    def as_graph(why: str) -> Callable:
        warnings.warn(why, stacklevel=3)
        return tf.function(function)

    def run(*arguments):
        nonlocal chosen
        if chosen is None:
            chosen = compiled
            graph = compiled.get_concrete_function(*arguments).graph
            size = len(graph.get_operations())
            if size > MOST_RECURRENT_OPERATIONS:
                chosen = as_graph(
                    f"A step runs as a graph, without XLA: it has {size} operations, which would "
                    "take minutes to compile. A loop over time in Python is unrolled; tf.scan and "
                    "tf.while_loop are not."
                )
        try:
            return chosen(*arguments)
        except tf.errors.OpError as error:
            if chosen is not compiled or not _XLA_REFUSES.search(error.message):
                raise
            chosen = as_graph(
                "A step runs as a graph, without XLA, which refused it. A tf.while_loop needs "
                "maximum_iterations, for one. XLA said: "
                f"{error.message.splitlines()[0][:300]}"
            )
            return chosen(*arguments)

    return run
