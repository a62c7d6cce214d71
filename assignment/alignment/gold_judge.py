"""What a model's stories are worth by the gold reward: the course's ground truth, in every stage.

No stage learns from these numbers. They are what the reward model, and the policies that are
optimised against it or against preferences, are measured by.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assignment.evaluation.win_rates import outcomes, wilson_interval
from assignment.generation.responses import Responder, Response
from assignment.text.batches import Packed
from assignment.text.datasets import Dataset, load_dataset
from assignment.text.grammar import gold_reward
from assignment.text.records import Preference
from assignment.text.tokenizer import Tokenizer

# The longest story of the grammar has 65 tokens; one that goes on is cut.
LONGEST_STORY = 72


def story_requests(number: int) -> list[str]:
    """Requests for stories that no stage learns from: the first different ones held out."""
    data: Dataset = load_dataset("preferences", Preference)
    return list(dict.fromkeys(record.prompt for record in data.validation))[:number]


def pack_responses(responses: Sequence[Response], length: int, pad_id: int) -> Packed:
    """What a model wrote, token by token, as arrays of one shape.

    Unlike `conversations.pack` this adds no eos to a response that has none, and takes an empty one
    for what it is.

    Args:
        responses: The responses.
        length: T; no prompt with its response may have more than T + 1 tokens.
        pad_id: What stands behind them.
    """
    inputs = np.full([len(responses), length], pad_id, np.int32)
    targets = inputs.copy()
    mask = np.zeros(inputs.shape, bool)
    for row, response in enumerate(responses):
        tokens = response.prompt_ids + response.ids
        inputs[row, : len(tokens) - 1] = tokens[:-1]
        targets[row, : len(tokens) - 1] = tokens[1:]
        mask[row, len(response.prompt_ids) - 1 : len(tokens) - 1] = True
    return Packed(inputs, targets, mask)


@dataclass(frozen=True)
class Judged:
    """Stories and their gold rewards, one for each request."""

    responses: list[Response]
    golds: np.ndarray
    packed: Packed

    def metrics(self) -> dict[str, float]:
        """The means that every stage logs."""
        return {
            "gold_reward": float(self.golds.mean()),
            "response_length": float(np.mean([len(r.ids) for r in self.responses])),
            "ended": float(np.mean([r.ended for r in self.responses])),
        }


def story_responder(model, tokenizer: Tokenizer, batch_size: int = 50) -> Responder:
    """Lets a model write stories, sampled at temperature 1; compiled once for all requests."""
    return Responder(model, tokenizer, LONGEST_STORY, batch_size=batch_size)


def judge_stories(responder: Responder, requests: Sequence[str], seed: int) -> Judged:
    """Let a model write to requests, and judge what it has written.

    Args:
        responder: Lets the model write; see `story_responder`.
        requests: The prompts.
        seed: Of the stories.
    """
    responses = responder(list(requests), seed)
    golds = [
        gold_reward(request, response.text)
        for request, response in zip(requests, responses, strict=True)
    ]
    longest_prompt = max(len(response.prompt_ids) for response in responses)
    length = min(longest_prompt + responder.max_new_tokens, responder.context) - 1
    packed = pack_responses(responses, length, responder.tokenizer.pad_id)
    return Judged(responses, np.array(golds), packed)


def win_rate(golds: np.ndarray, other_golds: np.ndarray) -> tuple[float, float, float]:
    """How often the first of two stories for the same request is better; a tie counts half.

    Returns:
        The rate, and the bounds of its 95 % interval.
    """
    rate = float(outcomes(golds, other_golds).mean())
    return rate, *wilson_interval(rate, len(golds))
