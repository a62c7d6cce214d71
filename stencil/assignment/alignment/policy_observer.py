"""What is looked at while a policy is optimised against a reward model: the score, and the truth.

Shapes: P held-out requests, one response to each.
"""

import json

import matplotlib.figure
import numpy as np
import tensorflow as tf

from assignment.alignment.arrays import masked_mean
from assignment.alignment.gold_judge import story_requests, win_rate
from assignment.alignment.log_probs import entropy, token_log_probs
from assignment.alignment.rollouts import (
    Rollout,
    RolloutSampler,
    encode_prompts,
    response_log_probs,
    response_logits,
)
from assignment.text.datasets import Dataset
from assignment.text.grammar import load_grammar
from assignment.training.figures import picture
from assignment.training.stage import Stage
from assignment.training.summary import print_stage_summary
from assignment.training.tracking import read_metrics

# Held-out requests that are answered at each validation.
ANSWERED = 128
SHOWN = 3
CHARTS = {
    "reward model and gold reward": ["validation/reward", "validation/gold_reward"],
    "the same in training": ["train/score", "train/gold_reward"],
    "KL to the reference, nats per response": ["train/kl", "validation/kl"],
    "response length": ["train/response_length", "validation/response_length"],
    "entropy": ["train/entropy"],
    "critic": ["train/explained_variance", "train/value_loss"],
}


class Requests:
    """Prompts of one shape: to train on, and held out.

    Args:
        data: Its records are `Preference`s.
        tokenizer: The policy's.
        longest: How long a prompt may be; longer ones are left out.
    """

    def __init__(self, data: Dataset, tokenizer, longest: int):
        train = list(dict.fromkeys(record.prompt for record in data.train))
        held_out = list(dict.fromkeys(record.prompt for record in data.validation))
        if data.is_bundled:
            held_out = story_requests(len(held_out))
        self.prompts, kept = encode_prompts([*train, *held_out], tokenizer, longest)
        self.texts = [[*train, *held_out][index] for index in kept]
        is_held_out = kept >= len(train)
        self.train = np.flatnonzero(~is_held_out)
        self.held_out = np.flatnonzero(is_held_out)[:ANSWERED]
        if not (self.train.size and self.held_out.size):
            raise ValueError(
                f"Of {len(train)} prompts to train on and {len(held_out)} held out, "
                f"{self.train.size} and {self.held_out.size} have at most {longest} tokens, which "
                "is what the model's context leaves beside a response."
            )
        self.left_out = len(train) + len(held_out) - len(kept)


def gold_terms(requests: list[str], responses: list[str]) -> dict[str, np.ndarray]:
    """The gold reward of each response, and the terms that it is made of."""
    judge = load_grammar("gold").gold_terms
    terms = [judge(request, text) for request, text in zip(requests, responses, strict=True)]
    parts = {f"gold_{name}": np.array([t[name] for t in terms]) for name in terms[0]}
    return {"gold_reward": sum(parts.values()), **parts}


class PolicyObserver:
    """Lets a policy answer held-out requests before, while and after it is trained.

    Args:
        stage: The run.
        policy: Its model.
        reference: The model that it started from.
        reward_model: What it is optimised against.
        requests: The prompts.
        sampler: Samples from the policy.
        has_gold: Whether there is a gold reward for these requests.
    """

    def __init__(
        self,
        stage: Stage,
        policy,
        reference,
        reward_model,
        requests: Requests,
        sampler: RolloutSampler,
        has_gold: bool,
    ):
        self.stage = stage
        self.requests = requests
        self.sampler = sampler
        self.has_gold = has_gold
        self._start = stage.run_directory.path / "start.json"
        temperature = stage.config.temperature

        @tf.function(jit_compile=True)
        def measure(rollout: Rollout):
            logits = response_logits(policy, rollout, temperature)
            log_probs = token_log_probs(logits, rollout.targets)
            ratio = log_probs - response_log_probs(reference, rollout, temperature)
            return {
                "reward": reward_model.rewards(rollout.tokens, rollout.total_lengths),
                "kl": tf.reduce_sum(tf.where(rollout.mask, ratio, 0.0), axis=1),
                "entropy": masked_mean(entropy(logits), rollout.mask, axis=1),
                "response_length": rollout.lengths,
                "ended": rollout.ended,
            }

        self._measure = measure
        stage.tracker.log_layout(CHARTS)

    def evaluate(self, step: int) -> dict[str, float]:
        """The reward model's score and the gold reward, how far the policy went, and more."""
        config, requests = self.stage.config, self.requests
        size, parts, texts = config.batch_size, [], []
        for first in range(0, len(requests.held_out), size):
            # The shape of training, so that nothing is compiled again: filled up in the last part.
            indices = np.resize(requests.held_out[first : first + size], size)
            rollout = self.sampler(requests.prompts.rows(indices), (config.seed, -1 - first))
            texts += self.sampler.texts(rollout)
            parts.append({name: x.numpy() for name, x in self._measure(rollout).items()})
        answered = len(requests.held_out)
        values = {name: np.concatenate([p[name] for p in parts])[:answered] for name in parts[0]}
        prompts = [requests.texts[index] for index in requests.held_out]
        texts = texts[:answered]
        if self.has_gold:
            values |= gold_terms(prompts, texts)
        self.stage.show(step, self._examples(prompts, texts, values))
        metrics = {name: float(np.mean(x)) for name, x in values.items()}
        metrics["objective"] = metrics["reward"] - config.kl_coefficient * metrics["kl"]
        if self.has_gold:
            metrics |= self._win_rate(step, values["gold_reward"])
        self._draw(step, metrics)
        return metrics

    def _win_rate(self, step: int, golds: np.ndarray) -> dict[str, float]:
        """Against the start, on the same requests; its gold rewards are kept in a file."""
        if step == 0:
            self._start.write_text(json.dumps(golds.tolist()))
        start = np.array(json.loads(self._start.read_text()))
        rate, lower, upper = win_rate(golds, start)
        return {"win_rate": rate, "win_rate_lower": lower, "win_rate_upper": upper}

    def _examples(self, prompts, texts, values) -> str:
        """Some responses with their rewards."""
        shown = []
        for row in range(min(SHOWN, len(texts))):
            gold = f", gold {values['gold_reward'][row]:.2f}" if self.has_gold else ""
            shown.append(
                f"> {prompts[row]}\n[reward {values['reward'][row]:.2f}{gold}] {texts[row]}"
            )
        return "\n".join(shown)

    def _draw(self, step: int, metrics: dict) -> None:
        """Both rewards against √KL, as Gao et al. (2023) plot them."""
        lines = read_metrics(self.stage.run_directory.metrics)
        lines = [line for line in lines if line["prefix"] == "validation" and line["step"] < step]
        figure = rewards_against_kl([*lines, metrics])
        figure.savefig(self.stage.run_directory.path / "reward-against-kl.png")
        self.stage.tracker.log_image(step, "reward against KL", picture(figure))

    def print_summary(self, seconds: float) -> None:
        """Print what training has changed: before, and with the best weights."""
        before, after = self.stage.first_and_last()
        path = self.stage.run_directory.path
        rows = {
            "reward": ("reward model's score", "{:.2f}"),
            "gold_reward": ("gold reward", "{:.2f}"),
            "kl": ("KL to the start, nats per response", "{:.2f}"),
            "response_length": ("tokens of a response", "{:.1f}"),
            "ended": ("responses that end", "{:.1%}"),
            "entropy": ("entropy of a token, nats", "{:.3f}"),
            "win_rate": ("gold reward better than at the start", "{:.1%}"),
        }
        table = [
            (title, shape.format(before[name]), shape.format(after[name]))
            for name, (title, shape) in rows.items()
            if name in after
        ]
        if "win_rate" in after:
            interval = f"{after['win_rate_lower']:.1%} to {after['win_rate_upper']:.1%}"
            table.append(("  its 95 % interval", "", interval))
        print_stage_summary(
            f"{path}: best step {after['step']} of {self.stage.config.steps}",
            table,
            seconds,
            {
                "both rewards against √KL": str(path / "reward-against-kl.png"),
                "talk to it": f"python -m assignment.chat --run-dir {path}",
                "reward hacking": "add --kl-coefficient 0 --steps 80 and another --run-dir",
            },
        )


def rewards_against_kl(lines: list[dict]) -> matplotlib.figure.Figure:
    """The reward model's score and the gold reward over the distance that the policy has gone.

    Args:
        lines: For each validation its `kl`, `reward` and, if there is one, `gold_reward`.
    """
    distance = [max(line["kl"], 0.0) ** 0.5 for line in lines]
    figure = matplotlib.figure.Figure(figsize=(6, 4), layout="constrained", dpi=100)
    axis = figure.subplots()
    curves = {"reward": "reward model's score", "gold_reward": "gold reward"}
    for name, label in curves.items():
        if name in lines[0]:
            # Scores have no zero of their own: both curves begin at 0.
            axis.plot(distance, [x[name] - lines[0][name] for x in lines], marker="o", label=label)
    axis.set(xlabel="√KL to the reference, √nats per response", ylabel="change since the start")
    axis.axhline(0, color="grey", linewidth=0.8)
    axis.legend()
    return figure
