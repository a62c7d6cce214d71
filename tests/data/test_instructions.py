"""Instruction records and the requests behind them."""

import json
import random
import re
from collections import Counter

import pytest

from data.generate import DATA
from data.grammar.gold import gold_terms
from data.grammar.lexicon import SLOTS
from data.grammar.requests import asked_for, mentioned, request, sample_answer
from data.grammar.stories import log_probability, sample_story


def read(path: str) -> list[dict]:
    return [json.loads(line) for line in (DATA / path).read_text().splitlines()]


@pytest.fixture(scope="module", params=["train", "validation"])
def records(request):
    return read(f"instructions/{request.param}.jsonl")


def of_kind(records: list[dict], kind: str) -> list[dict]:
    return [record for record in records if record["kind"] == kind]


def test_the_kinds_come_in_their_shares(records):
    shares = Counter(record["kind"] for record in records)
    assert all(record.keys() == {"prompt", "response", "kind"} for record in records)
    for kind, share in (("story", 0.3), ("question", 0.3), ("arithmetic", 0.4)):
        assert shares[kind] / len(records) == pytest.approx(share, abs=0.06)


def test_a_story_response_is_a_story_of_the_grammar_that_has_what_was_asked_for(records):
    for record in of_kind(records, "story")[::10]:
        assert log_probability(record["response"]) > -100
        assert asked_for(record["prompt"])
        assert gold_terms(record["prompt"], record["response"])["asked"] == 2.0


def test_a_question_is_about_the_story_before_it_and_answered_from_it(records):
    colours = list(SLOTS["colour"]({}))
    for record in of_kind(records, "question"):
        story, question = re.fullmatch(r"(.*[.!]) (W[^.!]*\?)", record["prompt"]).groups()
        answer = record["response"]
        if match := re.fullmatch(r"What colour was the (\w+)\?", question):
            thing = match[1]
            (colour,) = mentioned(answer, colours)
            assert f"{colour} {thing}" in story and answer == f"The {thing} was {colour}."
        if match := re.fullmatch(r"Who was the (\w+)\?", question):
            friend = answer.split()[-1].rstrip(".")
            assert f"{friend} the {match[1]}" in story or f"{match[1]} named {friend}" in story
        if match := re.fullmatch(r"Where was (\w+)\?", question):
            assert answer.removeprefix(f"{match[1]} was ").rstrip(".") in story
        if question.startswith("Was the"):
            asked, said = mentioned(question, colours), mentioned(answer, colours)
            assert answer.startswith("Yes, " if asked == said else "No, ")
            assert said[0] in story


def test_every_addition_of_a_split_is_solved_and_from_the_same_split_of_the_arithmetic(records):
    split = "train" if len(records) > 1000 else "validation"
    answers = {r["prompt"]: r["answer"] for r in read(f"arithmetic/{split}.jsonl")}
    additions = of_kind(records, "arithmetic")
    for record in additions:
        steps, _, answer = record["response"].rpartition("#### ")
        assert int(answer) == answers[record["prompt"]]
        assert steps.count("=") == 2


def test_a_sampled_answer_has_what_was_asked_for():
    rng = random.Random(0)
    for _ in range(100):
        prompt = request(sample_story(rng), rng)
        answer = sample_answer(prompt, rng)
        assert mentioned(answer.text, asked_for(prompt)) == asked_for(prompt)
        assert log_probability(answer.text) < 0


def test_two_names_in_a_request_are_the_hero_and_the_friend_in_that_order():
    bindings = sample_answer("Write a story about Zoe and Ben the duck.", random.Random(1)).bindings
    assert (bindings["name"], bindings["friend"], bindings["helper"]) == ("Zoe", "Ben", "duck")
