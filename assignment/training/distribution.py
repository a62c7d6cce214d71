"""The same training step on one device, on several, or on several machines."""

import json
import os
from collections.abc import Callable

import tensorflow as tf

from assignment.training.compiling import compile_for
from assignment.training.loop import train_step
from assignment.training.optimizers import clip_by_global_norm

UNCLIPPED = 1e30
"""A norm that no gradient has."""


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


class _WholeBatch:
    """Stands for the optimizer in one replica's `train_step`: applies the mean of all replicas.

    Clipping comes after this mean, because the norm is that of the whole batch.
    """

    def __init__(self, optimizer, max_norm: float):
        self.optimizer = optimizer
        self.max_norm = max_norm

    def apply(self, gradients, variables) -> None:
        context = tf.distribute.get_replica_context()
        gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
        gradients = context.all_reduce(tf.distribute.ReduceOp.MEAN, gradients)
        gradients, self.norm = clip_by_global_norm(gradients, self.max_norm)
        # Keras adds up what the replicas apply; they all hold the same mean already.
        replicas = context.num_replicas_in_sync
        self.optimizer.apply([gradient / replicas for gradient in gradients], variables)

    def apply_gradients(self, gradients_and_variables) -> None:
        """Keras knows both; a `train_step` may use either."""
        self.apply(*zip(*gradients_and_variables, strict=True))


def compile_step(
    model, optimizer, loss_fn, max_norm: float, strategy: tf.distribute.Strategy
) -> Callable[..., dict[str, tf.Tensor]]:
    """`step(*batch) -> metrics`, compiled; each replica takes its share of the batch's rows.

    Raises:
        ValueError: when called, if the replicas cannot share the batch evenly.
    """
    replicas = strategy.num_replicas_in_sync
    if replicas == 1:
        return compile_for(
            model, lambda *batch: train_step(model, optimizer, batch, loss_fn, max_norm)
        )

    def replica_step(*batch):
        context = tf.distribute.get_replica_context()
        rows = batch[0].shape[0] // replicas
        first = context.replica_id_in_sync_group * rows
        share = tuple(part[first : first + rows] for part in batch)
        whole = _WholeBatch(optimizer, max_norm)
        metrics = train_step(model, whole, share, loss_fn, UNCLIPPED)
        loss = context.all_reduce(tf.distribute.ReduceOp.MEAN, metrics["loss"])
        return metrics | {"loss": loss, "gradient_norm": whole.norm}

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
