"""Checkpoints: everything that a run needs to go on as if it had never stopped."""

import math
import shutil
import warnings
from pathlib import Path

import tensorflow as tf


def plain_variables(model_or_optimizer) -> list[tf.Variable]:
    """All variables of a Keras model or optimizer, in their fixed order, for a checkpoint."""
    return [variable.value for variable in model_or_optimizer.variables]


class DamagedCheckpointsError(ValueError):
    """No checkpoint of a directory can be read."""

    def __init__(self, directory: Path):
        super().__init__(
            f"None of the checkpoints in {directory} can be read. Start again in another run "
            "directory, or put back a copy of an older checkpoint."
        )


class DamagedCheckpointError(ValueError):
    """A checkpoint cannot be read."""

    def __init__(self, path: str, error: Exception):
        first_line = str(error).partition("\n")[0]
        reason = f"{type(error).__name__}: {first_line[:200]}"
        super().__init__(f"The checkpoint {path} is damaged ({reason}).")


class OtherVariablesError(ValueError):
    """A checkpoint is whole, and has variables of another number or shape."""

    def __init__(self, path: str):
        super().__init__(
            f"The checkpoint {path} is of a model or an optimizer with other variables than "
            "this one: the code has changed since. Start again in another --run-dir."
        )


class NoModelError(ValueError):
    """A checkpoint is whole, and has no model's variables where they are looked for."""

    def __init__(self, path: str):
        super().__init__(
            f"The checkpoint {path} has no list of variables under the name model, where the "
            "commands look for the weights. In Checkpointer, write tf.train.Checkpoint("
            "model=plain_variables(model), …), and start again in another --run-dir."
        )


def restore(checkpoint: tf.train.Checkpoint, path: str, is_whole: bool = True) -> None:
    """Restore every variable of a checkpoint from a file.

    Args:
        checkpoint: What to restore.
        path: One of `newest_checkpoints`.
        is_whole: Whether nothing may be left over in the file.

    Raises:
        DamagedCheckpointError: The file cannot be read.
        OtherVariablesError: It is of other code.
        NoModelError: The checkpoint has a `model`, and the file has none.
    """
    try:
        status = checkpoint.restore(path)
    except (tf.errors.OpError, IndexError, ValueError, UnicodeDecodeError) as error:
        if "incompatible tensor with shape" in str(error):
            raise OtherVariablesError(path) from error
        raise DamagedCheckpointError(path, error) from error
    try:
        if is_whole:
            status.assert_consumed()
        else:
            status.expect_partial().assert_existing_objects_matched()
    except AssertionError as error:
        named = any(name.startswith("model/0/") for name, _ in tf.train.list_variables(path))
        raise (OtherVariablesError if named else NoModelError)(path) from error


def newest_checkpoints(directory: Path) -> list[str]:
    """The paths of a directory's checkpoints, the newest first.

    Raises:
        DamagedCheckpointsError: The file that lists them is no text.
    """
    try:
        state = tf.train.get_checkpoint_state(str(directory))
    except UnicodeDecodeError as error:
        raise DamagedCheckpointsError(directory) from error
    return list(reversed(state.all_model_checkpoint_paths)) if state else []


class Checkpointer:
    """Saves and restores weights, optimizer slots, step, and the state of random generators.

    Keeps the last few checkpoints in `directory`, and in `directory/best` the one with the smallest
    metric so far. A checkpoint is written beside the older ones and takes its place in the list
    only when it is complete: whatever interrupts a save, the checkpoints before it survive.

    Args:
        model: A built model.
        optimizer: A built Keras optimizer.
        directory: Where the checkpoints lie; created when missing.
        keep: How many of the last checkpoints to keep.

    Raises:
        DamagedCheckpointsError: The list of the checkpoints cannot be read.
    """

    def __init__(self, model, optimizer, directory, keep: int = 3):
        self.directory = Path(directory)
        for listed in (self.directory, self.directory / "best"):
            newest_checkpoints(listed)  # the managers would stop at a damaged list with a traceback
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.best_metric = tf.Variable(math.inf, dtype=tf.float64, trainable=False)
        # TODO self.checkpoint, a tf.train.Checkpoint of all that changes while training, and two
        # TODO CheckpointManagers of it: self.latest in the directory, self.best in its "best",
        # TODO where one is kept. The other commands look for the weights under the name `model`,
        # TODO in the order of plain_variables.
        raise NotImplementedError(
            "training.checkpoint: save and restore all that training depends on"
        )

    def save(self, step: int, metric: float | None = None) -> None:
        """Save the state after `step`; as the best one too if `metric` is the smallest so far."""
        raise NotImplementedError(
            "training.checkpoint: save and restore all that training depends on"
        )

    def restore_latest(self) -> int | None:
        """Go back to the last checkpoint that can be read.

        One that is damaged is passed over with a warning; it is the one before that counts then.

        Returns:
            Its step, or None when there is no checkpoint.

        Raises:
            DamagedCheckpointsError: There are checkpoints, but none can be read.
        """
        # TODO self._restore(path) for the newest path first.
        raise NotImplementedError(
            "training.checkpoint: save and restore all that training depends on"
        )

    def restore_best(self) -> int | None:
        """Go back to the checkpoint with the smallest metric.

        Returns:
            Its step, or None when there is no such checkpoint, or when it is damaged.
        """
        raise NotImplementedError(
            "training.checkpoint: save and restore all that training depends on"
        )

    def _restore(self, path: str) -> bool:
        """Restore every variable from a checkpoint, or warn that it is damaged.

        Raises:
            OtherVariablesError: It is whole, and of other code.
        """
        try:
            restore(self.checkpoint, path)
        except DamagedCheckpointError as error:
            warnings.warn(f"{error} Trying the one before it.", stacklevel=3)
            return False
        return True

    def remove_unfinished(self) -> None:
        """Remove what a process that was killed while saving has left behind."""
        for leftover in self.directory.glob("**/*_temp"):
            shutil.rmtree(leftover, ignore_errors=True)
