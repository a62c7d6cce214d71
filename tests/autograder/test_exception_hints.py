"""Hints for exceptions, on what the installed libraries raise today."""

import importlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from autograder.exception_hints import hint_for_exception

MASK = tf.constant([True, False])
SYMBOLIC = tf.TensorSpec([3])


def assign_to_an_entry():
    tf.ones(3)[0] = 1.0


def compiled(function):
    return tf.function(function, autograph=False).get_concrete_function(SYMBOLIC)


def gradient_of(loss):
    weight = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        value = loss(weight)
    return tape.gradient(value, weight)


def take_two_of_three():
    output, weights = np.ones((3, 2))
    return output, weights


def call_itself():
    call_itself()


def none_in_one_branch(x):
    scaled = None
    if x > 0:
        scaled = 2 * x
    return scaled


def variable_of_one_branch(x):
    if x > 0:
        scaled = 2 * x
    return scaled


def another_dtype(x):
    scaled = 1
    if x > 0:
        scaled = 2 * x
    return scaled


@pytest.mark.parametrize(
    "mistake, hint",
    [
        (lambda: None + 1, "return statement"),
        (lambda: tf.reduce_sum(None), "return statement"),
        (lambda: gradient_of(lambda weight: None), "return statement"),
        (lambda: gradient_of(float), "keep the tensor"),
        (take_two_of_three, "the docstring says how many"),
        (lambda: importlib.import_module("assignment.my_helpers"), "belongs into one of them"),
        (lambda: importlib.import_module("my_helpers"), "packages of requirements.txt"),
        (call_itself, "without end"),
        (lambda: tf.ones((2, 3)) + tf.ones((4, 3)), "Print the shapes"),
        (lambda: tf.matmul(tf.ones((2, 3)), tf.ones((2, 3))), "Print the shapes"),
        (lambda: np.ones((2, 3)) + np.ones((4, 3)), "Print the shapes"),
        (lambda: tf.where(tf.ones((2, 3)) > 0, tf.ones((4, 3)), 0.0), "Print the shapes"),
        (lambda: tf.concat([tf.ones((2, 3)), tf.ones((3, 2))], 0), "Print the shapes"),
        (lambda: compiled(lambda x: x + tf.ones(4)), "Print the shapes"),
        (lambda: tf.ones(2) + tf.ones(2, tf.int32), "tf.cast"),
        (lambda: tf.reduce_mean(MASK), "~mask is the opposite mask"),
        (lambda: 1 - MASK, "~mask is the opposite mask"),
        (lambda: compiled(lambda x: 1 - (x > 0)), "~mask is the opposite mask"),
        (lambda: tf.sqrt(4), "takes real numbers"),
        (lambda: tf.nn.softmax(tf.ones(2, tf.int32)), "takes real numbers"),
        (
            lambda: keras.optimizers.SGD().apply_gradients([(keras.Variable(1.0), tf.ones([]))]),
            "pairs (gradient, variable)",
        ),
        (lambda: tf.reshape(tf.ones(6), [4]), "number of entries"),
        (lambda: compiled(lambda x: x * int(tf.shape(x)[0])), "tf.cast and tf.range"),
        (lambda: compiled(lambda x: x * float(tf.reduce_sum(x))), "tf.cast and tf.range"),
        (lambda: compiled(lambda x: [x for _ in range(tf.size(x))]), "tf.cast and tf.range"),
        (
            lambda: tf.random.stateless_uniform([3], [0, 1], 5, 5, tf.int32),
            "upper one is excluded",
        ),
        (
            lambda: keras.optimizers.SGD().apply_gradients([(None, tf.Variable(1.0))]),
            "inside `with tf.GradientTape()`",
        ),
        (assign_to_an_entry, "cannot be written into"),
        (lambda: compiled(lambda x: x.numpy()), "instead of NumPy's"),
        (lambda: compiled(lambda x: np.sum(x)), "instead of NumPy's"),
        (lambda: compiled(lambda x: 1 if x[0] > 0 else 2), "in place of `if`"),
        (lambda: compiled(lambda x: [entry for entry in x]), "in place of `for`"),
        (lambda: tf.function(none_in_one_branch)(tf.constant(1.0)), "both branches"),
        (lambda: tf.function(variable_of_one_branch)(tf.constant(1.0)), "both branches"),
        (lambda: tf.function(another_dtype)(tf.constant(1.0)), "both branches"),
        (lambda: tf.ones(2).view(1), "PyTorch's or NumPy's"),
    ],
)
def test_the_exception_gets_its_hint(mistake, hint):
    with pytest.raises(Exception) as raised:
        mistake()
    assert hint in hint_for_exception(raised.type.__name__, str(raised.value))


@pytest.mark.parametrize("message", ["", "my own words", "the loss does not fall"])
def test_other_exceptions_get_none(message):
    assert hint_for_exception("ValueError", message) == ""
