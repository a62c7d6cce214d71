"""Prompt and response records for supervised fine-tuning: stories, questions, arithmetic."""

import random
from typing import Any

from data.grammar.arithmetic import demonstrations
from data.grammar.engine import Sample
from data.grammar.lexicon import SLOTS
from data.grammar.requests import choose, request, thing_slot
from data.grammar.stories import sample_story

# Stories are almost known from pre-training; sums have to be learned from nothing.
KINDS = [(3, "story"), (3, "question"), (4, "arithmetic")]

# (weight, question, answer); possible when the story has all the slots.
QUESTIONS = [
    (4, "What colour was the {thing}?", "The {thing} was {colour}."),
    (2, "Was the {thing} {other_colour}?", "No, the {thing} was {colour}."),
    (2, "Was the {thing} {colour}?", "Yes, the {thing} was {colour}."),
    (3, "What was the name of the {kind}?", "The {kind} was named {name}."),
    (3, "Who was the {helper}?", "The {helper} was {friend}."),
    (3, "Who was {friend}?", "{friend} was a {helper}."),
    (3, "Who was {name}?", "{name} was a {trait} {kind}."),
    (3, "Where was {name}?", "{name} was {place}."),
    (2, "What was {colour}?", "The {thing} was {colour}."),
]


def story_record(rng: random.Random) -> dict[str, str]:
    """A request and a story that fulfils it."""
    story = sample_story(rng)
    return {"prompt": request(story, rng), "response": story.text, "kind": "story"}


def question_record(rng: random.Random) -> dict[str, str]:
    """A story with a question after it, and a short answer in the story's words."""
    story = sample_story(rng)
    question, answer = _question(story, rng)
    return {"prompt": f"{story.text} {question}", "response": answer, "kind": "question"}


def _question(story: Sample, rng: random.Random) -> tuple[str, str]:
    colours = [c for c in SLOTS["colour"]({}) if c != story.bindings["colour"]]
    words = {
        **story.bindings,
        "thing": story.bindings[thing_slot(story.bindings)],
        "other_colour": colours[int(rng.random() * len(colours))],
    }
    options = []
    for weight, question, answer in QUESTIONS:
        try:
            options.append((weight, f"{question}|{answer}".format_map(words)))
        except KeyError:  # no place in this story
            continue
    question, _, answer = choose(options, rng).partition("|")
    return question, answer


def instructions(count: int, problems: list[dict[str, Any]], seed: int) -> list[dict[str, str]]:
    """`count` records of the three kinds; the additions are taken in turn from `problems`."""
    rng = random.Random(seed)
    kinds = [choose(KINDS, rng) for _ in range(count)]
    additions = iter(demonstrations(problems[: kinds.count("arithmetic")], rng))
    makers = {"story": story_record, "question": question_record}
    return [makers[kind](rng) if kind in makers else next(additions) for kind in kinds]
