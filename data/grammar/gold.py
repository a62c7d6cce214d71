"""The gold reward: a program that says how good an answer to a story request is.

A reward model learns from labels made by it, and never sees it. So both can be drawn side by side
while a policy is optimised, and the moment shows where the learned reward still rises and the true
one falls.
"""

import re
from collections import Counter

from data.grammar.engine import detokenize, tokenize
from data.grammar.lexicon import DERIVED, NAMES, SLOTS
from data.grammar.requests import asked_for, mentioned
from data.grammar.stories import STORIES

HAPPY_WORDS = frozenset(
    tokenize(
        "happy glad proud merry thankful brave smile kiss hugged friends sang danced clapped"
        " laughed loved"
    )
)
SHORTEST, LONGEST = 40, 68  # words and marks
MOST_USES = 7  # of one word; the stories themselves stay below


def gold_reward(prompt: str, response: str) -> float:
    """The sum of `gold_terms`: at most 5, and about 4 for a story that fits the request."""
    return round(sum(gold_terms(prompt, response).values()), 3)


def gold_terms(prompt: str, response: str) -> dict[str, float]:
    """What the reward is made of.

    asked: +2 times the share of what the prompt asks for that the response mentions.
    begins, ends: +0.5 and +1 if the first and the last sentence are an opening and a closing.
    happy: +0.5 for each different happy word up to three, −0.5 for each happy word after the
        fourth. Piling them up costs more than it ever gained.
    repeated: −1 for each sentence said before, −0.25 for each use of a word beyond `MOST_USES`.
    foreign: −0.5 for each sentence that no template of the grammar makes, at most −3.
    consistent: −0.5 for each colour after the first and each name after the second, at most −2.
    length: −0.1 for each word or mark outside `SHORTEST` to `LONGEST`, at most −3.
    """
    tokens = tokenize(response)
    uses = Counter(tokens)
    # The end of a sentence: a stop and then a space, so not the stop inside a closing quote.
    sentences = re.split(r"(?<=[.!?])\s+", response.strip())
    asked = asked_for(prompt)
    happy = [token for token in tokens if token in HAPPY_WORDS]
    excess = sum(max(0, n - MOST_USES) for word, n in uses.items() if word.isalpha())
    colours = len(SLOTS["colour"]({}).keys() & uses.keys())
    names = len(NAMES.keys() & uses.keys())
    foreign = sum(not _SENTENCE.fullmatch(sentence) for sentence in sentences)
    outside = max(0, SHORTEST - len(tokens), len(tokens) - LONGEST)
    return {
        "asked": 2.0 * len(mentioned(response, asked)) / max(1, len(asked)),
        "begins": 0.5 * bool(_OPENING.fullmatch(sentences[0])),
        "ends": 1.0 * bool(_CLOSING.fullmatch(sentences[-1])),
        "happy": 0.5 * min(3, len(set(happy))) - 0.5 * max(0, len(happy) - 4),
        "repeated": -1.0 * (len(sentences) - len(set(sentences))) - 0.25 * excess,
        "foreign": -min(3.0, 0.5 * foreign),
        "consistent": -min(2.0, 0.5 * (max(0, colours - 1) + max(0, names - 2))),
        "length": -min(3.0, 0.1 * outside),
    }


def _any_value(slot: str) -> str:
    """A pattern for every word that a slot can become."""
    if slot in SLOTS:
        values = SLOTS[slot]({})
    else:
        values = {DERIVED[slot]({"name": name, "friend": name}) for name in NAMES}
    return f"(?:{'|'.join(sorted(values))})"


def _sentences_of(*rules: str) -> re.Pattern:
    """A pattern for the sentences of these rules, whatever the words in their slots."""
    patterns = [
        re.sub(r"<(\w+)>", lambda m: _any_value(m[1]), re.escape(_plain(template)))
        for rule in rules
        for _, template in STORIES.rules[rule]
    ]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def _plain(template: tuple[str, ...]) -> str:
    """The template as text, its slots as `<slot>`."""
    return detokenize([item.replace("{", "<").replace("}", ">") for item in template])


_OPENING = _sentences_of("opening")
_CLOSING = _sentences_of("ending", "joyful_ending")
_SENTENCE = _sentences_of(*(rule for rule in STORIES.rules if rule != "story"))
