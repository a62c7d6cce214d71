"""Pairs of answers to a story request, labelled by the gold reward with a known noise rate."""

import math
import random
import re
from typing import Any

from data.grammar.gold import gold_reward
from data.grammar.lexicon import OBJECTS, SLOTS
from data.grammar.requests import choose, request, sample_answer, thing_slot
from data.grammar.stories import sample_story

TEMPERATURE = 0.3
# Whether a story has what was asked for is the hardest to learn, so most mistakes are of this kind.
ANSWERS = [
    (5, "on request"),
    (7, "another story"),
    (6, "wrong colour or thing"),
    (1, "cut short"),
    (1, "a sentence twice"),
    (1, "words shuffled"),
]


def answer(prompt: str, rng: random.Random) -> str:
    """A story for `prompt`, in three of four cases with one thing wrong with it."""
    way = choose(ANSWERS, rng)
    if way == "another story":
        return sample_story(rng).text
    story = sample_answer(prompt, rng)
    sentences = re.split(r"(?<=[.!?])\s+", story.text)
    place = int(rng.random() * len(sentences))
    if way == "wrong colour or thing":
        slot = "colour" if rng.random() < 0.5 else thing_slot(story.bindings)
        word = story.bindings[slot]
        others = [w for w in (OBJECTS.get(slot) or SLOTS[slot]({})) if w != word]
        return re.sub(rf"\b{word}\b", others[int(rng.random() * len(others))], story.text)
    if way == "cut short":
        sentences = sentences[: max(2, place)]
    if way == "a sentence twice":
        sentences.insert(place, sentences[place])
    if way == "words shuffled":
        words = sentences[place].split()
        sentences[place] = " ".join(sorted(words, key=lambda word: rng.random()))
    return " ".join(sentences)


def preference(rng: random.Random) -> dict[str, Any]:
    """One labelled pair: the first is chosen with probability σ((gold₁ − gold₂) / TEMPERATURE)."""
    while True:
        prompt = request(sample_story(rng), rng)
        first, second = answer(prompt, rng), answer(prompt, rng)
        gold_1, gold_2 = gold_reward(prompt, first), gold_reward(prompt, second)
        if gold_1 == gold_2:  # nothing to prefer
            continue
        keep = rng.random() < _sigmoid((gold_1 - gold_2) / TEMPERATURE)
        chosen, rejected = (first, second) if keep else (second, first)
        golds = (gold_1, gold_2) if keep else (gold_2, gold_1)
        return {
            "prompt": prompt,
            "chosen": chosen,
            "rejected": rejected,
            "chosen_gold": golds[0],
            "rejected_gold": golds[1],
        }


def noise_record(pairs: list[dict[str, Any]]) -> dict[str, float]:
    """How often the label contradicts the gold reward: in fact, and in expectation."""
    gaps = [pair["chosen_gold"] - pair["rejected_gold"] for pair in pairs]
    expected = math.fsum(_sigmoid(-abs(gap) / TEMPERATURE) for gap in gaps) / len(gaps)
    return {
        "pairs": len(pairs),
        "flipped": sum(gap < 0 for gap in gaps),
        "flip_rate": round(sum(gap < 0 for gap in gaps) / len(gaps), 4),
        "expected_flip_rate": round(expected, 4),
    }


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))
