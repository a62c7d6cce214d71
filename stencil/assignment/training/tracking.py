"""Experiment tracking: TensorBoard and a JSON-lines log of the same run."""

import json
from pathlib import Path

import tensorflow as tf
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.custom_scalar import summary as custom_scalar
from tensorboard.plugins.histogram.summary_v2 import histogram_pb
from tensorboard.plugins.hparams import api as hparams
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from assignment.files import write_whole


def log_metrics(writer, step: int, metrics: dict, prefix: str) -> None:
    """Write scalars for TensorBoard, under the names `prefix/name`.

    Args:
        writer: A `tf.summary` file writer; the default one only until the function returns.
        step: The training step, TensorBoard's horizontal axis.
        metrics: Names to scalars.
        prefix: What the metrics are of, such as "train" or "validation": TensorBoard makes one
            section of the metrics of a prefix.
    """
    raise NotImplementedError("training.tracking: write one scalar per metric")


class Tracker:
    """Writes a run's metrics to TensorBoard and to `metrics.jsonl`.

    A resumed run repeats the steps since its last checkpoint. What was logged of them is taken back
    first: the JSON lines are cut off there, and TensorBoard is told to forget them.

    Args:
        directory: The run directory.
        resumed_step: The step from which the run goes on; 0 for a new run, and for one that was
            killed before its first checkpoint.
    """

    def __init__(self, directory: Path, resumed_step: int = 0):
        self.directory = directory
        self.path = directory / "metrics.jsonl"
        kept = [line for line in read_metrics(self.path) if line["step"] <= resumed_step]
        # A kill while writing must not cost the history.
        write_whole(self.path, "".join(json.dumps(line) + "\n" for line in kept))
        # A new run as well: TensorBoard forgets only at the second start that it sees.
        _forget_steps_after(directory, resumed_step)
        self.writer = tf.summary.create_file_writer(str(directory))

    def log(self, step: int, metrics: dict, prefix: str) -> None:
        """Log scalars, in both places."""
        metrics = {name: float(value) for name, value in metrics.items()}
        log_metrics(self.writer, step, metrics, prefix)
        with self.path.open("a") as file:
            file.write(json.dumps({"step": step, "prefix": prefix, **metrics}) + "\n")

    def log_text(self, step: int, name: str, text: str) -> None:
        with self.writer.as_default(step=step):
            tf.summary.text(name, text)

    def log_image(self, step: int, name: str, image) -> None:
        """Log a picture `(height, width, 3)` of bytes."""
        with self.writer.as_default(step=step):
            tf.summary.image(name, image[tf.newaxis])

    def log_weights(self, step: int, model) -> None:
        """Log a histogram of every weight."""
        with self.writer.as_default(step=step):
            for variable in model.trainable_variables:
                # Counted by NumPy: tf.summary.histogram takes five times as long on a CPU.
                histogram = histogram_pb(f"weights/{variable.path}", variable.numpy())
                tf.summary.experimental.write_raw_pb(histogram.SerializeToString(), step)

    def log_hyperparameters(self, values: dict) -> None:
        """Log the configuration, for TensorBoard's table of runs."""
        simple = {k: v for k, v in values.items() if isinstance(v, bool | int | float | str)}
        with self.writer.as_default():
            hparams.hparams(simple)

    def log_layout(self, charts: dict[str, list[str]]) -> None:
        """Put several scalars on one chart of TensorBoard's custom scalars: title to tags."""
        layout = layout_pb2.Layout(
            category=[
                layout_pb2.Category(
                    title="Overview",
                    chart=[
                        layout_pb2.Chart(
                            title=title,
                            multiline=layout_pb2.MultilineChartContent(
                                tag=[f"^{tag}$" for tag in tags]
                            ),
                        )
                        for title, tags in charts.items()
                    ],
                )
            ]
        )
        with self.writer.as_default():
            tf.summary.experimental.write_raw_pb(
                custom_scalar.pb(layout).SerializeToString(), step=0
            )

    def flush(self) -> None:
        self.writer.flush()

    def close(self) -> None:
        self.writer.close()


def read_metrics(path: Path) -> list[dict]:
    """The complete lines of a `metrics.jsonl`; one that a kill cut off is left out."""
    lines = []
    if path.exists():
        for line in path.read_text().splitlines():
            try:
                lines.append(json.loads(line))
            except json.JSONDecodeError:
                break
    return lines


def _forget_steps_after(directory: Path, step: int) -> None:
    """Tell TensorBoard that the run starts again behind `step`: it drops what it had from there."""
    writer = EventFileWriter(str(directory))
    writer.add_event(Event(step=step + 1, session_log=SessionLog(status=SessionLog.START)))
    writer.close()
