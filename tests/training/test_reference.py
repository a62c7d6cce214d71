import dataclasses
import json

import numpy as np
import pytest

from assignment.config import GRPOConfig, TrainConfig
from assignment.training.reference import (
    ReferenceCurve,
    load_reference,
    record_reference,
    reference_path,
)

CURVE = ReferenceCurve(
    steps=np.array([10, 20, 30, 40]),
    mean=np.array([3.0, 2.0, 1.5, 1.2]),
    lower=np.array([2.8, 1.9, 1.4, 1.1]),
    upper=np.array([3.2, 2.1, 1.6, 1.3]),
    seeds=5,
)


def validation(**losses):
    return [
        {"step": int(name[1:]), "prefix": "validation", "loss": loss}
        for name, loss in losses.items()
    ]


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ({"s10": 3.1, "s20": 2.0, "s30": 1.6}, "inside the band of 5 seeds since step 10"),
        ({"s10": 4.0, "s20": 2.0, "s30": 1.5}, "inside the band of 5 seeds since step 20"),
        ({"s10": 3.0, "s20": 2.2, "s30": 1.7}, "above the band of 5 seeds since step 20"),
        ({"s10": 3.0, "s20": 2.0, "s30": 1.0}, "below the band of 5 seeds since step 30"),
        (
            {"s10": 9.0, "s20": 2.0, "s30": 9.0, "s40": 9.0},
            "above the band of 5 seeds since step 30",
        ),
        ({"s15": 3.0, "s25": 2.0}, "no step in common"),
        ({}, "no step in common"),
    ],
)
def test_the_verdict_says_on_which_side_and_since_when(losses, expected):
    assert CURVE.verdict(validation(**losses)).startswith(expected)


def test_where_larger_is_better_above_the_band_is_good_news():
    curve = dataclasses.replace(CURVE, metric="pass_at_1", higher_is_better=True)
    for value, words in ((9.0, "better than the reference"), (0.1, "something may be wrong")):
        lines = [{"step": 10, "prefix": "validation", "loss": 3.0, "pass_at_1": value}]
        assert words in curve.verdict(lines)


def test_a_stage_is_compared_by_what_it_is_for(tmp_path, data_directory):
    config = GRPOConfig().resolve()
    _, model = TrainConfig().resolve()
    runs = []
    for seed, solved in enumerate((0.8, 0.9)):
        runs.append(tmp_path / str(seed))
        runs[-1].mkdir()
        line = {"step": 20, "prefix": "validation", "loss": 0.0, "pass_at_1": solved}
        (runs[-1] / "metrics.jsonl").write_text(json.dumps(line) + "\n")
    record_reference(reference_path("grpo", model, config.settings()), "grpo", runs)
    reference = load_reference("grpo", model, dataclasses.replace(config, seed=5).settings())
    assert (reference.metric, reference.higher_is_better) == ("pass_at_1", True)
    assert reference.at(20)["mean"] == pytest.approx(0.85)
    other = dataclasses.replace(config, group_size=4).settings()
    assert load_reference("grpo", model, other) is None


def test_only_validation_is_compared():
    lines = [{"step": 10, "prefix": "train", "loss": 99.0}, *validation(s10=3.0)]
    assert CURVE.verdict(lines).startswith("inside")


def test_the_curve_at_a_step_or_nothing_between_steps():
    assert CURVE.at(20) == {"mean": 2.0, "lower": 1.9, "upper": 2.1}
    assert CURVE.at(25) is None


def write_run(directory, curve):
    directory.mkdir()
    lines = [{"step": step, "prefix": "validation", "loss": loss} for step, loss in curve.items()]
    lines.append({"step": 10, "prefix": "train", "loss": 77.0})
    (directory / "metrics.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    return directory


def test_a_recorded_reference_is_the_mean_and_three_deviations(tmp_path, data_directory):
    config, model = TrainConfig(preset="smoke").resolve()
    settings = config.settings()
    runs = [
        write_run(tmp_path / "a", {10: 3.0, 20: 2.0, 25: 1.9}),
        write_run(tmp_path / "b", {10: 4.0, 20: 2.0}),
        write_run(tmp_path / "c", {10: 5.0, 20: 2.0}),
    ]
    assert load_reference("train", model, settings) is None
    path = reference_path("train", model, settings)
    assert path.is_relative_to(data_directory)
    record_reference(path, "train", runs)
    reference = load_reference("train", model, settings)
    assert reference.seeds == 3
    np.testing.assert_array_equal(reference.steps, [10, 20])
    assert reference.at(10) == pytest.approx({"mean": 4.0, "lower": 1.0, "upper": 7.0})
    # Seeds that agree by chance do not make a band without width.
    assert reference.at(20) == pytest.approx({"mean": 2.0, "lower": 1.98, "upper": 2.02})


def test_every_configuration_has_its_own_reference_but_every_seed_the_same():
    config, model = TrainConfig(preset="smoke").resolve()
    path = reference_path("train", model, config.settings())
    for same in ({"seed": 5}, {"strategy": "mirrored"}, {"log_every": 1}):
        other, other_model = TrainConfig(preset="smoke", **same).resolve()
        assert reference_path("train", other_model, other.settings()) == path
    for different in ({"steps": 601}, {"learning_rate": 1.0}, {"positions": "learned"}):
        other, other_model = TrainConfig(preset="smoke", **different).resolve()
        assert reference_path("train", other_model, other.settings()) != path
