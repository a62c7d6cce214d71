import keras
import numpy as np
import tensorflow as tf

from assignment.training.loop import train_step
from assignment.training.optimizers import AdamW

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 3)).astype(np.float32)
Y = RNG.normal(size=(5, 2)).astype(np.float32)


def linear_model():
    model = keras.Sequential([keras.layers.Dense(2)])
    model.build((None, 3))
    return model


def squared_error(outputs, labels):
    return tf.reduce_mean(tf.square(outputs - labels))


def by_hand(kernel, bias):
    """Loss and gradients of the linear model."""
    errors = X @ kernel + bias - Y
    return np.mean(errors**2), X.T @ errors * 2 / errors.size, errors.sum(0) * 2 / errors.size


def test_a_step_of_gradient_descent_worked_by_hand():
    model, optimizer = linear_model(), keras.optimizers.SGD(0.1)
    kernel, bias = (w.numpy() for w in model.weights)
    loss, kernel_gradient, bias_gradient = by_hand(kernel, bias)
    metrics = train_step(model, optimizer, (X, Y), squared_error, max_norm=1e6)
    np.testing.assert_allclose(metrics["loss"], loss, rtol=1e-5)
    norm = np.sqrt(np.sum(kernel_gradient**2) + np.sum(bias_gradient**2))
    np.testing.assert_allclose(metrics["gradient_norm"], norm, rtol=1e-5)
    np.testing.assert_allclose(model.weights[0], kernel - 0.1 * kernel_gradient, atol=1e-6)
    np.testing.assert_allclose(model.weights[1], bias - 0.1 * bias_gradient, atol=1e-6)


def test_gradients_are_clipped_before_they_are_applied():
    model, optimizer = linear_model(), keras.optimizers.SGD(1.0)
    before = [w.numpy() for w in model.weights]
    metrics = train_step(model, optimizer, (X, Y), squared_error, max_norm=0.01)
    moved = np.sqrt(sum(np.sum((w.numpy() - b) ** 2) for w, b in zip(model.weights, before)))  # noqa: B905
    np.testing.assert_allclose(moved, 0.01, rtol=1e-3)
    assert metrics["gradient_norm"] > 0.01


def test_the_model_is_called_for_training_and_the_loss_gets_every_label():
    seen = {}

    class Watched(keras.Model):
        def __init__(self):
            super().__init__()
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")

        def call(self, inputs, training=None):
            seen["training"] = training
            return inputs * self.scale

    def loss_fn(logits, targets, mask):
        seen["labels"] = targets, mask
        return tf.reduce_sum(logits)

    train_step(Watched(), keras.optimizers.SGD(0.1), (X, "targets", "mask"), loss_fn, 1.0)
    assert seen == {"training": True, "labels": ("targets", "mask")}


def test_frozen_weights_stay_and_unused_ones_do_no_harm():
    model = keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(2)])
    model.build((None, 3))
    model.layers[0].trainable = False
    frozen = model.layers[0].kernel.numpy()
    trained = model.layers[1].kernel.numpy()
    train_step(model, keras.optimizers.SGD(0.1), (X, Y), squared_error, 1.0)
    np.testing.assert_array_equal(model.layers[0].kernel, frozen)
    assert np.any(model.layers[1].kernel != trained)


def test_many_steps_find_the_least_squares_solution():
    model, optimizer = linear_model(), AdamW(0.05, weight_decay=0.0)
    optimizer.build(model.trainable_variables)
    step = tf.function(lambda x, y: train_step(model, optimizer, (x, y), squared_error, 1.0))
    for _ in range(600):
        loss = step(X, Y)["loss"]
    design = np.concatenate([X, np.ones((5, 1))], axis=1)
    solution = np.linalg.lstsq(design, Y, rcond=None)[0]
    np.testing.assert_allclose(loss, np.mean((design @ solution - Y) ** 2), rtol=1e-2)
    np.testing.assert_allclose(model.weights[0], solution[:3], atol=0.02)
