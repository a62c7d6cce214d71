"""PPO and GRPO as whole stages, with a model of a few thousand weights."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from assignment.alignment import ppo_steps, solving
from assignment.config import GRPOConfig, PPOConfig, TransformerConfig
from assignment.grpo import grpo
from assignment.models.building import build_model, build_reward_model
from assignment.ppo import ppo
from assignment.training.checkpoints import Checkpointer
from assignment.training.optimizers import AdamW
from assignment.training.runs import RunDirectory
from assignment.training.stage import Stage
from assignment.training.tracking import read_metrics

pytestmark = pytest.mark.slow

MODEL = TransformerConfig(400, 8, 1, 2, 16, 80)
QUICK = {"steps": 4, "batch_size": 24, "evaluate_every": 2, "log_every": 1, "warmup_steps": 0}


def save(model, run: RunDirectory) -> None:
    optimizer = AdamW()
    optimizer.build(model.trainable_variables)
    Checkpointer(model, optimizer, run.checkpoints).save(1)


@pytest.fixture
def source(tmp_path, story_tokenizer, stories, data_directory) -> RunDirectory:
    """A policy that knows nothing."""
    corpus = tmp_path / "corpus.txt"
    corpus.write_text(stories)
    run = RunDirectory(tmp_path / "source")
    run.create("train", MODEL, {"corpus": str(corpus)}, story_tokenizer)
    keras.utils.set_random_seed(0)
    save(build_model(MODEL), run)
    return run


@pytest.fixture
def reward_run(source, story_tokenizer) -> RunDirectory:
    run = RunDirectory(source.path.parent / "reward_model")
    keras.utils.set_random_seed(1)
    model = build_reward_model(source.load_model())
    run.create("reward_model", model.config, {}, story_tokenizer, source)
    save(model, run)
    return run


@pytest.fixture
def loaded(monkeypatch) -> dict[str, list]:
    """The models that a stage has loaded, in their order."""
    models: dict[str, list] = {"source": [], "reward": []}
    load_source, load_reward_model = Stage.load_source, ppo_steps.load_reward_model

    def remember(kind, model):
        models[kind].append(model)
        return model

    monkeypatch.setattr(Stage, "load_source", lambda s: remember("source", load_source(s)))
    monkeypatch.setattr(
        ppo_steps, "load_reward_model", lambda c, s: remember("reward", load_reward_model(c, s))
    )
    return models


@pytest.fixture
def paid_for_even_lengths(monkeypatch):
    """A policy that knows nothing solves no problem, and would learn nothing from equal rewards."""
    monkeypatch.setattr(
        solving, "exact_answer_reward", lambda text, answer: float(len(text) % 2 == 0)
    )


def run_grpo(source: RunDirectory, name: str, **changes) -> Path:
    run_dir = source.path.parent / name
    settings = QUICK | {"group_size": 4, "max_new_tokens": 8, "learning_rate": 0.01} | changes
    grpo(GRPOConfig(from_run=source.path, run_dir=run_dir, **settings))
    return run_dir


def run_ppo(source: RunDirectory, reward_run: RunDirectory, name: str, **changes) -> Path:
    run_dir = source.path.parent / name
    settings = QUICK | {"max_new_tokens": 8, "learning_rate": 0.01, "batch_size": 32} | changes
    ppo(PPOConfig(from_run=source.path, reward_model=reward_run.path, run_dir=run_dir, **settings))
    return run_dir


def tensors(run_dir: Path) -> dict[str, bytes]:
    reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(run_dir / "checkpoints")))
    names = reader.get_variable_to_shape_map()
    kept = [n for n in names if n != "_CHECKPOINTABLE_OBJECT_GRAPH" and "save_counter" not in n]
    return {name: reader.get_tensor(name).tobytes() for name in kept}


def logged(run_dir: Path, prefix: str) -> list[dict]:
    """What was measured, without what depends on the clock."""
    lines = [line for line in read_metrics(run_dir / "metrics.jsonl") if line["prefix"] == prefix]
    return [{k: v for k, v in line.items() if not k.endswith("per_second")} for line in lines]


def assert_same(run_dir: Path, expected: Path) -> None:
    assert tensors(run_dir) == tensors(expected)
    for prefix in ("train", "validation"):
        assert logged(run_dir, prefix) == logged(expected, prefix)
    assert (run_dir / "samples.txt").read_text() == (expected / "samples.txt").read_text()


def die_at_call(number: int, function):
    calls = []

    def dying(*args):
        calls.append(args)
        if len(calls) == number:
            raise InterruptedError
        return function(*args)

    return dying


def weights(model) -> np.ndarray:
    return np.concatenate([np.ravel(v) for v in model.trainable_variables])


def test_a_killed_run_of_grpo_goes_on_to_the_same_end(
    source, loaded, paid_for_even_lengths, monkeypatch
):
    changes = {"kl_coefficient": 0.1, "kl_kind": "k2", "temperature": 0.9}
    whole = run_grpo(source, "whole", **changes)
    policy, reference = loaded["source"]
    assert np.any(weights(policy) != weights(source.load_model()))
    np.testing.assert_array_equal(weights(reference), weights(source.load_model()))

    with monkeypatch.context() as patched:
        # The parts of the validations at step 0 and 2, and the third step of training.
        calls = 2 * (solving.TRIED // QUICK["batch_size"]) + 3
        patched.setattr(solving, "rewards_by_rule", die_at_call(calls, solving.rewards_by_rule))
        with pytest.raises(InterruptedError):
            run_grpo(source, "killed", **changes)
    assert [line["step"] for line in logged(source.path.parent / "killed", "train")] == [1, 2]
    assert_same(run_grpo(source, "killed", **changes), whole)


def test_grpo_starts_at_ratio_one_and_at_its_reference(source, paid_for_even_lengths):
    run_dir = run_grpo(source, "run", steps=1, minibatches=1, kl_coefficient=0.1)
    (first,) = logged(run_dir, "train")
    assert first["clip_fraction"] == 0
    assert first["policy_moved"] == pytest.approx(0, abs=1e-6)
    assert first["kl_per_token"] == pytest.approx(0, abs=1e-5)
    before, after = logged(run_dir, "validation")
    assert before["kl"] == pytest.approx(0, abs=1e-4)
    assert abs(after["kl"]) > 1e-4


def test_a_killed_run_of_ppo_goes_on_to_the_same_end(source, reward_run, loaded, monkeypatch):
    changes = {"kl_target": 0.5, "ptx_coefficient": 0.1, "entropy_coefficient": 0.01}
    whole = run_ppo(source, reward_run, "whole", **changes)
    policy, reference = loaded["source"]
    assert np.any(weights(policy) != weights(source.load_model()))
    np.testing.assert_array_equal(weights(reference), weights(source.load_model()))
    np.testing.assert_array_equal(weights(loaded["reward"][0]), weights(reward_run.load_model()))
    coefficients = [line["kl_coefficient"] for line in logged(whole, "train")]
    assert coefficients[0] == pytest.approx(0.1)
    assert len(set(coefficients)) == 4  # it adapts

    with monkeypatch.context() as patched:
        patched.setattr(ppo_steps, "adapt_coefficient", die_at_call(3, ppo_steps.adapt_coefficient))
        with pytest.raises(InterruptedError):
            run_ppo(source, reward_run, "killed", **changes)
    assert [line["step"] for line in logged(source.path.parent / "killed", "train")] == [1, 2]
    resumed = run_ppo(source, reward_run, "killed", **changes)
    assert_same(resumed, whole)
    assert json.loads((resumed / "start.json").read_text())
    assert (resumed / "reward-against-kl.png").stat().st_size > 1000


def test_ppo_starts_at_ratio_one_and_at_its_reference(source, reward_run):
    run_dir = run_ppo(source, reward_run, "run", steps=1, epochs=1, minibatches=1)
    (first,) = logged(run_dir, "train")
    assert first["clip_fraction"] == 0
    assert first["policy_moved"] == pytest.approx(0, abs=1e-6)
    assert first["kl"] == pytest.approx(0, abs=1e-4)
    assert first["ended"] < 1  # eight tokens are too few for a story
    before, _ = logged(run_dir, "validation")
    assert before["kl"] == pytest.approx(0, abs=1e-4)
    assert before["win_rate"] == 0.5
    assert before["gold_reward"] == pytest.approx(
        sum(
            value
            for name, value in before.items()
            if name.startswith("gold_") and name != "gold_reward"
        )
    )
