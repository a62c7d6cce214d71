"""Problems whose answers can be verified: the rewards by rule, and what is looked at in training.

Shapes: P problems, G responses to each, B = P·G.
"""

import numpy as np
import tensorflow as tf

from assignment.alignment.arrays import masked_mean
from assignment.alignment.log_probs import entropy, token_log_probs
from assignment.alignment.rewards import exact_answer_reward, extract_answer
from assignment.alignment.rollouts import (
    Rollout,
    RolloutSampler,
    encode_prompts,
    response_log_probs,
    response_logits,
)
from assignment.evaluation.estimators import pass_rates
from assignment.text.datasets import Dataset
from assignment.training.stage import Stage
from assignment.training.summary import print_stage_summary

# Held-out problems that are tried at each validation.
TRIED = 96
SHOWN = 3
CHARTS = {
    "solved: in training, held out": ["train/right", "validation/pass_at_1"],
    "reward and its spread within groups": ["train/reward", "train/reward_std"],
    "groups of equal rewards": ["train/equal_groups"],
    "response length": ["train/response_length", "validation/response_length"],
    "entropy and KL": ["train/entropy", "validation/kl"],
}


class Problems:
    """The problems of a data set, as prompts of one shape with their answers.

    Args:
        data: Its records are `Problem`s.
        tokenizer: The policy's.
        longest: How long a prompt may be; problems with longer ones are left out.
    """

    def __init__(self, data: Dataset, tokenizer, longest: int):
        problems = [*data.train, *data.validation]
        self.prompts, kept = encode_prompts([p.prompt for p in problems], tokenizer, longest)
        self.records = [problems[index] for index in kept]
        is_held_out = kept >= len(data.train)
        self.train, self.held_out = np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
        if not (self.train.size and self.held_out.size):
            raise ValueError(
                f"Of {len(data.train)} problems to train on and {len(data.validation)} held out, "
                f"{self.train.size} and {self.held_out.size} have prompts of at most {longest} "
                "tokens, which is what the model's context leaves beside a response."
            )
        self.left_out = len(problems) - len(kept)


def rewards_by_rule(texts, ended, answers, format_reward: float) -> dict[str, np.ndarray]:
    """What each response earns: 1 for exactly the right answer, and a little for the right form.

    The form is right if the response has an answer behind its mark, and ends. It is worth far less
    than the answer: enough to learn the form from, too little to live on.

    Args:
        texts: B responses.
        ended: `(B,)`, whether each of them has ended by itself.
        answers: B numbers.
        format_reward: For the form.

    Returns:
        `reward`, and what it is made of, `right` and `well_formed`: each `(B,)` float32.
    """
    right = np.array(
        [exact_answer_reward(t, answer) for t, answer in zip(texts, answers, strict=True)]
    )
    has_answer = np.array([extract_answer(text) is not None for text in texts])
    well_formed = has_answer & np.asarray(ended)
    reward = right + format_reward * well_formed
    measured = {"reward": reward, "right": right, "well_formed": well_formed}
    return {name: values.astype(np.float32) for name, values in measured.items()}


def describe_groups(
    rewards: dict[str, np.ndarray], rollout: Rollout, group_size: int
) -> dict[str, float]:
    """What is logged of a rollout: means, and how much there is to compare within the groups."""
    spread = rewards["reward"].reshape(-1, group_size).std(axis=1)
    return {
        **{name: float(values.mean()) for name, values in rewards.items()},
        "reward_std": float(spread.mean()),
        # A group of equal rewards has advantages of 0: it teaches nothing.
        "equal_groups": float(np.mean(spread < 1e-6)),
        "response_length": float(np.mean(rollout.lengths)),
        "ended": float(np.mean(rollout.ended)),
    }


class SolvingObserver:
    """Lets a policy try held-out problems before, while and after it is trained.

    Args:
        stage: The run.
        policy: Its model.
        reference: The model that it started from.
        problems: The problems.
        sampler: Samples from the policy.
    """

    def __init__(
        self, stage: Stage, policy, reference, problems: Problems, sampler: RolloutSampler
    ):
        self.stage = stage
        self.problems = problems
        self.sampler = sampler
        config = stage.config

        @tf.function(jit_compile=True)
        def kl_to_reference(rollout):
            logits = response_logits(policy, rollout, config.temperature)
            log_probs = token_log_probs(logits, rollout.targets)
            ratio = log_probs - response_log_probs(reference, rollout, config.temperature)
            per_response = tf.reduce_sum(tf.where(rollout.mask, ratio, 0.0), axis=1)
            return per_response, masked_mean(entropy(logits), rollout.mask)

        self._kl_to_reference = kl_to_reference
        stage.tracker.log_layout(CHARTS)

    def evaluate(self, step: int) -> dict[str, float]:
        """pass@1 to pass@G and more on held-out problems, G samples of each."""
        config, problems = self.stage.config, self.problems
        size, tried = config.batch_size, problems.held_out[:TRIED]
        parts, shown = [], []
        for first in range(0, len(tried), size):
            # The shape of training, so that nothing is compiled again: filled up in the last part.
            indices = np.resize(tried[first : first + size], size)
            rows = min(size, len(tried) - first) * config.group_size
            rollout = self.sampler(problems.prompts.rows(indices), (config.seed, -1 - first))
            texts = self.sampler.texts(rollout)
            answers = self.answers(indices)
            measured = rewards_by_rule(texts, rollout.ended, answers, config.format_reward)
            kl, policy_entropy = self._kl_to_reference(rollout)
            measured |= {
                "kl": kl.numpy(),
                "entropy": np.full(len(texts), policy_entropy),
                "response_length": rollout.lengths.numpy(),
                "ended": rollout.ended.numpy(),
            }
            parts.append({name: values[:rows] for name, values in measured.items()})
            shown += [
                f"> {problems.records[index].prompt}  (right: {problems.records[index].answer})\n"
                f"{texts[place * config.group_size]}"
                for place, index in enumerate(indices)
            ]
        self.stage.show(step, "\n".join(shown[:SHOWN]))
        whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        solved = whole.pop("right").reshape(-1, config.group_size)
        return pass_rates(solved) | {name: float(np.mean(values)) for name, values in whole.items()}

    def answers(self, indices) -> list[int]:
        """The right answers to the responses to these problems, `(B,)`."""
        group = range(self.stage.config.group_size)
        return [self.problems.records[index].answer for index in indices for _ in group]

    def print_summary(self, seconds: float) -> None:
        """Print what training has changed: before, and with the best weights."""
        before, after = self.stage.first_and_last()
        k = self.stage.config.group_size
        path = self.stage.run_directory.path
        rows = {
            "pass_at_1": ("held-out pass@1, sampled", "{:.1%}"),
            f"pass_at_{k}": (f"held-out pass@{k}", "{:.1%}"),
            "well_formed": ("answers in the right form", "{:.1%}"),
            "response_length": ("tokens of a response", "{:.1f}"),
            "entropy": ("entropy of a token, nats", "{:.3f}"),
            "kl": ("KL to the start, nats per response", "{:.3f}"),
        }
        print_stage_summary(
            f"{path}: best step {after['step']} of {self.stage.config.steps}",
            [
                (title, shape.format(before[name]), shape.format(after[name]))
                for name, (title, shape) in rows.items()
            ],
            seconds,
            {
                "ask it": f"python -m assignment.chat --run-dir {path}",
                "all held-out problems": f"python -m assignment.evaluate --run-dir {path}",
            },
        )
