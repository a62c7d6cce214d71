import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

from assignment.config import RecurrentConfig, TransformerConfig
from assignment.models.building import build_model
from assignment.training.checkpoints import Checkpointer
from assignment.training.optimizers import AdamW
from assignment.training.runs import RunDirectory

TRANSFORMER = TransformerConfig(400, 6, 2, 2, 8, 8, dropout=0.1, positions="learned")
RECURRENT = RecurrentConfig(400, 4, 5, 2, 8, "lstm", attention=True, dropout=0.1)
SETTINGS = {"corpus": "stories", "steps": 7, "seed": 0}
IDS = np.array([[5, 3, 99]])


@pytest.fixture
def run(tmp_path, story_tokenizer):
    run = RunDirectory(tmp_path / "run")
    run.create("train", TRANSFORMER, SETTINGS, story_tokenizer)
    return run


def save(run, config, *saves):
    """Save fresh weights for each (step, metric); the logits of each."""
    model = build_model(config)
    optimizer = AdamW()
    optimizer.build(model.trainable_variables)
    checkpointer = Checkpointer(model, optimizer, run.checkpoints)
    logits = []
    for step, metric in saves:
        for variable in model.trainable_variables:
            variable.assign(np.random.default_rng(step).normal(size=variable.shape))
        checkpointer.save(step, metric)
        logits.append(np.asarray(model(IDS)))
    return logits


@pytest.mark.parametrize("config", [TRANSFORMER, RECURRENT], ids=["transformer", "recurrent"])
def test_a_model_comes_back_from_its_directory_alone(tmp_path, story_tokenizer, config):
    run = RunDirectory(tmp_path / "run")
    run.create("train", config, SETTINGS, story_tokenizer)
    best, latest = save(run, config, (1, 0.5), (2, 0.7))
    model = RunDirectory(tmp_path / "run").load_model()
    assert model.config == config
    np.testing.assert_array_equal(model(IDS), best)
    np.testing.assert_array_equal(run.load_model("latest")(IDS), latest)


def test_without_a_best_checkpoint_the_latest_is_taken(run):
    (latest,) = save(run, TRANSFORMER, (1, None))
    np.testing.assert_array_equal(run.load_model("best")(IDS), latest)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("change", [{"num_layers": 1}, {"num_layers": 3}, {"intermediate_dim": 9}])
def test_weights_of_a_model_of_other_code_are_refused_in_one_line(run, change):
    save(run, dataclasses.replace(TRANSFORMER, **change), (1, None))
    with pytest.raises(ValueError, match="other variables than this one: the code has changed"):
        run.load_model()


@pytest.mark.parametrize("name", ["network", "model"])
def test_weights_that_are_saved_in_another_way_are_named_as_such(run, name):
    model = build_model(TRANSFORMER)
    checkpoint = tf.train.Checkpoint(**{name: model})
    tf.train.CheckpointManager(checkpoint, str(run.checkpoints), 1).save()
    with pytest.raises(ValueError, match="has no list of variables under the name model"):
        run.load_model()


@pytest.mark.parametrize("content", ["{}", "[]", "{", '{"stage": "train"}'])
def test_a_damaged_description_is_named(run, content):
    (run.path / "config.json").write_text(content)
    with pytest.raises(ValueError, match=r"config\.json is damaged: "):
        run.model_config()


@pytest.mark.parametrize("content", [b"", b"no tokenizer"])
def test_a_damaged_tokenizer_is_named(run, content):
    (run.path / "tokenizer.model").write_bytes(content)
    with pytest.raises(ValueError, match=r"tokenizer\.model is damaged: "):
        run.tokenizer()


def test_tokenizer_and_settings_come_back(run, story_tokenizer):
    assert run.exists()
    assert run.settings() == SETTINGS
    assert run.tokenizer().encode("a fox") == story_tokenizer.encode("a fox")


def test_the_same_configuration_passes(run):
    run.check_same("train", TRANSFORMER, SETTINGS)


def test_every_difference_is_listed(run):
    model = dataclasses.replace(TRANSFORMER, num_layers=3)
    settings = {**SETTINGS, "steps": 9, "new": 1}
    with pytest.raises(ValueError) as error:
        run.check_same("sft", model, settings)
    for difference in (
        "stage was 'train', now 'sft'",
        "model.num_layers was 2, now 3",
        "steps was 7, now 9",
        "new was None, now 1",
    ):
        assert difference in str(error.value)
    assert "seed" not in str(error.value)


def test_another_kind_of_model_is_a_difference(run):
    with pytest.raises(ValueError, match=r"model\.kind was 'transformer', now 'recurrent'"):
        run.check_same("train", RECURRENT, SETTINGS)


def test_a_directory_that_is_no_run_is_refused(tmp_path):
    run = RunDirectory(tmp_path / "nothing")
    assert not run.exists()
    for use in (run.load_model, run.settings):
        with pytest.raises(ValueError, match=r"nothing is not a run directory"):
            use()


def test_checkpoints_of_an_unknown_run_are_not_continued(run, story_tokenizer):
    save(run, TRANSFORMER, (3, 0.5))
    (run.path / "config.json").unlink()
    with pytest.raises(ValueError, match=r"holds checkpoints, and no config\.json"):
        run.create("train", TRANSFORMER, SETTINGS, story_tokenizer)


def test_nothing_is_left_of_an_attempt_without_a_checkpoint_but_what_describes_it(run):
    described = set(run.path.iterdir())
    events = run.path / "events.out.tfevents.1.host"
    for path in (run.metrics, run.samples, run.rankings, run.reference_log_probs, events):
        path.write_text("of another seed")
    run.forget_after(0)
    assert set(run.path.iterdir()) == described


def test_a_run_that_goes_on_keeps_what_was_computed_before_its_first_step(run):
    for path in (run.rankings, run.reference_log_probs):
        path.write_text("of this run")
    run.forget_after(3)
    assert run.rankings.exists()
    assert run.reference_log_probs.exists()


def test_a_run_without_a_checkpoint_says_so(run):
    with pytest.raises(ValueError, match="has no checkpoint"):
        run.load_model()


def test_the_configuration_is_readable_json(run):
    described = json.loads((run.path / "config.json").read_text())
    assert described["model"]["kind"] == "transformer"
    assert described["stage"] == "train"
