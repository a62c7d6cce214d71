import dataclasses
import warnings

import numpy as np
import pytest
import tensorflow as tf

from assignment.config import RecurrentConfig, TransformerConfig
from assignment.models.building import build_model
from assignment.training.checkpoints import Checkpointer, DamagedCheckpointsError
from assignment.training.loop import train_step
from assignment.training.losses import next_token_loss
from assignment.training.optimizers import AdamW, WarmupCosine

TRANSFORMER = TransformerConfig(11, 6, 2, 2, 8, 8, dropout=0.3)
LSTM = RecurrentConfig(11, 4, 5, 2, 8, "lstm", dropout=0.3)
TOKENS = np.random.default_rng(0).integers(0, 11, (100, 2, 7)).astype(np.int32)


def fresh(config, directory, keep=3):
    """A model with its optimizer and checkpointer, as a new process would make them."""
    model = build_model(config)
    optimizer = AdamW(WarmupCosine(0.01, 3, 20))
    optimizer.build(model.trainable_variables)
    return model, optimizer, Checkpointer(model, optimizer, directory, keep)


def train(model, optimizer, first, last):
    """Steps `first … last` on batches that depend on the step alone; the losses."""
    batches = [(TOKENS[step, :, :-1], TOKENS[step, :, 1:]) for step in range(first, last + 1)]
    return [
        float(train_step(model, optimizer, batch, next_token_loss, 1.0)["loss"])
        for batch in batches
    ]


def state(model, optimizer):
    return [np.array(v) for v in (*model.variables, *optimizer.variables)]


def assert_equal_states(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def spoil(model, optimizer):
    for variable in (*model.variables, *optimizer.variables):
        variable.assign(tf.ones_like(variable))


@pytest.mark.parametrize("config", [TRANSFORMER, LSTM], ids=["transformer", "lstm"])
def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(config, tmp_path):
    model, optimizer, checkpointer = fresh(config, tmp_path)
    train(model, optimizer, 1, 3)
    checkpointer.save(3)
    saved = state(model, optimizer)
    losses = train(model, optimizer, 4, 6)

    resumed, resumed_optimizer, checkpointer = fresh(config, tmp_path)
    assert checkpointer.restore_latest() == 3
    assert_equal_states(state(resumed, resumed_optimizer), saved)
    assert train(resumed, resumed_optimizer, 4, 6) == losses
    assert_equal_states(state(resumed, resumed_optimizer), state(model, optimizer))


SMALL = dataclasses.replace(TRANSFORMER, num_layers=1)


@pytest.fixture
def run(tmp_path):
    return fresh(SMALL, tmp_path)


def save_steps(run, *steps, metrics=None):
    """Save at each step, with weights that tell the step."""
    model, _, checkpointer = run
    for step, metric in zip(steps, metrics or [None] * len(steps), strict=True):
        for variable in model.trainable_variables:
            variable.assign(tf.fill(variable.shape, float(step)))
        checkpointer.save(step, metric)


def step_of_the_weights(run) -> set[float]:
    return {float(x) for v in run[0].trainable_variables for x in np.ravel(v)}


def test_a_directory_without_checkpoints_has_nothing_to_restore(run):
    before = state(*run[:2])
    assert run[2].restore_latest() is None
    assert run[2].restore_best() is None
    assert_equal_states(state(*run[:2]), before)


def test_only_the_last_few_are_kept(tmp_path):
    run = fresh(SMALL, tmp_path, keep=2)
    save_steps(run, 10, 20, 30)
    assert {path.stem for path in tmp_path.glob("*.index")} == {"ckpt-20", "ckpt-30"}
    spoil(*run[:2])
    assert run[2].restore_latest() == 30
    assert step_of_the_weights(run) == {30}


def test_the_best_is_that_with_the_smallest_metric(run, tmp_path):
    save_steps(run, 1, 2, 3, 4, 5, metrics=[3.0, 1.0, 2.0, None, 1.0])
    again = fresh(SMALL, tmp_path)
    assert again[2].restore_best() == 2
    assert step_of_the_weights(again) == {2}
    assert again[2].restore_latest() == 5
    assert step_of_the_weights(again) == {5}


def test_a_resumed_run_remembers_its_best_metric(run, tmp_path):
    save_steps(run, 1, metrics=[1.0])
    again = fresh(SMALL, tmp_path)
    again[2].restore_latest()
    save_steps(again, 2, metrics=[2.0])
    assert again[2].restore_best() == 1


def truncate(path, share):
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def flip(path, share):
    content = bytearray(path.read_bytes())
    content[int(len(content) * share)] ^= 0x10
    path.write_bytes(content)


DATA, INDEX = "ckpt-3.data-00000-of-00001", "ckpt-3.index"
DAMAGES = {
    "data truncated": lambda d: truncate(d / DATA, 0.5),
    "data almost whole": lambda d: truncate(d / DATA, 0.99),
    "data empty": lambda d: truncate(d / DATA, 0),
    "data missing": lambda d: (d / DATA).unlink(),
    "bit at the beginning": lambda d: flip(d / DATA, 0.02),
    "bit in the middle": lambda d: flip(d / DATA, 0.5),
    "bit near the end": lambda d: flip(d / DATA, 0.9),
    "index truncated": lambda d: truncate(d / INDEX, 0.5),
    "index empty": lambda d: truncate(d / INDEX, 0),
    "index missing": lambda d: (d / INDEX).unlink(),
    "bit of the index": lambda d: flip(d / INDEX, 0.3),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_the_checkpoint_before_a_damaged_one_counts(run, tmp_path, damage):
    save_steps(run, 1, 2, 3)
    damage(tmp_path)
    again = fresh(SMALL, tmp_path)
    with pytest.warns(UserWarning, match="ckpt-3 is damaged"):
        assert again[2].restore_latest() == 2
    assert step_of_the_weights(again) == {2}


def test_an_undamaged_checkpoint_warns_of_nothing(run, tmp_path):
    save_steps(run, 1, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fresh(SMALL, tmp_path)[2].restore_latest() == 2


def test_when_all_are_damaged_it_is_said(run, tmp_path):
    save_steps(run, 1, 2)
    for path in tmp_path.glob("*.data*"):
        truncate(path, 0.5)
    with (
        pytest.warns(UserWarning, match="is damaged"),
        pytest.raises(DamagedCheckpointsError, match="None of the checkpoints"),
    ):
        fresh(SMALL, tmp_path)[2].restore_latest()


@pytest.mark.parametrize("part", [".", "best"])
def test_a_damaged_list_of_checkpoints_is_said(run, tmp_path, part):
    save_steps(run, 1)
    (tmp_path / part).mkdir(exist_ok=True)
    (tmp_path / part / "checkpoint").write_bytes(b"\xff\xfe no text")
    with pytest.raises(DamagedCheckpointsError, match="None of the checkpoints"):
        fresh(SMALL, tmp_path)


@pytest.mark.parametrize(
    "changes", [{"num_layers": 2}, {"hidden_dim": 8}, {"tie_embeddings": False}], ids=str
)
def test_a_model_of_another_shape_is_not_restored_silently(run, tmp_path, changes):
    save_steps(run, 1)
    other = fresh(dataclasses.replace(SMALL, **changes), tmp_path)
    with (
        warnings.catch_warnings(),
        pytest.raises(ValueError),
    ):
        warnings.simplefilter("ignore")
        other[2].restore_latest()


def test_what_a_killed_save_left_behind_is_removed(run, tmp_path):
    save_steps(run, 1, metrics=[1.0])
    for directory in (tmp_path, tmp_path / "best"):
        leftover = directory / "ckpt-2_temp"
        leftover.mkdir()
        (leftover / "part-00000-of-00001.data-00000-of-00001").write_bytes(b"half")
    run[2].remove_unfinished()
    assert not list(tmp_path.glob("**/*_temp"))
    assert run[2].restore_latest() == run[2].restore_best() == 1
