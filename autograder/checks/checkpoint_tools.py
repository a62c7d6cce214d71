"""A run with a small model of the checks' own: nothing but the checkpointer is the submission's."""

import copy
import functools

import numpy as np

from autograder.checks.tools import tensor

DIRECTORY = "checkpoints"
WIDTH, CLASSES = 4, 3


class Run:
    """A model with layers in a list and dropout, its optimizer, and the submission's checkpointer.

    Args:
        rng: the check's, of which nothing has been drawn: weights, batches and marks depend on it,
            and are the same for every run of a check, in all of its processes.
        start: scales the first weights: a fresh process must not begin with the right ones.
        options: of the checkpointer.
    """

    def __init__(self, assignment, rng, start=1.0, **options):
        import keras

        self.key = int(copy.deepcopy(rng).integers(1, 1000))
        # The weights are set below: a library's random numbers would only take their time.
        dense = functools.partial(keras.layers.Dense, kernel_initializer="zeros")

        class Model(keras.Model):
            def __init__(self):
                super().__init__()
                self.hidden = [dense(WIDTH, name=f"d{i}", activation="tanh") for i in range(2)]
                self.dropout = keras.layers.Dropout(0.4, seed=17)
                self.head = dense(CLASSES, name="head")

            def build(self, shape):
                # Keras would trace `call` to find the shapes, which takes a tenth of a second.
                for layer in (*self.hidden, self.head):
                    layer.build((None, WIDTH))

            def call(self, inputs, training=False):
                for layer in self.hidden:
                    inputs = self.dropout(layer(inputs), training=training)
                return self.head(inputs)

        self.model = Model()
        self.model.build((None, WIDTH))
        for number, variable in enumerate(self.model.trainable_variables):
            values = np.cos(np.arange(variable.value.shape.num_elements()) + number + self.key)
            variable.assign(start * values.reshape(variable.shape))
        self.optimizer = keras.optimizers.Adam(0.05)
        self.optimizer.build(self.model.trainable_variables)
        self.checkpointer = assignment.training.checkpoints.Checkpointer(
            self.model, self.optimizer, DIRECTORY, **options
        )

    def train(self, first, last):
        """Steps first … last, each on its own batch; their losses."""
        import tensorflow as tf

        losses = []
        for step in range(first, last + 1):
            rng = np.random.default_rng([self.key, step])
            inputs = tensor(rng.standard_normal((6, WIDTH)).astype(np.float32))
            targets = tensor(rng.integers(0, CLASSES, 6))
            with tf.GradientTape() as tape:
                logits = self.model(inputs, training=True)
                loss = tf.reduce_mean(
                    tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)
                )
            variables = self.model.trainable_variables
            self.optimizer.apply_gradients(
                zip(tape.gradient(loss, variables), variables, strict=True)
            )
            losses.append(loss.numpy())
        return np.array(losses)

    def mark(self, value):
        """Sets every trainable weight to a number, to tell checkpoints apart without training."""
        for variable in self.model.trainable_variables:
            variable.assign(np.full(variable.shape, self.key + value, np.float32))

    def save_marked(self, step, metric=None):
        """Saves weights that tell the number of the step."""
        self.mark(float(step))
        self.checkpointer.save(step, metric)

    def marks(self):
        """The number in each trainable weight; -1 where a weight holds several."""
        weights = [np.array(variable) for variable in self.model.trainable_variables]
        return np.array([w.flat[0] if np.ptp(w) == 0 else -1.0 for w in weights], np.float32)

    def state(self):
        """Weights and the optimizer's slots, each as one vector, and its count of updates."""

        def vector(variables):
            return np.concatenate([np.array(v, np.float32).ravel() for v in variables])

        slots = [v for v in self.optimizer.variables if len(v.shape) > 0]
        return {
            "weights": vector(self.model.trainable_variables),
            "slots": vector(slots),
            "updates": np.array(self.optimizer.iterations, np.int64),
        }
