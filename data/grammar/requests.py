"""Requests for a story: their wordings, and which of its words a request asks for."""

import bisect
import itertools
import random
from collections.abc import Iterable, Mapping

from data.grammar.engine import Grammar, Sample, tokenize
from data.grammar.lexicon import ANIMALS, DERIVED, HELPERS, NAMES, OBJECTS, SLOTS
from data.grammar.stories import RULES, STORIES

# A wording is possible when the story has all its slots; `{thing}` is the slot of its plot.
WORDINGS = [
    (6, "Write a story about a {kind} named {name} and a {colour} {thing}."),
    (4, "Write a story about a {kind} named {name}."),
    (4, "Write a story about a {colour} {thing}."),
    (3, "Write a story about a {trait} {kind} named {name}."),
    (3, "Write a story about {name} and {friend} the {helper}."),
    (3, "Tell me a story about {name} and a {colour} {thing}."),
    (3, "Tell me a story about a {kind} and a {thing}."),
    (2, "Can you tell me about a {kind} called {name}?"),
    (3, "Can you write a story about a {kind} and a {helper}?"),
    (4, "Write a story about a {kind} named {name} {place}."),
    (3, "Tell me what {name} the {kind} did {place}."),
    (2, "I want a story with a {colour} {thing} {place}."),
]

# Every phrase that a request can ask for, and the class that it belongs to.
_CLASSES = {
    "name": NAMES,
    "kind": {"boy", "girl", *ANIMALS},
    "helper": HELPERS,
    **{slot: SLOTS[slot]({}) for slot in ("colour", "place", "trait")},
    **OBJECTS,
}
PHRASES = {phrase: slot for slot, phrases in _CLASSES.items() for phrase in phrases}

# The grammar of one plot, by the class of its thing: both are listed in the same order.
_PLOTS = {
    slot: Grammar({**RULES, "story": [plot]}, SLOTS, DERIVED)
    for slot, plot in zip(OBJECTS, RULES["story"], strict=True)
}


def thing_slot(bindings: Mapping[str, str]) -> str:
    """The slot of the story's thing: each plot has one class of things."""
    return next(slot for slot in OBJECTS if slot in bindings)


def request(story: Sample, rng: random.Random) -> str:
    """A request that `story` fulfils. With p(story) it defines p(story | request) exactly."""
    words = {**story.bindings, "thing": story.bindings[thing_slot(story.bindings)]}
    wordings = []
    for weight, wording in WORDINGS:
        try:
            wordings.append((weight, wording.format_map(words)))
        except KeyError:  # no place in this story
            continue
    return choose(wordings, rng)


def choose(options: list[tuple[int, str]], rng: random.Random) -> str:
    """One of `(weight, text)`, by weight."""
    bounds = list(itertools.accumulate(weight for weight, _ in options))
    return options[bisect.bisect(bounds, rng.random() * bounds[-1])][1]


def asked_for(prompt: str) -> list[str]:
    """The names, kinds, things, colours, places and traits that a request mentions."""
    return mentioned(prompt, PHRASES)


def mentioned(text: str, phrases: Iterable[str]) -> list[str]:
    """Those of `phrases` whose words stand in `text` one after the other."""
    words = f" {' '.join(tokenize(text))} "
    return [phrase for phrase in phrases if f" {phrase} " in words]


def sample_answer(prompt: str, rng: random.Random) -> Sample:
    """A story that mentions everything that `prompt` asks for."""
    asked = asked_for(prompt)
    given: dict[str, str] = {}
    for phrase in asked:
        slot = PHRASES[phrase]
        # The second name of a request is the friend's.
        given["friend" if slot == "name" and "name" in given else slot] = phrase
    if "friend" in given and prompt.index(given["friend"]) < prompt.index(given["name"]):
        given["name"], given["friend"] = given["friend"], given["name"]
    things = [slot for slot in OBJECTS if slot in given]
    grammar = _PLOTS[things[0]] if things else STORIES
    while True:
        story = grammar.sample(rng, given)
        if mentioned(story.text, asked) == asked:
            return story
