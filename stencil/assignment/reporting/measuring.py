"""Lets a model do the tasks of the panel, and turns what it does into figures."""

from collections.abc import Collection

import numpy as np

from assignment.alignment.following import kind_of
from assignment.alignment.gold_judge import story_requests
from assignment.evaluation.estimators import best_of_n, best_of_n_kl, mean_interval, pass_rates
from assignment.reporting.measured import Measured
from assignment.reporting.panel import Panel, instruction_figures

SHOWN_STORIES = 2
SHOWN_KINDS = ("question", "sum")


def measure(panel: Panel, model, tasks: Collection[str], reference=None, scorer=None) -> Measured:
    """Let a model do tasks of the panel.

    Args:
        panel: The panel.
        model: A language model of its shape.
        tasks: Of "instructions", "stories" and "arithmetic".
        reference: The model that the divergence is measured from, if any.
        scorer: `alignment.reward_observer.RewardScorer` of a reward model, if there is one.
    """
    panel.load(model)
    measured = Measured({})
    if "stories" in tasks:
        with measured.as_far_as_possible():
            _measure_stories(panel, measured, reference, scorer)
    if "instructions" in tasks:
        with measured.as_far_as_possible():
            records, responses = panel.instructions()
            measured.figures.update(instruction_figures(records, responses))
            for kind in SHOWN_KINDS:
                place = next(i for i, record in enumerate(records) if kind_of(record) == kind)
                measured.examples[records[place].prompt] = responses[place].text
    if "arithmetic" in tasks:
        with measured.as_far_as_possible():
            measured.figures.update(pass_rates(panel.solved()))
            measured.figures["exact_match"] = float(panel.solved(temperature=0.0).mean())
    return measured


def _measure_stories(panel: Panel, measured: Measured, reference, scorer) -> None:
    judged = panel.stories()
    gold, half = mean_interval(judged.golds)
    measured.figures.update(judged.metrics(), gold_reward=gold, gold_reward_interval=half)
    measured.golds.extend(judged.golds.tolist())
    measured.lengths.extend(len(response.ids) for response in judged.responses)
    prompts = story_requests(SHOWN_STORIES)
    texts = (response.text for response in judged.responses)
    measured.examples.update(zip(prompts, texts, strict=False))
    if scorer:
        measured.figures["reward_model_score"] = float(scorer(judged.packed).mean())
    if reference:
        divergences = panel.divergence(judged.packed, reference)
        measured.figures.update({f"kl_{k}": float(v.mean()) for k, v in divergences.items()})


def best_of_n_curve(panel: Panel, scorer, requests: int, each: int) -> list[dict[str, float]]:
    """What choosing the best of n answers by a reward model gives, of the loaded model.

    Args:
        panel: The panel.
        scorer: See `measure`.
        requests: How many requests are answered.
        each: How many answers there are to each, a power of 2.

    Returns:
        For n = 1, 2, 4, … up to `each`: `n`, `kl`, and the means of `score` and `gold`.
    """
    judged = panel.stories(requests, each)
    scores = scorer(judged.packed).reshape(-1, each)
    golds = judged.golds.reshape(-1, each)
    return [
        {
            "n": n,
            "kl": best_of_n_kl(n),
            "score": float(np.mean(best_of_n(scores, n))),
            "gold": float(np.mean(best_of_n(scores, n, golds))),
        }
        for n in (2**i for i in range(each.bit_length()))
    ]
