"""The gold reward, and the preference pairs that it labels."""

import json
import math
import random

import pytest

from data.generate import DATA
from data.grammar.gold import HAPPY_WORDS, gold_reward, gold_terms
from data.grammar.preferences import TEMPERATURE
from data.grammar.requests import request
from data.grammar.stories import sample_story

PROMPT = "Write a story about a fox named Mia and a blue train."
STORY = (
    "Once there was a shy fox called Mia. She took her blue train to school. Then it hit a rock "
    "and lost a wheel. She ran to Tim the crow for glue. Soon the blue train was as good as new. "
    "Mia hugged Tim and was glad."
)


@pytest.fixture(scope="module")
def answers():
    rng = random.Random(3)
    stories = [sample_story(rng) for _ in range(200)]
    return [(request(story, rng), story.text) for story in stories]


def test_the_terms_of_a_story_by_hand():
    assert gold_terms(PROMPT, STORY) == {
        "asked": 2.0,
        "begins": 0.5,
        "ends": 1.0,
        "happy": 1.0,
        "repeated": 0.0,
        "foreign": 0.0,
        "consistent": 0.0,
        "length": 0.0,
    }
    assert gold_reward(PROMPT, STORY) == 4.5
    assert gold_terms(PROMPT, STORY.replace("blue", "red"))["asked"] == 1.5


def test_a_story_that_fits_has_no_penalty(answers):
    for prompt, story in answers:
        assert min(gold_terms(prompt, story).values()) == 0
        assert 3.5 <= gold_reward(prompt, story) <= 5


@pytest.mark.parametrize(
    "response", ["", " ", ".", '"', "ünknown 猫\n\n", "a" * 10_000, "Mia " * 500]
)
def test_any_text_has_a_finite_reward_below_every_real_story(response):
    assert -math.inf < gold_reward(PROMPT, response) < 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda story: " ".join(story.split()[:-3]),  # no closing
        lambda story: story.split(". ", 1)[1],  # no opening
        lambda story: story + " " + story.rsplit(". ", 1)[1],  # the end twice
        lambda story: story + " " + story,
        lambda story: " ".join(sorted(story.split())),
        lambda story: story + " The moral is that one should share.",
    ],
)
def test_a_spoiled_story_earns_less(answers, spoil):
    for prompt, story in answers:
        assert gold_reward(prompt, spoil(story)) < gold_reward(prompt, story)


def test_piling_up_happy_words_does_not_pay(answers):
    words = sorted(HAPPY_WORDS)
    for prompt, story in answers:
        rewards = [
            gold_reward(prompt, story.replace(".", f" and {' and '.join(words[:n])}.", 1))
            for n in range(4, len(words) + 1)
        ]
        assert rewards == sorted(rewards, reverse=True) and rewards[0] < 5
        assert rewards[-1] < gold_reward(prompt, story) - 2


def test_a_second_colour_or_a_third_name_costs():
    assert gold_terms(PROMPT, STORY.replace("the blue", "the red"))["consistent"] == -0.5
    assert gold_terms(PROMPT, STORY.replace("hugged Tim", "hugged Ben"))["consistent"] == -0.5


def read(split: str) -> list[dict]:
    return [json.loads(s) for s in (DATA / f"preferences/{split}.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("split", ["train", "validation"])
def test_the_recorded_rewards_are_those_of_the_texts(split):
    for pair in read(split)[::10]:
        assert gold_reward(pair["prompt"], pair["chosen"]) == pair["chosen_gold"]
        assert gold_reward(pair["prompt"], pair["rejected"]) == pair["rejected_gold"]


@pytest.mark.parametrize("split", ["train", "validation"])
def test_the_labels_contradict_the_gold_reward_as_often_as_recorded_and_expected(split):
    noise = json.loads((DATA / "preferences/noise.json").read_text())
    gaps = [pair["chosen_gold"] - pair["rejected_gold"] for pair in read(split)]
    assert 0 not in gaps
    chances = [1 / (1 + math.exp(abs(gap) / TEMPERATURE)) for gap in gaps]
    flipped = sum(gap < 0 for gap in gaps)
    assert noise["temperature"] == TEMPERATURE
    assert noise[split]["flipped"] == flipped and noise[split]["pairs"] == len(gaps)
    assert noise[split]["flip_rate"] == pytest.approx(flipped / len(gaps), abs=1e-4)
    assert noise[split]["expected_flip_rate"] == pytest.approx(sum(chances) / len(gaps), abs=1e-4)
    assert abs(flipped - sum(chances)) < 4 * math.sqrt(sum(p * (1 - p) for p in chances))
    assert 0.03 < flipped / len(gaps) < 0.1
