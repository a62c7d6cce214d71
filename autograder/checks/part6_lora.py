"""Checks of Part 6: low-rank adapters.

The matrices are told apart by their shapes, so their names are free.
"""

import numpy as np

from autograder.checks import check
from autograder.checks.tools import normal, tensor


def _dense(rng, inputs, units, **options):
    """A Dense layer with weights from arrays."""
    import keras

    dense = keras.layers.Dense(units, **options)
    dense.build((None, inputs))
    dense.set_weights([normal(rng, *weight.shape) for weight in dense.weights])
    return dense


def _lora(assignment, dense, inputs, rank, alpha):
    adapted = assignment.layers.lora.LoRADense(dense, rank, alpha)
    adapted(tensor(np.zeros((1, inputs), np.float32)))  # builds it
    return adapted


def _matrices(layer, inputs, rank):
    """A and B: the trainable matrices (D_in, r) and (r, D_out)."""
    trainable = layer.trainable_variables
    a = [v for v in trainable if tuple(v.shape) == (inputs, rank)]
    b = [v for v in trainable if v.shape[0] == rank]
    if len(trainable) != 2 or len(a) != 1 or len(b) != 1:
        shapes = ", ".join(str(tuple(v.shape)) for v in trainable)
        raise AssertionError(
            f"the trainable weights should be A {(inputs, rank)} and B ({rank}, units), and no "
            f"other. Received shapes: {shapes or 'none'}"
        )
    return a[0], b[0]


def _small_model(rng):
    """Embedding, two sub-layers with two Dense layers each, a norm: every width is another one."""
    import keras

    class Pair(keras.layers.Layer):
        def __init__(self, first, second):
            super().__init__()
            self.first, self.second = first, second
            self.built = True

        def call(self, inputs):
            return self.second(self.first(inputs))

    class Small(keras.Model):
        def __init__(self):
            super().__init__()
            self.embedding = keras.layers.Embedding(11, 4)
            self.lower = Pair(_dense(rng, 4, 6, activation="tanh"), _dense(rng, 6, 5))
            self.norm = keras.layers.LayerNormalization()
            self.upper = Pair(_dense(rng, 5, 7, use_bias=False), _dense(rng, 7, 3))

        def call(self, ids):
            return self.upper(self.norm(self.lower(self.embedding(ids))))

    model = Small()
    model(np.zeros((1, 2), np.int32))
    model.embedding.set_weights([normal(rng, 11, 4)])
    return model


def _set_update(rng, model):
    """Gives every trainable matrix of an adapted model new numbers, in an order by shape."""
    for variable in sorted(model.trainable_variables, key=lambda v: tuple(v.shape)):
        variable.assign(normal(rng, *variable.shape, scale=0.5))


@check("sft.lora")
def starts_as_the_base(assignment, rng):
    """Before training the adapted layer gives what the base gives; A is not zero, B is."""
    inputs = normal(rng, 2, 3, 5)
    arrays = {}
    for name, options in (
        ("with a bias", {}),
        ("without a bias", {"use_bias": False}),
        ("with an activation", {"activation": "tanh"}),
    ):
        layer = _lora(assignment, _dense(rng, 5, 7, **options), 5, rank=2, alpha=6.0)
        a, b = _matrices(layer, 5, 2)
        arrays[f"output {name}"] = layer(tensor(inputs))
        started = [np.asarray(a).std() > 1e-3, not np.asarray(b).any()]
        arrays[f"A random and B zero, {name}"] = np.array(started)
    return arrays


@check("sft.lora")
def adapted_output(assignment, rng):
    """With A and B given: x (W + (alpha/rank) A B) + b, for two ranks."""
    inputs = normal(rng, 2, 3, 6)
    arrays = {}
    for rank, alpha in ((2, 3.0), (4, 3.0)):
        layer = _lora(assignment, _dense(rng, 6, 5, activation="tanh"), 6, rank, alpha)
        a, b = _matrices(layer, 6, rank)
        a.assign(normal(rng, 6, rank, scale=0.4))
        b.assign(normal(rng, rank, 5, scale=0.4))
        arrays[f"output at rank {rank}"] = layer(tensor(inputs))
        layer.merged_kernel()  # which changes nothing
        arrays[f"merged kernel at rank {rank}"] = layer.merged_kernel()
    return arrays


@check("sft.lora")
def trained_weights(assignment, rng):
    """A and B are trained, the base's kernel and bias are frozen; their gradients."""
    import tensorflow as tf

    inputs, direction = normal(rng, 3, 6), normal(rng, 3, 5)
    dense = _dense(rng, 6, 5)
    layer = _lora(assignment, dense, 6, rank=2, alpha=5.0)
    a, b = _matrices(layer, 6, 2)
    a.assign(normal(rng, 6, 2))

    def gradients():
        x = tensor(inputs)
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(direction * layer(x))
        return tape.gradient(loss, [a.value, b.value, x], unconnected_gradients="zero")

    _, at_start, _ = gradients()
    b.assign(normal(rng, 2, 5))
    of_a, of_b, of_inputs = gradients()
    frozen = [not any(v is w for v in layer.trainable_variables) for w in dense.weights]
    return {
        "gradient of B at the start": at_start,
        "gradient of A": of_a,
        "gradient of B": of_b,
        "gradient of the inputs": of_inputs,
        "kernel and bias are frozen": np.array(frozen),
    }


@check("sft.lora")
def adapted_model(assignment, rng):
    """A model: the same at first, trained through A and B alone, then changed by them."""
    ids = rng.integers(0, 11, (2, 5)).astype(np.int32)
    model = _small_model(rng)
    assignment.layers.lora.apply_lora(model, 2, 3.0)
    shapes = sorted(tuple(v.shape) for v in model.trainable_variables)
    start = np.asarray(model(ids))
    _set_update(rng, model)
    return {
        "output at the start": start,
        "trainable shapes": np.array(shapes),
        "output with an update": model(ids),
    }


@check("sft.lora")
def merged_model(assignment, rng):
    """Merged, the model computes the same from plain layers; merged once more, it still does."""
    ids = rng.integers(0, 11, (2, 5)).astype(np.int32)
    model = _small_model(rng)
    lora = assignment.layers.lora
    lora.apply_lora(model, 2, 3.0)
    _set_update(rng, model)
    adapted = np.asarray(model(ids))
    lora.merge_lora(model)
    once = np.asarray(model(ids))
    lora.merge_lora(model)
    return {
        "adapted": adapted,
        "merged": once,
        "merged twice": model(ids),
        "sizes of the weights": np.sort([np.prod(weight.shape) for weight in model.weights]),
    }
