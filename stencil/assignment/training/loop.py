"""The training step, and the loop around it that every stage uses."""

import dataclasses
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from assignment.training.checkpoints import Checkpointer
from assignment.training.optimizers import clip_by_global_norm
from assignment.training.tracking import Tracker


def train_step(model, optimizer, batch, loss_fn, max_norm) -> dict[str, tf.Tensor]:
    """One step of gradient descent.

    Args:
        model: `model(inputs, training=True) -> logits`.
        optimizer: A Keras optimizer.
        batch: `(inputs, *labels)`.
        loss_fn: `loss_fn(logits, *labels) -> scalar`.
        max_norm: The global norm to which the gradients are clipped.

    Returns:
        `loss` and `gradient_norm`, the norm before clipping.
    """
    inputs, *labels = batch
    # TODO Forward and loss under a tf.GradientTape, then gradients, clip, apply.
    raise NotImplementedError("training.step: record, differentiate, clip and apply")


class Interrupted(Exception):
    """The run was asked to stop (Ctrl-C or SIGTERM), and has saved its state."""

    def __init__(self, signal_number: int, step: int):
        super().__init__(f"stopped after step {step}")
        self.exit_code = 128 + signal_number


class NonFiniteLossError(ValueError):
    """The loss or a weight became NaN or infinite."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """When the loop does what. It saves at every evaluation, and when the minutes are over."""

    total_steps: int
    log_every: int
    evaluate_every: int
    save_minutes: float
    units_per_step: int
    """What a step works through, for the throughput."""
    unit: str = "tokens"
    """What is counted, in the plural."""
    decisive: str = "loss"
    """The validation metric that says which checkpoint is the best."""
    higher_is_better: bool = False


def run_loop(
    step_fn: Callable,
    batch_fn: Callable[[int], tuple],
    model,
    optimizer,
    checkpointer: Checkpointer,
    tracker: Tracker,
    plan: Plan,
    start_step: int,
    evaluate_fn: Callable[[int], dict[str, float]],
) -> None:
    """Train from `start_step` to the end of the plan.

    The loop stops cleanly at SIGINT and SIGTERM: it finishes the step, saves and raises.

    Args:
        step_fn: `step_fn(*batch) -> metrics`, a compiled training step; among the metrics is
            `loss`, which must stay finite.
        batch_fn: `batch_fn(step) -> batch`, a pure function of the step.
        model: The model that `step_fn` trains.
        optimizer: Its optimizer.
        checkpointer: Saves the state.
        tracker: Takes the metrics.
        plan: When to log, evaluate and save.
        start_step: How many steps were made already.
        evaluate_fn: `evaluate_fn(step) -> metrics`, among them the plan's `decisive` one.

    Raises:
        Interrupted: The run was asked to stop.
        NonFiniteLossError: The loss or a weight is NaN or infinite; it is never saved.
        OSError: The state could not be saved; the checkpoints before it are whole.
    """
    with _StopSignals() as stop, _progress_bar(plan, start_step) as bar:
        history: list[dict] = []  # the metrics of the steps since the last log
        saved_at = time.monotonic()
        interval_start, evaluation_seconds = time.monotonic(), 0.0
        for step in range(start_step + 1, plan.total_steps + 1):
            batch = batch_fn(step)
            is_last = step == plan.total_steps
            logs = step % plan.log_every == 0 or is_last
            if logs:  # what the step is about to change
                rate = float(optimizer.learning_rate)
                before = [np.array(v) for v in model.trainable_variables]
            metrics = step_fn(*batch)
            loss = float(metrics["loss"])
            if step == start_step + 1:
                bar.set_description("training", refresh=False)
                bar.unpause()  # the time left is that of steps, without the compilation
            if not np.isfinite(loss):
                problem = f"The loss is {loss} at step {step}"
                raise NonFiniteLossError(_describe_non_finite(problem, batch, checkpointer))
            history.append(metrics)

            if logs:
                seconds = time.monotonic() - interval_start - evaluation_seconds
                speed = len(history) * plan.units_per_step / seconds
                means = {name: np.mean([float(m[name]) for m in history]) for name in metrics}
                measured = means | {
                    "learning_rate": rate,
                    "update_ratio": _update_ratio(before, model.trainable_variables),
                    f"{plan.unit}_per_second": speed,
                }
                tracker.log(step, measured, "train")
                shown = {"loss": f"{means['loss']:.3f}", f"{plan.unit}_s": f"{speed:,.0f}"}
                bar.set_postfix(shown, refresh=False)
                history.clear()
                interval_start, evaluation_seconds = time.monotonic(), 0.0
            bar.update()

            evaluates = step % plan.evaluate_every == 0 or is_last
            due = time.monotonic() - saved_at > 60 * plan.save_minutes
            saves = bool(evaluates or due or stop.signal_number)
            # The loss of this step was that of the weights before it.
            if saves and not _all_finite(model.trainable_variables):
                problem = f"A weight is not finite after step {step}"
                raise NonFiniteLossError(_describe_non_finite(problem, batch, checkpointer))
            metric = None
            if evaluates:
                started = time.monotonic()
                validation = evaluate_fn(step)
                metric = float(validation[plan.decisive]) * (-1 if plan.higher_is_better else 1)
                tracker.log(step, validation, "validation")
                evaluation_seconds += time.monotonic() - started
            if saves:
                _save(checkpointer, tracker, step, metric)
                saved_at = time.monotonic()
                if stop.signal_number and not is_last:
                    raise Interrupted(stop.signal_number, step)


def _save(checkpointer: Checkpointer, tracker: Tracker, step: int, metric: float | None) -> None:
    try:
        tracker.flush()
        checkpointer.save(step, metric)
    except tf.errors.OpError as error:
        reason = " ".join(str(error.message).split())
        raise OSError(
            f"The state after step {step} could not be saved in {checkpointer.directory}: {reason} "
            f"The last good checkpoint: {_last_checkpoint(checkpointer)}. When there is room "
            "again, the same command goes on from there."
        ) from error


def _all_finite(variables) -> bool:
    return all(bool(tf.reduce_all(tf.math.is_finite(v))) for v in variables)


def _describe_non_finite(problem: str, batch, checkpointer: Checkpointer) -> str:
    sample = np.asarray(batch[0]).reshape(-1)[:8].tolist()
    return (
        f"{problem}; its batch begins with the tokens {sample}. The last good checkpoint: "
        f"{_last_checkpoint(checkpointer)}. A smaller --learning-rate or a longer --warmup-steps, "
        "in another --run-dir, may help."
    )


def _last_checkpoint(checkpointer: Checkpointer) -> str:
    path = checkpointer.latest.latest_checkpoint
    return Path(path).name if path else "none"


def _update_ratio(before: list[np.ndarray], variables) -> float:
    """‖Δθ‖ / ‖θ‖: how far one step moves the weights; about 1e-3 is usual."""
    pairs = zip(variables, before, strict=True)
    moved = sum(float(np.sum((np.array(v) - b) ** 2)) for v, b in pairs)
    size = sum(float(np.sum(b**2)) for b in before)
    return (moved / max(size, 1e-30)) ** 0.5


def _progress_bar(plan: Plan, start_step: int) -> tqdm:
    return tqdm(
        total=plan.total_steps,
        initial=start_step,
        desc="compiling",
        unit="step",
        dynamic_ncols=True,
        # In a log file each update is a line of its own.
        mininterval=0.5 if sys.stderr.isatty() else 30.0,
        smoothing=0.05,
    )


class _StopSignals:
    """Remembers that SIGINT or SIGTERM came, instead of stopping at once.

    A second SIGINT stops at once: the first may have come while nothing moves any more.
    """

    def __init__(self):
        self.signal_number = 0
        self._handlers = {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._handlers[number] = signal.signal(number, self._remember)
        return self

    def __exit__(self, *_):
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _remember(self, number, frame):
        if self.signal_number == signal.SIGINT == number:
            raise KeyboardInterrupt
        self.signal_number = number
