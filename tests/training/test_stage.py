"""What the post-training stages share: where they start, what they write, how they resume."""

import dataclasses
import json
from pathlib import Path
from typing import ClassVar

import keras
import numpy as np
import pytest
import tensorflow as tf

from assignment.config import RewardModelConfig, StageConfig, TransformerConfig
from assignment.layers.lora import apply_lora
from assignment.models.building import build_model
from assignment.training.checkpoints import Checkpointer
from assignment.training.optimizers import AdamW
from assignment.training.runs import RunDirectory
from assignment.training.stage import Stage
from assignment.training.together import Together
from assignment.training.tracking import read_metrics
from assignment.training.update import update

MODEL = TransformerConfig(400, 6, 2, 2, 8, 8, dropout=0.2)
IDS = np.array([[5, 3, 99]])


@dataclasses.dataclass(frozen=True)
class PracticeConfig(StageConfig):
    stage: ClassVar = "practice"
    presets: ClassVar = {
        "tiny": {"steps": 6, "batch_size": 4, "learning_rate": 0.1, "evaluate_every": 2}
    }


def make_run(path: Path, tokenizer, config=MODEL, stage="train") -> RunDirectory:
    run = RunDirectory(path)
    run.create(stage, config, {"corpus": "stories"}, tokenizer)
    keras.utils.set_random_seed(0)
    save(build_model(config), run)
    return run


def save(model, run: RunDirectory) -> None:
    optimizer = AdamW()
    optimizer.build(model.trainable_variables)
    Checkpointer(model, optimizer, run.checkpoints).save(1)


@pytest.fixture
def source(tmp_path, story_tokenizer) -> RunDirectory:
    return make_run(tmp_path / "source", story_tokenizer)


def practice(source: RunDirectory, name: str, killed_at: int | None = None, **changes) -> Stage:
    """Pull the weights towards numbers drawn for each step, to the end or until a step."""
    config = PracticeConfig(from_run=source.path, run_dir=source.path.parent / name, **changes)
    stage = Stage(config.resolve())
    model = stage.load_source()
    stage.start(model, stage.make_optimizer(model.trainable_variables))

    @tf.function
    def step(goal):
        def loss_fn():
            distances = [tf.reduce_mean(tf.abs(v - goal)) for v in model.trainable_variables]
            return tf.add_n(distances), {"goal": goal}

        return update(model, stage.optimizer, loss_fn, 1.0)

    def batch(step):
        if step == killed_at:
            raise InterruptedError
        return (tf.constant(np.random.default_rng(step).normal(), tf.float32),)

    def evaluate(step):
        stage.show(step, f"after {step}")
        return {"loss": float(abs(step - 4)), "score": float(step)}

    stage.run(step, batch, evaluate)
    return stage


def state(stage: Stage) -> list[bytes]:
    values = [*stage.model.variables, *stage.optimizer.variables]
    return [np.asarray(value).tobytes() for value in values]


def test_a_killed_stage_that_goes_on_ends_in_the_same_state(source):
    whole = practice(source, "whole")
    with pytest.raises(InterruptedError):
        practice(source, "killed", killed_at=4)
    resumed = practice(source, "killed")
    assert resumed.start_step == 2
    assert state(resumed) == state(whole)
    logs = [read_metrics(stage.run_directory.metrics) for stage in (whole, resumed)]
    steps = [[(line["step"], line["prefix"]) for line in log] for log in logs]
    assert steps[0] == steps[1]
    texts = [stage.run_directory.samples.read_text() for stage in (whole, resumed)]
    assert texts[0] == texts[1] == "".join(f"--- step {s}\nafter {s}\n" for s in (0, 2, 4, 6))


def test_a_stage_killed_before_its_first_checkpoint_begins_again(source):
    with pytest.raises(InterruptedError):
        practice(source, "killed", killed_at=1)
    assert state(practice(source, "killed")) == state(practice(source, "whole"))


def test_the_rate_that_is_logged_is_that_of_the_step(source):
    stage = practice(source, "run", log_every=1, warmup_steps=3)
    lines = read_metrics(stage.run_directory.metrics)
    rates = [line["learning_rate"] for line in lines if line["prefix"] == "train"]
    np.testing.assert_allclose(rates[:3], [0.1 / 3, 0.2 / 3, 0.1], rtol=1e-5)
    assert rates[2] > rates[3] > rates[4] > rates[5]
    np.testing.assert_allclose(rates[5], 0.01, rtol=1e-5)


def test_the_weights_of_the_best_step_stay_in_the_end(source):
    stage = practice(source, "run")
    assert int(stage.checkpointer.step) == 4  # the smallest loss
    before, after = stage.first_and_last()
    assert (before["step"], after["step"]) == (0, 4)
    best = RunDirectory(stage.run_directory.path).load_model()
    np.testing.assert_array_equal(best(IDS), stage.model(IDS))


def test_the_source_is_not_changed_and_is_known_as_the_parent(source, tmp_path):
    before = {path: path.read_bytes() for path in source.path.rglob("*") if path.is_file()}
    logits = source.load_model()(IDS).numpy()
    run = practice(source, "run").run_directory
    assert {path: path.read_bytes() for path in source.path.rglob("*") if path.is_file()} == before
    np.testing.assert_array_equal(source.load_model()(IDS), logits)
    assert run.stage() == "practice"
    assert run.parent().path == source.path
    assert run.pre_training().path == source.path
    assert source.parent() is None
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for path in (source.path, run.path):
        path.rename(moved / path.name)
    assert RunDirectory(moved / "run").parent().stage() == "train"


def test_dropout_is_off_after_supervised_fine_tuning(source):
    model = practice(source, "run").model
    np.testing.assert_array_equal(model(IDS, training=True), model(IDS, training=False))


def test_a_run_of_another_configuration_or_parent_is_refused(source, story_tokenizer):
    practice(source, "run")
    with pytest.raises(ValueError, match=r"seed was 0, now 1.*another --run-dir"):
        practice(source, "run", seed=1)
    other = make_run(source.path.parent / "other", story_tokenizer)
    with pytest.raises(ValueError, match=r"parent was '../source', now '../other'"):
        practice(other, "run")
    with pytest.raises(ValueError, match="already holds a run"):
        practice(source, "run", resume=False)


def test_what_is_no_run_and_what_is_a_reward_model_is_refused(source, story_tokenizer):
    nothing = RunDirectory(source.path.parent / "nothing")
    with pytest.raises(ValueError, match="nothing is not a run directory"):
        practice(nothing, "run")
    config = RewardModelConfig(**dataclasses.asdict(MODEL))
    rewards = make_run(source.path.parent / "rewards", story_tokenizer, config, "reward_model")
    with pytest.raises(ValueError, match=r"rewards holds a reward model.*assignment\.sft"):
        practice(rewards, "run")
    assert not (source.path.parent / "run").exists()


def test_a_run_of_several_models_gives_back_the_first(tmp_path, story_tokenizer):
    run = RunDirectory(tmp_path / "run")
    run.create("ppo", MODEL, {}, story_tokenizer)
    actor, critic = build_model(MODEL), build_model(RewardModelConfig(**dataclasses.asdict(MODEL)))
    save(Together(actor, critic, keras.Variable(0.5)), run)
    np.testing.assert_array_equal(run.load_model("latest")(IDS), actor(IDS))


@pytest.mark.parametrize("embedding_rank", [0, 3])
def test_low_rank_changes_are_merged_when_a_run_is_loaded(
    tmp_path, story_tokenizer, embedding_rank
):
    run = RunDirectory(tmp_path / "run")
    settings = {"lora_rank": 2, "lora_alpha": 3.0, "lora_embedding_rank": embedding_rank}
    run.create("sft", MODEL, settings, story_tokenizer)
    model = build_model(MODEL)
    apply_lora(model, rank=2, alpha=3.0, embedding_rank=embedding_rank)
    for variable in model.trainable_variables:
        variable.assign(np.random.default_rng(0).normal(size=variable.shape))
    save(model, run)
    loaded = run.load_model("latest")
    np.testing.assert_allclose(loaded(IDS), model(IDS), rtol=1e-4, atol=1e-5)
    assert len(loaded.trainable_variables) == len(build_model(MODEL).trainable_variables)


def test_an_update_descends_the_gradient_and_returns_the_metrics():
    layer = keras.layers.Dense(1, use_bias=False)
    layer.build((None, 2))
    layer.kernel.assign([[3.0], [4.0]])

    def loss_fn():
        return tf.reduce_sum(layer.kernel**2) / 2, {"first": layer.kernel[0, 0]}

    metrics = update(layer, keras.optimizers.SGD(0.1), loss_fn, max_norm=2.5)
    assert {name: float(value) for name, value in metrics.items()} == {
        "loss": 12.5,
        "gradient_norm": 5.0,
        "first": 3.0,
    }
    np.testing.assert_allclose(layer.kernel[:, 0], [3 - 0.1 * 1.5, 4 - 0.1 * 2.0], rtol=1e-6)


def test_a_training_step_may_ask_for_anything_that_a_model_has(monkeypatch):
    def train_step(model, optimizer, batch, loss_fn, max_norm):
        with tf.GradientTape() as tape:
            loss = loss_fn(model(*batch, training=True))
        gradients = tape.gradient(loss, model.trainable_weights)
        optimizer.apply_gradients(zip(gradients, model.trainable_weights, strict=True))
        return {"loss": loss, "layers": len(model.layers)}

    monkeypatch.setattr("assignment.training.update.train_step", train_step)
    model = keras.Sequential([keras.Input([2]), keras.layers.Dense(1, use_bias=False)])
    kernel = model.layers[0].kernel
    kernel.assign([[1.0], [1.0]])
    optimizer = keras.optimizers.SGD(0.1)
    metrics = update(model, optimizer, lambda: (tf.reduce_sum(kernel**2), {}), max_norm=1.0)
    assert metrics["layers"] == 1
    np.testing.assert_allclose(kernel, [[0.8], [0.8]], rtol=1e-6)


def test_settings_leave_out_where_the_runs_are():
    config = PracticeConfig(from_run=Path("a"), run_dir=Path("b"), log_every=3).resolve()
    assert config.settings() == PracticeConfig().resolve().settings()
    json.dumps(config.settings())
