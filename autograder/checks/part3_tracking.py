"""Checks of Part 3: the event file that TensorBoard reads."""

from pathlib import Path

import numpy as np

from autograder.checks import check
from autograder.checks.tools import normal, tensor, text_codes


def _logged(assignment, calls):
    """The scalars of the event file that these calls of log_metrics write."""
    import tensorflow as tf

    writer = tf.summary.create_file_writer("logs")
    for arguments in calls:
        assignment.training.tracking.log_metrics(writer, *arguments)
    tf.summary.scalar("elsewhere", 1.0, step=0)  # goes nowhere, unless a default writer was left
    writer.close()
    found = []
    for path in sorted(Path("logs").glob("*")):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                plugin = value.metadata.plugin_data.plugin_name
                number = tf.make_ndarray(value.tensor) if value.HasField("tensor") else None
                number = np.float32(value.simple_value) if number is None else number
                is_scalar = plugin in ("scalars", "") and np.size(number) == 1
                found.append((value.tag, event.step, np.ravel(number)[0], is_scalar))
    found.sort(key=lambda entry: (entry[0], entry[1]))
    tags, steps, values, scalars = zip(*found, strict=True) if found else ((),) * 4
    return {
        "tags": text_codes(" ".join(tags)),
        "scalars": np.array(scalars, bool),
        "steps": np.array(steps, np.int64),
        "values": np.array(values, np.float32),
    }


@check("training.tracking")
def metrics_of_one_step(assignment, rng):
    """One scalar for each metric, named prefix/name, at its step."""
    loss, norm, rate = (float(value) for value in normal(rng, 3))
    metrics = {"loss": loss, "gradient_norm": norm, "learning_rate": rate}
    return _logged(assignment, [(70, metrics, "train")])


@check("training.tracking")
def two_prefixes(assignment, rng):
    """Training and validation metrics of several steps stay apart."""
    calls = []
    for step in (5, 10, 1_000_000):
        loss, other = (float(value) for value in normal(rng, 2))
        calls += [(step, {"loss": loss}, "train"), (step, {"loss": other}, "validation")]
    return _logged(assignment, calls)


@check("training.tracking")
def kinds_of_numbers(assignment, rng):
    """Tensors, NumPy numbers and Python numbers are all metrics."""
    a, b, c = normal(rng, 3)
    of_python = {"python": float(c), "whole": 7, "zero": 0.0, "Top5_F1": 0.25}
    metrics = {"tensor": tensor(a), "numpy": np.float32(b), **of_python}
    return _logged(assignment, [(0, {"first": 1.5}, "run"), (3, metrics, "run")])


@check("training.tracking")
def nothing_is_changed(assignment, rng):
    """The caller's metrics stay as they are, and what else is logged finds no writer set."""
    metrics = {"loss": 0.5, "rate": 0.25}
    found = _logged(assignment, [(2, metrics, "train"), (4, metrics, "train")])
    return found | {"metrics left": text_codes(" ".join(metrics))}
