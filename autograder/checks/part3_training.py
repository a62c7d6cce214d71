"""Checks of Part 3: the loss, and one step of training."""

import numpy as np

from autograder.checks import check
from autograder.checks.tools import compiled, gradients, normal, tensor


@check("training.loss")
def every_token(assignment, rng):
    """The mean over all tokens."""
    logits = normal(rng, 3, 5, 7, scale=2.0)
    targets = rng.integers(0, 7, (3, 5)).astype(np.int32)
    loss = assignment.training.losses.next_token_loss(tensor(logits), tensor(targets))
    return {"loss": loss}


@check("training.loss")
def masked_tokens(assignment, rng):
    """Tokens off the mask do not count, in the sum or in the mean."""
    logits = normal(rng, 2, 6, 5, scale=2.0)
    targets = rng.integers(0, 5, (2, 6)).astype(np.int32)
    mask = np.arange(6) < np.array([[6], [2]])  # rows of different lengths
    loss = assignment.training.losses.next_token_loss(tensor(logits), tensor(targets), tensor(mask))
    return {"loss": loss}


@check("training.loss")
def equal_sizes(assignment, rng):
    """B = T = V: a mask or targets with exchanged axes still fit."""
    logits = normal(rng, 4, 4, 4, scale=2.0)
    targets = rng.integers(0, 4, (4, 4)).astype(np.int32)
    mask = np.array([[1, 1, 1, 1], [0, 1, 0, 0], [0, 0, 0, 1], [0, 1, 1, 0]], bool)
    next_token_loss = assignment.training.losses.next_token_loss
    return {
        "loss": next_token_loss(tensor(logits), tensor(targets)),
        "masked loss": next_token_loss(tensor(logits), tensor(targets), tensor(mask)),
    }


@check("training.loss")
def compiled_loss(assignment, rng):
    """Within a tf.function, as the training step is: the mask has no value yet."""
    logits = tensor(normal(rng, 2, 4, 5, scale=2.0))
    targets = tensor(rng.integers(0, 5, (2, 4)).astype(np.int32))
    mask = tensor(np.array([[1, 0, 1, 1], [0, 0, 1, 0]], bool))
    loss = compiled(assignment.training.losses.next_token_loss)
    return {"loss": loss(logits, targets), "masked loss": loss(logits, targets, mask)}


@check("training.loss")
def one_token(assignment, rng):
    """A single token counts: the loss is its own."""
    logits, targets = normal(rng, 2, 3, 4), rng.integers(0, 4, (2, 3)).astype(np.int32)
    mask = np.arange(6).reshape(2, 3) == 4
    loss = assignment.training.losses.next_token_loss
    return {"loss": loss(tensor(logits), tensor(targets), tensor(mask))}


@check("training.loss")
def large_logits(assignment, rng):
    """Logits in the hundreds: the loss is computed from logits, in one stable operation."""
    logits = normal(rng, 2, 3, 4, scale=300.0)
    targets = rng.integers(0, 4, (2, 3)).astype(np.int32)
    loss = assignment.training.losses.next_token_loss(tensor(logits), tensor(targets))
    return {"loss": loss}


@check("training.loss")
def gradient(assignment, rng):
    """The gradient with respect to the logits."""
    logits = normal(rng, 2, 4, 3)
    targets = tensor(rng.integers(0, 3, (2, 4)).astype(np.int32))
    mask = tensor(np.array([[True, True, False, True], [False, True, True, False]]))
    loss = assignment.training.losses.next_token_loss
    (found,) = gradients(lambda value: loss(value, targets, mask), logits)
    return {"gradient": found}


class _Toy:
    """Builds small models whose gradients a plain optimizer lets us read off the weights."""

    def __init__(self, rng, width=4, vocabulary=5, has_unused=True):
        self.kernel = normal(rng, width, vocabulary, scale=0.7)
        self.bias = normal(rng, vocabulary)
        self.unused = normal(rng, 3)
        self.frozen = normal(rng, vocabulary)
        self.width, self.vocabulary = width, vocabulary
        self.has_unused = has_unused

    def model(self):
        import keras
        import tensorflow as tf

        toy = self

        class Model(keras.Model):
            """Linear, with a part that only training sees, a frozen and an unused weight."""

            def __init__(self):
                super().__init__()
                self.kernel = self.add_weight(name="kernel", shape=toy.kernel.shape)
                self.unused = self.add_weight(
                    name="unused", shape=toy.unused.shape, trainable=toy.has_unused
                )
                self.bias = self.add_weight(name="bias", shape=toy.bias.shape)
                self.frozen = self.add_weight(
                    name="frozen", shape=toy.frozen.shape, trainable=False
                )
                for name in ("kernel", "bias", "unused", "frozen"):
                    getattr(self, name).assign(getattr(toy, name))
                self.built = True

            def call(self, inputs, training=False):
                factor = 1.5 if training else 1.0
                return factor * tf.matmul(inputs, self.kernel) + self.bias + self.frozen

        return Model()

    def weights(self, model):
        names = ("kernel", "bias", "unused", "frozen")
        return {name: np.array(getattr(model, name)) for name in names}


def _squared_error(logits, targets, mask=None, weights=1.0):
    """Not the cross-entropy: a submission may call what its checks have loaded."""
    import tensorflow as tf

    one_hot = tf.one_hot(targets, logits.shape[-1])
    losses = weights * tf.reduce_sum(tf.square(logits - one_hot), axis=-1)
    return tf.reduce_mean(losses if mask is None else losses[mask])


def _toy_batch(rng, batch=3, width=4, vocabulary=5):
    inputs = tensor(normal(rng, batch, width, scale=2.0))
    return inputs, tensor(rng.integers(0, vocabulary, batch).astype(np.int32))


def _stepped(assignment, toy, batch, max_norm, steps=1, loss_fn=_squared_error, compiled=False):
    import keras
    import tensorflow as tf

    model = toy.model()
    optimizer = keras.optimizers.SGD(0.5, momentum=0.5)
    optimizer.build(model.trainable_variables)
    train_step = assignment.training.loop.train_step

    def step():
        return train_step(model, optimizer, batch, loss_fn, max_norm)

    step = tf.function(step) if compiled else step
    history = [step() for _ in range(steps)]
    return {
        "loss": np.array([np.asarray(metrics["loss"]) for metrics in history]),
        "gradient_norm": np.array([np.asarray(metrics["gradient_norm"]) for metrics in history]),
        "updates": np.array(optimizer.iterations, np.int64),
        **toy.weights(model),
    }


CLIP = "training.clip"


@check("training.step", needs=[CLIP])
def one_small_step(assignment, rng):
    """One step without clipping: weights, the loss before the update, and the gradient's norm."""
    toy = _Toy(rng)
    return _stepped(assignment, toy, _toy_batch(rng), max_norm=1e4)


@check("training.step", needs=[CLIP])
def one_clipped_step(assignment, rng):
    """The gradient is clipped before the update; the norm that is reported is the one before."""
    toy = _Toy(rng)
    return _stepped(assignment, toy, _toy_batch(rng), max_norm=0.05)


@check("training.step", needs=[CLIP])
def several_labels(assignment, rng):
    """A batch with targets, a mask and weights: the loss gets all the labels, in their order."""
    toy = _Toy(rng)
    batch = (
        *_toy_batch(rng),
        tensor(np.array([True, False, True])),
        tensor(np.array([0.5, 2.0, 3.0], np.float32)),
    )
    return _stepped(assignment, toy, batch, max_norm=0.3)


@check("training.step", needs=[CLIP])
def several_steps(assignment, rng):
    """Four steps: the optimizer's state goes on, and the loss falls."""
    toy = _Toy(rng)
    return _stepped(assignment, toy, _toy_batch(rng), max_norm=0.7, steps=4)


@check("training.step", needs=[CLIP])
def compiled_steps(assignment, rng):
    """The step within a tf.function, as the training loop runs it."""
    # No weight is unused: clipping may be an `if` over a list, where a graph allows no None.
    toy = _Toy(rng, width=2, vocabulary=3, has_unused=False)
    batch = _toy_batch(rng, 4, 2, 3)
    return _stepped(assignment, toy, batch, max_norm=0.4, steps=2, compiled=True)


@check("training.step", needs=[CLIP], tolerance="exact")
def short_training(assignment, rng):
    """A short run on a small language reaches the loss that it can reach."""
    import keras
    import tensorflow as tf

    vocabulary, steps = 7, 60
    successor = rng.permutation(vocabulary)  # each token is always followed by the same one
    initial = normal(rng, vocabulary, 8, scale=0.5), normal(rng, 8, vocabulary, scale=0.5)
    model = keras.Sequential(
        [
            keras.layers.Embedding(vocabulary, 8),
            keras.layers.Dense(vocabulary, use_bias=False),
        ]
    )
    model.build((None, None))
    model.set_weights(initial)
    optimizer = keras.optimizers.SGD(0.5)
    optimizer.build(model.trainable_variables)
    losses = []
    train_step = tf.function(
        lambda *batch: assignment.training.loop.train_step(
            model, optimizer, batch, _squared_error, 1.0
        )
    )
    for _ in range(steps):
        inputs = rng.integers(0, vocabulary, (4, 8)).astype(np.int32)
        metrics = train_step(tensor(inputs), tensor(successor[inputs].astype(np.int32)))
        losses.append(float(metrics["loss"]))
    return {"the loss passes 1.5, 0.5, 0.2, 0": np.array(losses[-1]) < [1.5, 0.5, 0.2, 0.0]}
