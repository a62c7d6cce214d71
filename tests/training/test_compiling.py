"""A step is compiled by XLA where that is good, and runs as a graph where it is not."""

import warnings

import numpy as np
import pytest
import tensorflow as tf

from assignment.config import RecurrentConfig
from assignment.models.recurrent_lm import RecurrentLM
from assignment.training.compiling import MOST_RECURRENT_OPERATIONS, compile_for

X = np.linspace(0.5, 1.5, 4, dtype="float32")


@pytest.fixture(scope="module")
def recurrent():
    return RecurrentLM(RecurrentConfig(9, 4, units=4, num_layers=1, max_sequence_length=8))


def unrolled(x):
    for _ in range(MOST_RECURRENT_OPERATIONS + 1):
        x = 0.5 * x + 0.25
    return x


def gradient_of_an_unbounded_loop(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        _, y = tf.while_loop(lambda i, _: i < 3, lambda i, y: (i + 1, y * x), (0, x))
    return tape.gradient(y, x)


def test_what_xla_can_have_is_compiled_without_a_word(recurrent):
    traces = []

    def function(x):
        traces.append(x)
        return 2 * x

    step = compile_for(recurrent, function)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(step(X), 2 * X)
        step(X)
    assert len(traces) == 1  # traced once, though it was looked at


def test_an_unrolled_recurrence_runs_as_a_graph_and_says_so_once(recurrent):
    step = compile_for(recurrent, unrolled)
    with pytest.warns(UserWarning, match=r"operations, which would take minutes.*tf\.scan"):
        np.testing.assert_allclose(step(X), np.full(4, 0.5), rtol=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        step(X)


def test_what_xla_refuses_runs_as_a_graph(recurrent):
    step = compile_for(recurrent, gradient_of_an_unbounded_loop)
    with pytest.warns(UserWarning, match="XLA, which refused it.*maximum_iterations"):
        np.testing.assert_allclose(step(tf.constant(X)), 4 * X**3, rtol=1e-5)


def test_an_error_of_the_step_itself_is_raised(recurrent):
    step = compile_for(recurrent, lambda x: tf.raw_ops.Reshape(tensor=x, shape=[3]))
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError)), warnings.catch_warnings():
        warnings.simplefilter("error")
        step(X)
