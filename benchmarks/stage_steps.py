"""Steps of the stages after pre-training, against the trainers of `trl`.

    python -m benchmarks.stage_steps --peer-python PEER_ENVIRONMENT/bin/python

Both sides start from random weights and see random tokens of the same shapes. A step of GRPO is a
whole one: the policy writes responses of full length, they are rewarded, and there is one update.
"""

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import tyro

from assignment import command_line
from benchmarks.peers import Peer
from benchmarks.training_step import TINY, model_config
from benchmarks.turns import comparison, take_turns, write_results

SHAPES = {
    "SFT": TINY | {"batch_size": 32, "group_size": 1, "prompt_length": 32},
    "DPO": TINY | {"batch_size": 32, "group_size": 2, "prompt_length": 32},
    "GRPO": TINY | {"batch_size": 32, "group_size": 8, "prompt_length": 16, "length": 48},
}
NO_SUCH_TOKEN = -1


@dataclasses.dataclass(frozen=True)
class StagesConfig:
    """What is measured."""

    peer_python: Path
    """The Python of an environment made from benchmarks/requirements.txt."""
    rounds: int = 7
    """How many turns."""


def random_tokens(shape: dict, rows: int):
    """Token ids of full length."""
    import numpy as np

    return np.random.default_rng(0).integers(
        3, shape["vocabulary_size"], (rows, shape["length"]), np.int32
    )


def conversations(shape: dict, rows: int):
    """A batch of random conversations, as a stage gives it to its step."""
    import numpy as np

    from assignment.text.batches import Packed

    tokens = random_tokens(shape, rows)
    mask = np.arange(1, shape["length"]) >= shape["prompt_length"]
    return Packed(tokens[:, :-1], tokens[:, 1:], np.tile(mask, (rows, 1))).without_prompts()


def sft_step(shape: dict):
    """A function that makes one step of supervised fine-tuning."""
    import functools

    import tensorflow as tf

    from assignment.models.building import build_model
    from assignment.training.distribution import compile_step
    from assignment.training.losses import response_loss

    model = build_model(model_config(shape))
    loss_fn = functools.partial(response_loss, per_sequence=True)
    step = compile_step(model, built_optimizer(model), loss_fn, 1.0, tf.distribute.get_strategy())
    batch = conversations(shape, shape["batch_size"])
    return lambda: float(step(*batch)["loss"])


def dpo_step(shape: dict):
    """A function that makes one step of DPO, with the reference's log-probabilities at hand."""
    import numpy as np

    from assignment.config import DPOConfig
    from assignment.dpo import compile_step
    from assignment.models.building import build_model

    policy = build_model(model_config(shape))
    step = compile_step(policy, built_optimizer(policy), DPOConfig(preset="tiny").resolve())
    rows = shape["batch_size"] * shape["group_size"]
    pairs = (array.reshape(rows // 2, 2, -1) for array in conversations(shape, rows))
    batch = (*pairs, np.full((rows // 2, 2), -500.0, np.float32))
    return lambda: float(step(*batch)["loss"])


def grpo_step(shape: dict):
    """A function that makes one step of GRPO."""
    import numpy as np
    import tensorflow as tf

    from assignment.alignment.group_relative import group_advantages
    from assignment.alignment.rollouts import Prompts, RolloutSampler
    from assignment.config import GRPOConfig
    from assignment.grpo import compile_steps
    from assignment.models.building import build_model

    config = GRPOConfig(preset="tiny", minibatches=1).resolve()
    policy = build_model(model_config(shape))
    tokens = random_tokens(shape, shape["batch_size"])[:, : shape["prompt_length"]]
    prompts = Prompts(tokens, np.full(shape["batch_size"], shape["prompt_length"], np.int32))
    sampler = RolloutSampler(
        policy,
        SimpleNamespace(eos_id=NO_SUCH_TOKEN, pad_id=0),
        prompts,
        shape["group_size"],
        shape["length"] - shape["prompt_length"],
    )
    # No KL, so the reference is never called.
    measure, update_policy = compile_steps(policy, policy, built_optimizer(policy), config)
    random = np.random.default_rng(0)

    def step() -> float:
        rollout = sampler(prompts, (0, 0))
        rewards = random.normal(size=shape["batch_size"] * shape["group_size"])
        advantages = group_advantages(rewards.astype(np.float32), shape["group_size"])
        metrics = update_policy(rollout, tf.constant(advantages), measure(rollout))
        return float(metrics["loss"])

    return step


def built_optimizer(model):
    """AdamW, built for the model's weights."""
    from assignment.training.optimizers import AdamW

    optimizer = AdamW(1e-4)
    optimizer.build(model.trainable_variables)
    return optimizer


STEPS = {"SFT": sft_step, "DPO": dpo_step, "GRPO": grpo_step}


def main(config: StagesConfig) -> None:
    command_line.keep_freed_memory()
    compared = {}
    for stage, shape in SHAPES.items():
        with Peer(config.peer_python, f"{stage} step", shape) as peer:
            seconds = take_turns({"ours": STEPS[stage](shape), "trl": peer}, config.rounds)
        result = comparison(seconds)
        responses = shape["batch_size"] * shape["group_size"]
        result["responses_per_second"] = round(responses / result["seconds"]["ours"])
        compared[f"{stage}, {responses} responses of {shape['length']} tokens"] = result
    write_results("stage_steps", compared)


if __name__ == "__main__":
    main(tyro.cli(StagesConfig, description=__doc__))
