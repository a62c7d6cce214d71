"""`train_step` for a loss that is no function of one model's logits, as after fine-tuning."""

from collections.abc import Callable

import tensorflow as tf

from assignment.training.loop import train_step
from assignment.training.step_in_parts import compile_step_in_parts


def update(model, optimizer, loss_fn: Callable[[], tuple], max_norm: float) -> dict[str, tf.Tensor]:
    """`train_step` for a loss that is no function of one model's logits.

    Args:
        model: Anything with `trainable_variables`.
        optimizer: The optimizer of just these.
        loss_fn: `loss_fn() -> (loss, metrics)`; it calls the models.
        max_norm: See `train_step`.

    Returns:
        `loss`, `gradient_norm`, and the metrics.
    """
    measured = {}

    def loss(_):
        value, metrics = loss_fn()
        measured.update(metrics)
        return value

    return train_step(_Trained(model), optimizer, (None,), loss, max_norm) | measured


def compile_update(
    model, optimizer, loss_fn: Callable[..., tuple], max_norm: float, mean_of_rows: bool = True
) -> Callable[..., dict[str, tf.Tensor]]:
    """`step(*batch) -> metrics`, compiled: an `update` with `loss_fn(*batch) -> (loss, metrics)`.

    Args:
        model: See `update`.
        optimizer: See `update`.
        loss_fn: It is called with a batch, or with some of its rows.
        max_norm: See `train_step`.
        mean_of_rows: See `compile_step`.
    """

    def step(optimizer, max_norm, *batch):
        return update(model, optimizer, lambda: loss_fn(*batch), max_norm)

    return compile_step_in_parts(model, optimizer, step, max_norm, mean_of_rows)


class _Trained:
    """Stands for a model in `train_step`: it has the weights, and the loss does the rest."""

    def __init__(self, model):
        self._model = model

    def __call__(self, inputs, training):
        return inputs

    def __getattr__(self, name):
        return getattr(self._model, name)
