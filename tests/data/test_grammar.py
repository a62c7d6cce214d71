"""The story grammar: one derivation per text, exact probabilities, stories that hold together."""

import itertools
import math
import random

import pytest

from data.grammar.engine import Grammar, detokenize, tokenize
from data.grammar.lexicon import HE_NAMES, NAMES, OBJECTS
from data.grammar.stories import STORIES, log_probability, sample_story


class Automaton:
    """All token strings of a grammar, each slot taken afresh every time: a superset of its texts.

    A state is the tuple of items still to be read; `moves` lists (token, next state), with None for
    the end.
    """

    def __init__(self, grammar: Grammar):
        self.grammar = grammar

    def values(self, slot: str) -> list[str]:
        if slot in self.grammar.slots:
            return list(self.grammar.slots[slot]({}))
        forms = {self.grammar.derived[slot](dict.fromkeys(("name", "friend"), n)) for n in NAMES}
        return sorted(forms)

    def moves(self, state: tuple[str, ...]) -> list[tuple[str | None, tuple[str, ...]]]:
        if not state:
            return [(None, ())]
        item, rest = state[0], state[1:]
        if item[0] == "<":
            alternatives = [template for _, template in self.grammar.rules[item[1:-1]]]
        elif item[0] == "{":
            alternatives = [tuple(tokenize(value)) for value in self.values(item[1:-1])]
        else:
            return [(item, rest)]
        return [move for template in alternatives for move in self.moves(template + rest)]

    def one_can_begin_the_other(self, first: tuple[str, ...], second: tuple[str, ...]) -> bool:
        """Whether some text of `first` is a prefix of one of `second`, or the other way round."""
        seen, agenda = set(), [(first, second)]
        while agenda:
            pair = agenda.pop()
            if pair in seen:
                continue
            seen.add(pair)
            for (token_1, next_1), (token_2, next_2) in itertools.product(
                self.moves(pair[0]), self.moves(pair[1])
            ):
                if token_1 is None or token_2 is None:
                    return True
                if token_1 == token_2:
                    agenda.append((next_1, next_2))
        return False


AUTOMATON = Automaton(STORIES)


@pytest.mark.parametrize("rule", STORIES.rules)
def test_no_alternative_of_a_rule_can_begin_another(rule):
    alternatives = [template for _, template in STORIES.rules[rule]]
    for first, second in itertools.combinations(alternatives, 2):
        assert not AUTOMATON.one_can_begin_the_other(first, second), (first, second)


@pytest.mark.parametrize("slot", STORIES.slots)
def test_no_value_of_a_slot_can_begin_another(slot):
    values = [tuple(tokenize(value)) for value in STORIES.slots[slot]({})]
    for first, second in itertools.permutations(values, 2):
        assert first != second[: len(first)]


def test_the_prefix_proof_finds_an_ambiguous_rule():
    grammar = Grammar({"story": [(1, "a {x}"), (1, "a b c")]}, {"x": lambda _: {"b": 1}}, {})
    first, second = (template for _, template in grammar.rules["story"])
    assert Automaton(grammar).one_can_begin_the_other(first, second)


def test_the_scorer_agrees_with_the_sampler():
    rng = random.Random(11)
    for _ in range(400):
        story = sample_story(rng)
        assert len(STORIES.derivations(story.text)) == 1
        assert log_probability(story.text) == pytest.approx(story.log_probability, abs=1e-9)


def tiny_grammar() -> Grammar:
    """Rules inside rules, a slot that depends on another, a copy and a pronoun: all 18 texts."""
    return Grammar(
        {
            "story": [(3, "{name} met {friend}. <end>"), (1, '"Hi!" said {name}. <end>')],
            "end": [
                (2, "{He} ran."),
                (1, "{name} had a {colour} hat. {He} loved the {colour} hat."),
            ],
        },
        {
            "name": lambda bound: {"Tim": 3, "Mia": 1},
            "friend": lambda bound: {
                n: w for n, w in {"Tim": 1, "Mia": 2, "Leo": 4}.items() if n != bound.get("name")
            },
            "colour": lambda bound: {"red": 5, "dark blue": 2},
        },
        {"He": lambda bound: "He" if bound["name"] == "Tim" else "She"},
    )


def enumerate_texts(names, friends, colours) -> list[str]:
    texts = []
    for name in names:
        starts = [f"{name} met {friend}." for friend in friends if friend != name]
        he = "He" if name == "Tim" else "She"
        ends = [f"{he} ran."]
        ends += [f"{name} had a {c} hat. {he} loved the {c} hat." for c in colours]
        texts += [f"{s} {e}" for s in [*starts, f'"Hi!" said {name}.'] for e in ends]
    return texts


def test_the_probabilities_of_all_texts_of_a_small_grammar_add_to_one():
    texts = enumerate_texts(("Tim", "Mia"), ("Tim", "Mia", "Leo"), ("red", "dark blue"))
    assert len(set(texts)) == len(texts) == 18
    probabilities = [math.exp(tiny_grammar().log_probability(text)) for text in texts]
    assert math.fsum(probabilities) == pytest.approx(1.0, abs=1e-12)
    # By hand: story 3/4, Tim 3/4, Leo 4/6 without Tim himself, end 2/3.
    assert math.exp(tiny_grammar().log_probability("Tim met Leo. He ran.")) == pytest.approx(
        3 / 4 * 3 / 4 * 4 / 6 * 2 / 3
    )


def test_the_sampler_draws_with_the_stated_probabilities():
    grammar, rng, count = tiny_grammar(), random.Random(0), 20_000
    drawn = [grammar.sample(rng).text for _ in range(count)]
    for text in set(drawn):
        p = math.exp(grammar.log_probability(text))
        assert abs(drawn.count(text) / count - p) < 5 * math.sqrt(p * (1 - p) / count)


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: "",
        lambda text: text + " The end.",
        lambda text: text[:-1],
        lambda text: text + "\n",
        lambda text: text.replace(" ", "  ", 1),
        lambda text: text.replace("her", "his", 1),
        lambda text: text.replace("Mia", "Zog", 1),
        lambda text: text.replace("blue", "red", 1),  # the colour no longer agrees with its copy
    ],
)
def test_a_text_outside_the_grammar_has_log_probability_minus_infinity(edit):
    story = (
        "Once there was a shy fox called Mia. She took her blue train to school. Then it hit a "
        "rock and lost a wheel. She ran to Tim the crow for glue. Soon the blue train was as good "
        "as new. They played until bedtime."
    )
    assert log_probability(story) > -60
    assert log_probability(edit(story)) == -math.inf


def longest(item: str) -> int:
    """The most tokens that an item can turn into."""
    if item[0] == "<":
        return max(sum(map(longest, t)) for _, t in STORIES.rules[item[1:-1]])
    if item[0] == "{":
        return max(len(value.split()) for value in AUTOMATON.values(item[1:-1]))
    return 1


def test_no_story_is_longer_than_64_words_and_marks():
    assert longest("<story>") <= 64


def test_a_story_is_ascii_with_agreeing_pronouns_and_no_wrong_article():
    rng = random.Random(5)
    for _ in range(1000):
        story = sample_story(rng)
        words = tokenize(story.text)
        assert story.text.isascii() and story.text.endswith((".", "!"))
        assert detokenize(words) == story.text
        assert not any(a in ("a", "A") and b[0] in "aeiou" for a, b in itertools.pairwise(words))
        if (story.bindings["friend"] in HE_NAMES) == (story.bindings["name"] in HE_NAMES):
            wrong = (
                {"she", "her", "She", "Her"}
                if story.bindings["name"] in HE_NAMES
                else {"he", "his"}
            )
            assert not wrong & set(words)


def test_the_thing_and_its_colour_come_back():
    rng = random.Random(6)
    for _ in range(500):
        bound = (story := sample_story(rng)).bindings
        thing = next(bound[group] for group in OBJECTS if group in bound)
        assert story.text.count(thing) >= 2 and story.text.count(bound["colour"]) >= 2
        assert story.text.count(bound["name"]) >= 1 and bound["friend"] in story.text


def test_the_entropy_lies_where_a_small_model_has_something_to_learn():
    rng = random.Random(7)
    stories = [sample_story(rng) for _ in range(2000)]
    nats = -math.fsum(story.log_probability for story in stories)
    assert 30 < nats / len(stories) < 45
    assert 0.6 < nats / sum(len(tokenize(story.text)) for story in stories) < 0.9
