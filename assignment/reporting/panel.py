"""A panel of tasks that language models are compared on: instructions, stories, additions.

Shapes: P prompts, G answers to each, B rows, T time.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from assignment.alignment.following import KINDS, following_rates, kind_of
from assignment.alignment.gold_judge import Judged, judge_stories, story_requests, story_responder
from assignment.alignment.group_relative import kl_estimate
from assignment.alignment.log_probs import token_log_probs
from assignment.alignment.rewards import exact_answer_reward
from assignment.alignment.rollouts import RolloutSampler, encode_prompts
from assignment.config import ModelConfig
from assignment.evaluation.overlap import bleu, rouge_l
from assignment.generation.responses import Response
from assignment.models.building import build_model, copy_weights
from assignment.text.batches import Packed
from assignment.text.datasets import load_dataset
from assignment.text.records import Conversation, Problem
from assignment.text.tokenizer import Tokenizer

ROWS_AT_ONCE = 50
PROBLEMS_AT_ONCE = 25
SUM_TOKENS = 48
DIVERGENCES = ("k1", "k3")


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How many prompts of each task are answered, and how often."""

    instructions: int = 100
    """Of each kind."""
    requests: int = 200
    """For stories."""
    problems: int = 100
    samples: int = 8
    """Answers to each problem; a power of 2."""


class Panel:
    """Lets models of one shape answer the same prompts, with the same random numbers.

    Everything is compiled once, whatever the number of models: `load` takes the weights of the
    next one.

    Args:
        config: The shape of the models.
        tokenizer: Their tokenizer.
        sizes: Of the tasks.
        seed: Of the answers.
    """

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer, sizes: Sizes, seed: int = 0):
        self.tokenizer = tokenizer
        self.sizes = sizes
        self.seed = seed
        self.policy = build_model(config)
        self.reference = build_model(config)
        self.responder = story_responder(
            self.policy, tokenizer, min(ROWS_AT_ONCE, sizes.instructions)
        )
        self._samplers: dict[float, RolloutSampler] = {}

        @tf.function(jit_compile=True)
        def divergences(inputs, targets, mask):
            log_probs, ref_log_probs = (
                token_log_probs(model(inputs), targets) for model in (self.policy, self.reference)
            )
            estimates = [kl_estimate(log_probs, ref_log_probs, kind) for kind in DIVERGENCES]
            return [tf.reduce_sum(tf.where(mask, values, 0.0), axis=1) for values in estimates]

        self._divergences = divergences

    def load(self, model) -> None:
        """Take the weights of a model."""
        copy_weights(model, self.policy)

    def instructions(self) -> tuple[list[Conversation], list[Response]]:
        """The first held-out instructions of each kind, and what the model answers."""
        of_kind: dict[str, list[Conversation]] = {kind: [] for kind in KINDS}
        for record in load_dataset("instructions", Conversation).validation:
            of_kind[kind_of(record)].append(record)
        # Kind by kind: their prompts are of about one length, so few shapes need compiling.
        records = [r for kind in of_kind.values() for r in kind[: self.sizes.instructions]]
        return records, self.responder([record.prompt for record in records], self.seed)

    def stories(self, requests: int | None = None, each: int = 1) -> Judged:
        """What the model writes on held-out requests, and the gold reward of it.

        Args:
            requests: How many of them; as many as the sizes say when None.
            each: How many stories for each, next to each other.
        """
        prompts = story_requests(requests or self.sizes.requests)
        repeated = [prompt for prompt in prompts for _ in range(each)]
        return judge_stories(self.responder, repeated, self.seed)

    def divergence(self, packed: Packed, reference) -> dict[str, np.ndarray]:
        """KL(model ‖ reference) on what the model has written, estimated for each response.

        Args:
            packed: The responses, sampled from the model at temperature 1.
            reference: A model of the same shape.

        Returns:
            For each kind of estimate the sum over the response, `(B,)`.
        """
        copy_weights(reference, self.reference)
        total = len(packed.inputs)
        parts = [
            [values.numpy() for values in self._divergences(*packed.rows(places))]
            for _, places in _of_one_size(total, ROWS_AT_ONCE)
        ]
        joined = (np.concatenate(values)[:total] for values in zip(*parts, strict=True))
        return dict(zip(DIVERGENCES, joined, strict=True))

    def solved(self, temperature: float = 1.0) -> np.ndarray:
        """Which answers to held-out additions end, and end right: `(P, G)`."""
        problems = load_dataset("arithmetic", Problem).validation[: self.sizes.problems]
        longest = self.policy.config.max_sequence_length - SUM_TOKENS
        prompts, kept = encode_prompts([p.prompt for p in problems], self.tokenizer, longest)
        group = self.sizes.samples if temperature else 1
        if temperature not in self._samplers:
            self._samplers[temperature] = RolloutSampler(
                self.policy, self.tokenizer, prompts, group, SUM_TOKENS, temperature
            )
        sampler = self._samplers[temperature]
        parts = []
        for first, places in _of_one_size(len(kept), PROBLEMS_AT_ONCE):
            rollout = sampler(prompts.rows(places), (self.seed, first))
            answers = [problems[kept[place]].answer for place in places for _ in range(group)]
            right = [
                exact_answer_reward(text, answer)
                for text, answer in zip(sampler.texts(rollout), answers, strict=True)
            ]
            parts.append((np.array(right) * rollout.ended.numpy()).reshape(-1, group))
        return np.concatenate(parts)[: len(kept)]


def _of_one_size(total: int, size: int) -> Iterator[tuple[int, np.ndarray]]:
    """Batches of indices below `total`, each with its first one; the last is filled up."""
    size = min(size, total)
    for first in range(0, total, size):
        yield first, np.minimum(np.arange(first, first + size), total - 1)


def instruction_figures(records: list[Conversation], responses: list[Response]) -> dict:
    """How many instructions are followed, and how much the answers have in common with the data."""
    texts = [response.text.split() for response in responses]
    wanted = [record.response.split() for record in records]
    return following_rates(records, responses) | {
        "rouge_l": float(np.mean([rouge_l(*pair) for pair in zip(texts, wanted, strict=True)])),
        "bleu": bleu(texts, wanted),
    }
