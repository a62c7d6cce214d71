"""A training step that goes through its batch in parts, several at a time.

An operation of a small model is short. Cut up among the cores, each of them ends with the cores
waiting for one another; so each core gets rows of its own instead, whose activations are few enough
to stay in its cache. Decoding does the same, see `assignment.generation.parts`.
"""

import functools
import math
from collections.abc import Callable

import tensorflow as tf

from assignment.models.recurrent_lm import RecurrentLM
from assignment.training.compiling import compile_for
from assignment.training.optimizers import clip_by_global_norm

# Whatever it holds, a part costs some milliseconds: four of 160 tokens take as long as the whole.
FEWEST_PARTS = 2
TOKENS_OF_A_PART = 512
# glibc gives a thread blocks of up to 64 MB of its own memory; larger ones go back to the system
# after each step, and their page faults cost more than the parts gain. So few tokens stay below.
MOST_WEIGHTS = 4_000_000
UNCLIPPED = 1e30
"""A norm that no gradient has."""


class KeptGradients:
    """Stands for the optimizer in the step of a part of a batch: keeps what it should apply.

    Clipping and the update come after the mean over all parts, because the norm is that of the
    whole batch. Whatever else a step asks of its optimizer is answered by the real one.

    Args:
        optimizer: The real one.
        trainable_variables: Those that it was built for.
    """

    def __init__(self, optimizer, trainable_variables):
        self._optimizer = optimizer
        self._trainable_variables = trainable_variables
        self.gradients, self.variables = [], []

    def apply_gradients(self, grads_and_vars) -> None:
        for gradient, variable in grads_and_vars:
            if gradient is not None:
                self.gradients.append(tf.convert_to_tensor(gradient))
                self.variables.append(variable)

    def apply(self, grads, trainable_variables=None) -> None:
        """Keras knows both; a `train_step` may use either."""
        variables = trainable_variables or self._trainable_variables
        self.apply_gradients(zip(grads, variables, strict=True))

    def __getattr__(self, name):
        return getattr(self._optimizer, name)


def number_of_parts(model, rows: int, tokens: int) -> int:
    """In how many parts a batch is worked through; 1 where parts gain nothing or are not even.

    It is the same on all machines but those with a GPU, so that a run's numbers are, too.

    Args:
        model: The model that is trained. A recurrent one reads token after token, which leaves
            little to share out; dropout counts its draws, so that the parts would wait in line.
        rows: Of the batch.
        tokens: In a row.
    """
    if isinstance(model, RecurrentLM) or model.config.dropout:
        return 1
    if model.count_params() > MOST_WEIGHTS:
        return 1
    if tf.config.list_logical_devices("GPU"):
        return 1
    parts = FEWEST_PARTS
    while rows * tokens > parts * TOKENS_OF_A_PART:
        parts *= 2
    return 1 if rows % parts else parts


def compile_step_in_parts(
    model, optimizer, step: Callable, max_norm: float, mean_of_rows: bool = True
) -> Callable:
    """Compile a step, so that it goes through its batch in parts where that is faster.

    Args:
        model: The model that is trained.
        optimizer: Its optimizer.
        step: `step(optimizer, max_norm, *batch) -> metrics` applies gradients with that optimizer.
        max_norm: The global norm to which the gradients of the whole batch are clipped.
        mean_of_rows: Whether the loss and the metrics are means over the rows of the batch. If not,
            it is never divided.

    Returns:
        `run(*batch) -> metrics`, with `gradient_norm` among them. The first array of a batch holds
        tokens, and all of its arrays have as many rows.
    """
    whole = compile_for(model, lambda *batch: step(optimizer, max_norm, *batch))
    if not mean_of_rows:
        return whole
    variables = []

    @tf.function(jit_compile=True)
    def step_of_a_part(*part):
        kept = KeptGradients(optimizer, model.trainable_variables)
        metrics = step(kept, UNCLIPPED, *part)
        variables[:] = kept.variables
        return metrics, kept.gradients

    @tf.function(jit_compile=True)
    def apply_mean(results):
        metrics, gradients = tf.nest.map_structure(lambda *x: tf.add_n(x) / len(x), *results)
        return metrics | apply_clipped(optimizer, gradients, variables, max_norm)

    @tf.function
    def in_parts(number, *batch):
        parts = zip(*(tf.split(array, number) for array in batch), strict=True)
        return apply_mean([step_of_a_part(*part) for part in parts])

    @functools.cache
    def parts_of(rows, *others):
        return number_of_parts(model, rows, math.prod(others))

    def run(*batch):
        number = parts_of(*batch[0].shape)
        return whole(*batch) if number == 1 else in_parts(number, *batch)

    return run


def apply_clipped(
    optimizer, gradients, variables, max_norm: float, replicas: int = 1
) -> dict[str, tf.Tensor]:
    """Clip the gradients of a whole batch and apply them.

    Args:
        optimizer: The optimizer of the variables.
        gradients: Those of the whole batch; none, if a step applied none.
        variables: A variable for each of them.
        max_norm: The global norm to which they are clipped.
        replicas: How many replicas call this, each with the same gradients. Keras adds up what
            they apply.

    Returns:
        `gradient_norm`, the norm before clipping, if there are gradients.
    """
    if not variables:
        return {}
    gradients, norm = clip_by_global_norm(gradients, max_norm)
    optimizer.apply([gradient / replicas for gradient in gradients], variables)
    return {"gradient_norm": norm}
