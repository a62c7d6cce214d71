"""Checks of Part 3: a run that is interrupted and resumed is the run without the interruption.

Every stage runs in a process of its own. The model is a small one of these checks, so that nothing
but the checkpointer is the submission's.
"""

from pathlib import Path

import numpy as np

from autograder.checks import check
from autograder.checks.tools import tensor

DIRECTORY = "checkpoints"
WIDTH, CLASSES = 4, 3


class _Run:
    """A model with layers in a list and dropout, its optimizer, and the submission's checkpointer.

    Args:
        start: scales the first weights: a fresh process must not begin with the right ones.
        options: of the checkpointer.
    """

    def __init__(self, assignment, start=1.0, **options):
        import keras

        class Model(keras.Model):
            def __init__(self):
                super().__init__()
                self.hidden = [keras.layers.Dense(WIDTH, "tanh", name=f"d{i}") for i in range(2)]
                self.dropout = keras.layers.Dropout(0.4, seed=17)
                self.head = keras.layers.Dense(CLASSES, name="head")

            def call(self, inputs, training=False):
                for layer in self.hidden:
                    inputs = self.dropout(layer(inputs), training=training)
                return self.head(inputs)

        self.model = Model()
        self.model(tensor(np.zeros((1, WIDTH), np.float32)))
        for number, variable in enumerate(self.model.trainable_variables):
            values = np.cos(np.arange(variable.value.shape.num_elements()) + number)
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
            rng = np.random.default_rng(step)
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
            variable.assign(np.full(variable.shape, value, np.float32))

    def marks(self):
        """The number in each trainable weight; NaN where a weight holds several."""
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


def _number(step):
    """A step as an array; -1 stands for None."""
    return np.array(-1 if step is None else int(step), np.int64)


def _interrupted(assignment, rng):
    run = _Run(assignment)
    run.train(1, 3)
    run.checkpointer.save(3)
    run.train(4, 4)  # lost with the process


@check("training.checkpoint", before=(_interrupted,))
def resumed_run(assignment, rng):
    """Three steps, saved; a new process restores, and goes on like a run without interruption."""
    run = _Run(assignment, start=-0.5)
    step = run.checkpointer.restore_latest()
    restored = {f"restored {name}": value for name, value in run.state().items()}
    losses = run.train(4, 6)
    return {"step": _number(step), **restored, "losses": losses, **run.state()}


@check("training.checkpoint", before=(_interrupted,))
def resumed_twice(assignment, rng):
    """What a resumed run saves can be resumed again."""
    run = _Run(assignment, start=-0.5)
    run.checkpointer.restore_latest()
    run.train(4, 5)
    run.checkpointer.save(5, 0.7)
    again = _Run(assignment, start=2.0)
    step = again.checkpointer.restore_latest()
    losses = again.train(6, 6)
    return {"step": _number(step), "losses": losses, **again.state()}


@check("training.checkpoint", tolerance="exact")
def empty_directory(assignment, rng):
    """Without a checkpoint both restores return None, and change nothing."""
    run = _Run(assignment)
    run.mark(4.0)
    first = run.checkpointer.restore_latest(), run.checkpointer.restore_best()
    untouched = run.marks()
    run.checkpointer.save(12)
    run.mark(5.0)
    steps = (*first, run.checkpointer.restore_latest(), run.checkpointer.restore_best())
    return {
        "steps before and after the first save": np.array([_number(step) for step in steps]),
        "weights": untouched,
        "weights of step 12": run.marks(),
    }


def _many_saves(assignment, rng):
    run = _Run(assignment, keep=2)
    for step, metric in ((10, 3.0), (20, 1.5), (30, 2.0), (40, None), (50, 1.53)):
        run.mark(float(step))
        run.checkpointer.save(step, metric)


@check("training.checkpoint", tolerance="exact", before=(_many_saves,))
def best_checkpoint(assignment, rng):
    """restore_best goes to the smallest metric, however many checkpoints came after it."""
    run = _Run(assignment, keep=2)
    steps = [run.checkpointer.restore_best()]
    marks = [run.marks()]
    steps.append(run.checkpointer.restore_latest())
    marks.append(run.marks())
    return {"steps": np.array([_number(step) for step in steps]), "weights": np.stack(marks)}


@check("training.checkpoint", tolerance="exact", before=(_many_saves,))
def best_of_both_processes(assignment, rng):
    """A resumed run remembers the best metric of the run before it."""
    run = _Run(assignment, keep=2)
    run.checkpointer.restore_latest()
    results = {}
    for step, metric in ((60, 1.8), (70, None), (80, 1.2)):
        run.mark(float(step))
        run.checkpointer.save(step, metric)
        fresh = _Run(assignment, start=-0.5, keep=2)
        results[f"best after {step}"] = _number(fresh.checkpointer.restore_best())
        results[f"weights after {step}"] = fresh.marks()
    return results


def _best_at_last(assignment, rng):
    run = _Run(assignment)
    for step, metric in ((10, 3.0), (20, 1.0)):
        run.mark(float(step))
        run.checkpointer.save(step, metric)


@check("training.checkpoint", tolerance="exact", before=(_best_at_last,))
def stopped_at_its_best(assignment, rng):
    """A run that was stopped behind its best save still remembers that metric."""
    run = _Run(assignment)
    steps, marks = [run.checkpointer.restore_latest()], []
    for step, metric in ((30, 2.0), (40, 0.5)):
        run.mark(float(step))
        run.checkpointer.save(step, metric)
        steps.append(run.checkpointer.restore_best())
        marks.append(run.marks())
    return {"steps": np.array([_number(step) for step in steps]), "weights": np.stack(marks)}


@check("training.checkpoint", tolerance="exact", before=(_many_saves,))
def number_kept(assignment, rng):
    """Only the last `keep` checkpoints stay, and the best."""
    files = [_count_files()]
    for options, steps in (({"keep": 4}, (60, 70, 80, 90, 100)), ({}, (110, 120))):
        run = _Run(assignment, **options)
        run.checkpointer.restore_latest()
        for step in steps:
            run.checkpointer.save(step)
        files.append(_count_files())
    return {"files with keep 2, 4, 3": np.array(files)}


def _count_files():
    return len(list(Path(DIRECTORY).rglob("*.index")))


@check("training.checkpoint", tolerance="exact")
def metrics_of_zero_and_below(assignment, rng):
    """The smallest metric may be 0, or negative, as that of a reward is."""
    run = _Run(assignment)
    results = {}
    cases = {"zero": ((1, 2.0), (2, 0.0), (3, 1.0)), "below": ((4, -3.0), (5, -2.0))}
    for name, saves in cases.items():
        for step, metric in saves:
            run.mark(float(step))
            run.checkpointer.save(step, metric)
        results[f"best, {name}"] = _number(run.checkpointer.restore_best())
        results[f"weights, {name}"] = run.marks()
    return results


def _three_saves(assignment, rng):
    run = _Run(assignment)
    for step in (1, 2, 3):
        run.mark(float(step))
        run.checkpointer.save(step)


def _damage(newest, suffix, share):
    """Cuts off the files of the newest checkpoints, as a full disk or a crash would."""
    paths = sorted(Path(DIRECTORY).rglob(f"*{suffix}"), key=lambda path: path.stat().st_mtime_ns)
    for path in paths[-newest:]:
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


@check("training.checkpoint", tolerance="exact", before=(_three_saves,))
def damaged_checkpoint(assignment, rng):
    """When the newest checkpoint is cut off, the one before it counts."""
    results = {}
    for case, suffix, share in (("data cut", ".data-*", 0.5), ("index also empty", ".index", 0.0)):
        _damage(1, suffix, share)
        run = _Run(assignment, start=-0.5)
        results[f"{case}, step"] = _number(run.checkpointer.restore_latest())
        results[f"{case}, weights"] = run.marks()
    _damage(2, ".data-*", 0.5)
    run = _Run(assignment, start=-0.5)
    results["two damaged, step"] = _number(run.checkpointer.restore_latest())
    results["two damaged, weights"] = run.marks()
    return results


@check("training.checkpoint", tolerance="exact", before=(_three_saves,))
def all_damaged(assignment, rng):
    """When no checkpoint can be read, an error says so: starting over would overwrite the run."""
    run = _Run(assignment, start=-0.5)
    before = _number(run.checkpointer.restore_latest())
    _damage(3, ".data-*", 0.5)
    run = _Run(assignment, start=-0.5)
    try:
        run.checkpointer.restore_latest()
        raised = False
    except ValueError:
        raised = True
    return {"newest": before, "an error when all are damaged": np.bool_(raised)}
