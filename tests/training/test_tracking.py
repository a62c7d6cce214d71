import json
import time

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.hparams import plugin_data_pb2

from assignment.training.tracking import Tracker, log_metrics, read_metrics


def read_back(directory) -> EventAccumulator:
    """The event files as TensorBoard's own server reads them."""
    accumulator = EventAccumulator(str(directory), size_guidance={"tensors": 0})
    return accumulator.Reload()


def curve(accumulator, tag) -> list[tuple[int, float]]:
    """Steps and values of a scalar, as TensorBoard has them."""
    return [(e.step, float(tf.make_ndarray(e.tensor_proto))) for e in accumulator.Tensors(tag)]


def resume(directory, step) -> Tracker:
    """A tracker as a new process makes it: not in the second in which the last one began.

    TensorBoard reads the event files in the order of their names, which tell the second.
    """
    time.sleep(1.1)
    return Tracker(directory, resumed_step=step)


def test_metrics_are_scalars_under_their_prefix(tmp_path):
    writer = tf.summary.create_file_writer(str(tmp_path))
    log_metrics(writer, 3, {"loss": 2.5, "rate": tf.constant(0.5)}, "train")
    log_metrics(writer, 4, {"loss": np.float32(1.5)}, "train")
    log_metrics(writer, 4, {"loss": 1.25}, "validation")
    writer.close()
    accumulator = read_back(tmp_path)
    assert set(accumulator.Tags()["tensors"]) == {"train/loss", "train/rate", "validation/loss"}
    assert curve(accumulator, "train/loss") == [(3, 2.5), (4, 1.5)]
    assert curve(accumulator, "train/rate") == [(3, 0.5)]
    assert curve(accumulator, "validation/loss") == [(4, 1.25)]
    plugin = accumulator.SummaryMetadata("train/loss").plugin_data.plugin_name
    assert plugin == "scalars"


def test_the_json_lines_and_the_event_file_say_the_same(tmp_path):
    tracker = Tracker(tmp_path)
    for step in (1, 2, 3):
        tracker.log(step, {"loss": tf.constant(1 / step)}, "train")
    tracker.close()
    lines = [json.loads(line) for line in tracker.path.read_text().splitlines()]
    assert [(x["step"], x["prefix"]) for x in lines] == [(1, "train"), (2, "train"), (3, "train")]
    expected = curve(read_back(tmp_path), "train/loss")
    assert [(x["step"], x["loss"]) for x in lines] == expected


def test_a_resumed_run_has_no_step_twice_and_none_of_the_forgotten(tmp_path):
    tracker = Tracker(tmp_path)
    for step in range(1, 8):
        tracker.log(step, {"loss": 1.0}, "train")
    tracker.close()  # the last checkpoint was at step 4
    tracker = resume(tmp_path, 4)
    for step in range(5, 11):
        tracker.log(step, {"loss": 2.0}, "train")
    tracker.close()
    expected = [(step, 1.0) for step in range(1, 5)] + [(step, 2.0) for step in range(5, 11)]
    assert [(x["step"], x["loss"]) for x in read_metrics(tracker.path)] == expected
    assert curve(read_back(tmp_path), "train/loss") == expected


def test_a_run_may_be_resumed_many_times(tmp_path):
    for resumed, last in ((0, 5), (3, 6), (6, 8), (2, 9)):
        tracker = resume(tmp_path, resumed)
        for step in range(resumed + 1, last + 1):
            tracker.log(step, {"loss": last}, "train")
        tracker.close()
    expected = [(1, 5.0), (2, 5.0), *((step, 9.0) for step in range(3, 10))]
    assert [(x["step"], x["loss"]) for x in read_metrics(tracker.path)] == expected
    assert curve(read_back(tmp_path), "train/loss") == expected


def test_a_run_that_was_killed_before_its_first_checkpoint_begins_anew(tmp_path):
    for loss in (1.0, 2.0):
        tracker = resume(tmp_path, 0)
        tracker.log_layout({"losses": ["train/loss"]})
        for step in (1, 2, 3):
            tracker.log(step, {"loss": loss}, "train")
        tracker.close()
    assert [(x["step"], x["loss"]) for x in read_metrics(tracker.path)] == [(1, 2), (2, 2), (3, 2)]
    assert curve(read_back(tmp_path), "train/loss") == [(1, 2), (2, 2), (3, 2)]


def test_a_line_that_a_kill_cut_off_is_left_out(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 1, "prefix": "train", "loss": 2.0}\n{"step": 2, "pre')
    assert [line["step"] for line in read_metrics(path)] == [1]
    tracker = Tracker(tmp_path, resumed_step=1)
    tracker.log(2, {"loss": 1.0}, "train")
    tracker.close()
    assert [line["step"] for line in read_metrics(path)] == [1, 2]


def test_a_missing_log_has_no_lines(tmp_path):
    assert read_metrics(tmp_path / "metrics.jsonl") == []


@pytest.mark.parametrize("resumed", [False, True])
def test_layout_and_hyperparameters_are_there(tmp_path, resumed):
    for resumed_step in (0, 5) if resumed else (0,):
        tracker = Tracker(tmp_path, resumed_step)
        tracker.log_layout({"losses": ["train/loss", "validation/loss"]})
        tracker.log_hyperparameters({"rate": 0.5, "preset": "tiny", "units": None, "deep": True})
        tracker.close()
    accumulator = read_back(tmp_path)
    (tag,) = [tag for tag in accumulator.Tags()["tensors"] if "custom_scalars" in tag]
    content = tf.make_ndarray(accumulator.Tensors(tag)[-1].tensor_proto).item()
    (category,) = layout_pb2.Layout.FromString(content).category
    assert category.chart[0].title == "losses"
    assert list(category.chart[0].multiline.tag) == ["^train/loss$", "^validation/loss$"]
    content = accumulator.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    values = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info.hparams
    assert values["rate"].number_value == 0.5
    assert values["preset"].string_value == "tiny"
    assert values["deep"].bool_value
    assert "units" not in values


def test_texts_pictures_and_weights_are_there(tmp_path):
    import keras

    model = keras.Sequential([keras.layers.Dense(2, name="dense")])
    model.build((None, 3))
    tracker = Tracker(tmp_path)
    tracker.log_text(3, "sample", "Once upon a time")
    tracker.log_image(3, "attention", np.zeros((4, 5, 3), np.uint8))
    tracker.log_weights(3, model)
    tracker.close()
    accumulator = read_back(tmp_path)
    tags = set(accumulator.Tags()["tensors"])
    assert {"sample", "attention"} < tags
    assert {tag for tag in tags if tag.startswith("weights/")} == {
        f"weights/{variable.path}" for variable in model.trainable_variables
    }
    (text,) = accumulator.Tensors("sample")
    assert text.step == 3
    assert tf.make_ndarray(text.tensor_proto).item() == b"Once upon a time"
