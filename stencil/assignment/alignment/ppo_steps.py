"""The compiled parts of a step of PPO: scoring a rollout, and updating actor and critic.

Shapes: B responses, T time.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from assignment.alignment.arrays import masked_mean
from assignment.alignment.log_probs import entropy, token_log_probs
from assignment.alignment.policy_gradient import (
    generalized_advantage_estimation,
    ppo_policy_loss,
    ppo_value_loss,
)
from assignment.alignment.rewards import kl_shaped_rewards
from assignment.alignment.rollouts import Rollout, response_log_probs, response_logits
from assignment.alignment.updates import describe_ratio, explained_variance, whiten
from assignment.config import PPOConfig, RewardModelConfig
from assignment.text.windows import next_token_windows, window_starts
from assignment.training.losses import next_token_loss
from assignment.training.runs import RunDirectory
from assignment.training.stage import Stage
from assignment.training.update import update

PTX_WINDOWS = 8
# β changes by at most a fifth of this share at each rollout.
ADAPTATION = 0.5


class Experience(NamedTuple):
    """What the updates of a step need besides the rollout: fixed before the first of them."""

    old_log_probs: tf.Tensor
    """`(B, T)`"""
    old_values: tf.Tensor
    """`(B, T)`"""
    advantages: tf.Tensor
    """`(B, T)`"""
    returns: tf.Tensor
    """`(B, T)`"""


def load_reward_model(config: PPOConfig, stage: Stage):
    """The reward model of the configuration.

    Raises:
        ValueError: There is none, or it is no reward model, or reads other tokens than the policy.
    """
    run = RunDirectory(config.reward_model_directory())
    if not run.exists():
        raise ValueError(
            f"{run.path} holds no reward model. Train one with python -m assignment.reward_model "
            f"--from {config.source}, or name its run directory with --reward-model"
        )
    if not isinstance(run.model_config(), RewardModelConfig):
        raise ValueError(f"{run.path} holds a language model. --reward-model needs a reward model.")
    if run.tokenizer().model_bytes != stage.tokenizer.model_bytes:
        raise ValueError(
            f"The reward model in {run.path} reads other tokens than the policy in {config.source} "
            "writes. Train one from this policy: python -m assignment.reward_model "
            f"--from {config.source}"
        )
    return run.load_model()


def response_values(critic, rollout: Rollout) -> tf.Tensor:
    """V_t, the critic's estimate before each target is written: `(B, T)`."""
    return critic.values(rollout.tokens[:, :-1])[:, -rollout.targets.shape[1] :]


def compile_scoring(actor, critic, reference, reward_model, config: PPOConfig):
    """`score(rollout, kl_coefficient) -> (Experience, metrics)`: rewards, values, advantages."""

    @tf.function(jit_compile=True)
    def score(rollout: Rollout, kl_coefficient):
        mask = rollout.mask
        logits = response_logits(actor, rollout, config.temperature)
        log_probs = token_log_probs(logits, rollout.targets)
        ref_log_probs = response_log_probs(reference, rollout, config.temperature)
        values = response_values(critic, rollout)
        scores = reward_model.rewards(rollout.tokens, rollout.total_lengths)
        cut_off = tf.cast(~rollout.ended, scores.dtype)
        rewards = kl_shaped_rewards(
            scores - config.missing_eos_penalty * cut_off,
            log_probs,
            ref_log_probs,
            mask,
            kl_coefficient,
        )
        advantages, returns = generalized_advantage_estimation(
            rewards, values, mask, config.gamma, config.lam
        )
        kl = tf.reduce_sum(tf.where(mask, log_probs - ref_log_probs, 0.0), axis=1)
        metrics = {
            "score": tf.reduce_mean(scores),
            "kl": tf.reduce_mean(kl),
            "kl_coefficient": kl_coefficient,
            "entropy": masked_mean(entropy(logits), mask),
            "explained_variance": explained_variance(values, returns, mask),
            "response_length": tf.reduce_mean(tf.cast(rollout.lengths, tf.float32)),
            "ended": 1 - tf.reduce_mean(cut_off),
        }
        if config.whiten_advantages:
            advantages = whiten(advantages, mask)
        return Experience(log_probs, values, advantages, returns), metrics

    return score


def compile_update(actor, critic, optimizers, config: PPOConfig):
    """`update_models(rollout, *experience, *windows) -> metrics`: one step of each optimizer.

    `windows` are inputs and targets of the pre-training text, if PPO-ptx is on.
    """
    actor_optimizer, critic_optimizer = optimizers

    @tf.function(jit_compile=True)
    def update_models(rollout, old_log_probs, old_values, advantages, returns, *windows):
        mask = rollout.mask

        def actor_loss():
            logits = response_logits(actor, rollout, config.temperature)
            log_probs = token_log_probs(logits, rollout.targets)
            loss = ppo_policy_loss(log_probs, old_log_probs, advantages, mask, config.epsilon)
            metrics = describe_ratio(log_probs, old_log_probs, mask, config.epsilon)
            if config.entropy_coefficient:
                loss -= config.entropy_coefficient * masked_mean(entropy(logits), mask)
            if windows:
                inputs, targets = windows
                metrics["ptx_loss"] = next_token_loss(actor(inputs), targets)
                loss += config.ptx_coefficient * metrics["ptx_loss"]
            return loss, metrics

        def critic_loss():
            values = response_values(critic, rollout)
            return ppo_value_loss(values, old_values, returns, mask, config.value_epsilon), {}

        metrics = update(actor, actor_optimizer, actor_loss, config.max_norm)
        of_critic = update(critic, critic_optimizer, critic_loss, config.max_norm)
        return metrics | {
            "value_loss": of_critic["loss"],
            "value_gradient_norm": of_critic["gradient_norm"],
        }

    return update_models


def adapt_coefficient(kl_coefficient, kl, config: PPOConfig) -> tf.Tensor:
    """β moved towards what brings the KL to its target (Ziegler et al. 2019): at most by a tenth.

    β ← β · (1 + K · clip(KL / target − 1, −0.2, 0.2))
    """
    error = tf.clip_by_value(kl / config.kl_target - 1.0, -0.2, 0.2)
    return kl_coefficient * (1.0 + ADAPTATION * error)


class PreTrainingText:
    """Windows of the text that the policy was pre-trained on, for PPO-ptx.

    Args:
        stage: The run.
    """

    def __init__(self, stage: Stage):
        self.tokens = stage.source.pre_training().corpus().train_tokens
        self.length = stage.model_config.max_sequence_length
        self.seed = stage.config.seed
        self.updates_per_step = stage.config.updates_per_step

    def windows(self, step: int, update: int) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and targets of an update, both `(8, context)`."""
        number = step * self.updates_per_step + update
        starts = window_starts(self.seed, number, PTX_WINDOWS, len(self.tokens), self.length)
        return next_token_windows(self.tokens, starts, self.length)
