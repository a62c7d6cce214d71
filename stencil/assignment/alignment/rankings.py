"""Rankings of what a model wrote itself, as a labeller makes them, and the pairs in them."""

import json
import random
from pathlib import Path

import numpy as np

from assignment.alignment.gold_judge import judge_stories
from assignment.alignment.rewards import ranking_to_pairs
from assignment.files import write_whole
from assignment.generation.responses import Responder
from assignment.text.datasets import load_dataset
from assignment.text.grammar import load_grammar
from assignment.text.records import Preference


def ranked_preferences(
    responder: Responder, num_prompts: int, num_responses: int, seed: int, path: Path
) -> list[Preference]:
    """Let a model write several responses to each request, rank them, and take all pairs.

    The labeller errs as the one of the bundled preferences does: a response is ranked by its gold
    reward plus T times a draw from the Gumbel distribution, which puts the better of two responses
    first with probability σ((gold₁ − gold₂) / T) (Luce 1959).

    Args:
        responder: Lets the language model write; see `gold_judge.story_responder`.
        num_prompts: How many requests, of those of the bundled preferences.
        num_responses: M.
        seed: Of the responses and of the labeller.
        path: Where the rankings are kept, one in a line, best first. A file that is there is read
            instead of writing anew.
    """
    if not path.exists():
        requests = sorted(
            {record.prompt for record in load_dataset("preferences", Preference).train}
        )
        requests = random.Random(seed).sample(requests, min(num_prompts, len(requests)))
        seeds = range(seed * num_responses, (seed + 1) * num_responses)
        judged = [judge_stories(responder, requests, own_seed) for own_seed in seeds]
        golds = np.stack([one.golds for one in judged], axis=1)  # (prompts, M)
        noise = np.random.default_rng(seed).gumbel(size=golds.shape)
        scores = golds + load_grammar("preferences").TEMPERATURE * noise
        lines = [
            {
                "prompt": request,
                "responses": [judged[i].responses[row].text for i in np.argsort(-scores[row])],
                "golds": [float(gold) for gold in golds[row][np.argsort(-scores[row])]],
            }
            for row, request in enumerate(requests)
        ]
        write_whole(path, "".join(json.dumps(line) + "\n" for line in lines))
    pairs = []
    for line in path.read_text().splitlines():
        ranking = json.loads(line)
        responses = ranking["responses"]
        pairs += [
            Preference(ranking["prompt"], responses[winner], responses[loser])
            for winner, loser in ranking_to_pairs(range(len(responses)))
            if responses[winner].strip() and responses[loser].strip()
        ]
    return pairs
