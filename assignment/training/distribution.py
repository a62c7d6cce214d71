"""The same training step on one device, on several, or on several machines."""

import json
import os
from collections.abc import Callable

import tensorflow as tf

from assignment.models.last_logits import LastLogits
from assignment.training.loop import train_step
from assignment.training.step_in_parts import (
    UNCLIPPED,
    KeptGradients,
    apply_clipped,
    compile_step_in_parts,
)


def make_strategy(name: str) -> tf.distribute.Strategy:
    """`none`, `mirrored` (all GPUs of this machine) or `multi-worker` (machines in `TF_CONFIG`).

    Raises:
        ValueError: `TF_CONFIG` does not say which machines there are.
    """
    if name == "mirrored":
        return tf.distribute.MirroredStrategy()
    if name == "multi-worker":
        _check_tf_config(os.environ.get("TF_CONFIG", "{}"))
        return tf.distribute.MultiWorkerMirroredStrategy()
    return tf.distribute.get_strategy()


def _check_tf_config(text: str) -> None:
    try:
        described = json.loads(text)["cluster"]["worker"]
    except (json.JSONDecodeError, KeyError, TypeError):
        described = None
    if not described:
        raise ValueError(
            "--strategy multi-worker reads the machines from the environment variable TF_CONFIG, "
            'such as {"cluster": {"worker": ["host-a:2222", "host-b:2222"]}, "task": {"type": '
            f'"worker", "index": 0}}}}. Received: {text}'
        )


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process writes the run directory."""
    resolver = strategy.cluster_resolver
    if resolver is None or resolver.task_type is None:
        return True
    chief = "chief" if "chief" in resolver.cluster_spec().jobs else "worker"
    return (resolver.task_type, resolver.task_id) == (chief, 0)


def compile_step(
    model,
    optimizer,
    loss_fn,
    max_norm: float,
    strategy: tf.distribute.Strategy,
    mean_of_rows: bool = True,
) -> Callable[..., dict[str, tf.Tensor]]:
    """`step(inputs, *labels) -> metrics`, compiled; each replica takes its share of the rows.

    The labels belong to the last of the inputs, `(B, T)`, if they are fewer: `(B, n)`.

    Args:
        model: See `train_step`.
        optimizer: See `train_step`.
        loss_fn: See `train_step`.
        max_norm: See `train_step`.
        strategy: One of `make_strategy`.
        mean_of_rows: Whether the loss is a mean over the rows, in which all of them weigh the same.
            Then one device, too, may work through them in parts.

    Raises:
        ValueError: when called, if the replicas cannot share the batch evenly.
    """
    replicas = strategy.num_replicas_in_sync

    def step_with(optimizer, max_norm, inputs, *labels):
        length, targets = inputs.shape[1], labels[0].shape[1]
        read = model if targets == length else LastLogits(model, targets)
        return train_step(read, optimizer, (inputs, *labels), loss_fn, max_norm)

    if replicas == 1:
        return compile_step_in_parts(model, optimizer, step_with, max_norm, mean_of_rows)

    def replica_step(*batch):
        context = tf.distribute.get_replica_context()
        rows = batch[0].shape[0] // replicas
        first = context.replica_id_in_sync_group * rows
        kept = KeptGradients(optimizer, model.trainable_variables)
        metrics = step_with(kept, UNCLIPPED, *(part[first : first + rows] for part in batch))
        means = (metrics, kept.gradients)
        metrics, gradients = context.all_reduce(tf.distribute.ReduceOp.MEAN, means)
        return metrics | apply_clipped(optimizer, gradients, kept.variables, max_norm, replicas)

    @tf.function
    def run_replicas(*batch):
        per_replica = strategy.run(replica_step, args=batch)
        return {k: strategy.experimental_local_results(v)[0] for k, v in per_replica.items()}

    def step(*batch):
        if batch[0].shape[0] % replicas:
            raise ValueError(
                f"A batch of {batch[0].shape[0]} rows cannot be shared by {replicas} replicas: "
                "choose a multiple for --batch-size."
            )
        return run_replicas(*batch)

    return step
