"""A probabilistic grammar whose texts have exactly known probabilities.

A *rule* `<name>` is a weighted choice between templates. A template is text that may hold other
rules and *slots*: `{colour}` is a weighted choice between words the first time it occurs in a text,
and a copy of that word ever after. A *derived* slot such as `{he}` is computed from what is already
chosen and costs nothing. There is no recursion, so every text is finite.

The probability of a text is the product of its choices' probabilities, provided that no two
derivations give the same text. That holds when, at every choice, no alternative can begin another
one (the alternatives are a *prefix code*): reading from the left, only one fits.
`tests/data/test_grammar.py` proves it for the committed grammar.
"""

import dataclasses
import math
import random
import re
from collections.abc import Callable, Mapping

Bindings = Mapping[str, str]
SlotWeights = Callable[[Bindings], Mapping[str, int]]

_TOKEN = re.compile(r"[A-Za-z]+|[.,!?\"]")
_ITEM = re.compile(rf"<\w+>|\{{\w+\}}|{_TOKEN.pattern}")


def tokenize(text: str) -> list[str]:
    """Words and punctuation marks, in order; any other character is dropped."""
    return _TOKEN.findall(text)


def detokenize(tokens: list[str]) -> str:
    """The inverse of `tokenize` for well-formed text: marks lean on words, quotes come in pairs."""
    pieces: list[str] = []
    quoted = glued = False
    for token in tokens:
        closing = token == '"' and quoted
        if pieces and not glued and not closing and token not in ".,!?":
            pieces.append(" ")
        pieces.append(token)
        glued = token == '"' and not quoted
        if token == '"':
            quoted = not quoted
    return "".join(pieces)


@dataclasses.dataclass(frozen=True)
class Sample:
    """A drawn text, its exact log-probability in nats, and what was chosen on the way."""

    text: str
    log_probability: float
    bindings: dict[str, str]
    templates: tuple[tuple[str, int], ...]  # (rule, index of the alternative taken), in text order


class Grammar:
    """Weighted rules and slots; draws texts, and scores any text.

    Args:
        rules: for each rule, its alternatives as `(weight, template)`; a text is a `story`.
        slots: for each slot, a function from what is bound so far to the weight of each value.
            With nothing bound it must return every value that can ever occur.
        derived: for each derived slot, a function from what is bound so far to its text.
    """

    def __init__(
        self,
        rules: Mapping[str, list[tuple[int, str]]],
        slots: Mapping[str, SlotWeights],
        derived: Mapping[str, Callable[[Bindings], str]],
    ):
        self.rules = {
            name: [(weight, tuple(_ITEM.findall(template))) for weight, template in alternatives]
            for name, alternatives in rules.items()
        }
        self.slots = slots
        self.derived = derived

    def sample(self, rng: random.Random, given: Bindings | None = None) -> Sample:
        """Draw one text. Uses `rng.random()` only, which Python keeps stable between versions.

        Slots in `given` are bound from the start; the log-probability is that of what was drawn.
        """
        tokens: list[str] = []
        bindings = dict(given or {})
        templates: list[tuple[str, int]] = []
        log_probabilities: list[float] = []

        def draw(weights: list[int]) -> int:
            threshold = rng.random() * sum(weights)
            index = 0
            while threshold >= weights[index]:
                threshold -= weights[index]
                index += 1
            log_probabilities.append(math.log(weights[index] / sum(weights)))
            return index

        pending = ["<story>"]
        while pending:
            item = pending.pop()
            name = item[1:-1]
            if item.startswith("<"):
                index = draw([weight for weight, _ in self.rules[name]])
                templates.append((name, index))
                pending.extend(reversed(self.rules[name][index][1]))
            elif item.startswith("{") and name in self.derived:
                tokens.extend(tokenize(self.derived[name](bindings)))
            elif item.startswith("{"):
                if name not in bindings:
                    weights = self.slots[name](bindings)
                    bindings[name] = list(weights)[draw(list(weights.values()))]
                tokens.extend(tokenize(bindings[name]))
            else:
                tokens.append(item)
        return Sample(detokenize(tokens), math.fsum(log_probabilities), bindings, tuple(templates))

    def log_probability(self, text: str) -> float:
        """Exact log p(text) in nats; `-inf` for a text that the grammar cannot produce.

        Works from the text alone: it parses it in every possible way and adds the derivations'
        probabilities, so that it stays right even for an ambiguous grammar.
        """
        derivations = self.derivations(text)
        if not derivations:
            return -math.inf
        best = max(derivations)
        return best + math.log(math.fsum(math.exp(value - best) for value in derivations))

    def derivations(self, text: str) -> list[float]:
        """The log-probability of each derivation of `text`; at most one in a prefix code."""
        tokens = tokenize(text)
        if detokenize(tokens) != text:
            return []
        complete: list[float] = []
        # Depth first over (items still to expand, tokens read, bindings, log-probability so far).
        agenda = [(("<story>",), 0, {}, 0.0)]
        while agenda:
            items, position, bindings, log_p = agenda.pop()
            while items:
                item, items = items[0], items[1:]
                if item[0] not in "<{":
                    if position == len(tokens) or tokens[position] != item:
                        break
                    position += 1
                    continue
                name = item[1:-1]
                if item[0] == "<":
                    total = sum(weight for weight, _ in self.rules[name])
                    agenda.extend(
                        (template + items, position, bindings, log_p + math.log(weight / total))
                        for weight, template in self.rules[name]
                    )
                    break
                if name in self.derived or name in bindings:
                    value = self.derived[name](bindings) if name in self.derived else bindings[name]
                    end = _read(tokens, position, value)
                    if end is None:
                        break
                    position = end
                    continue
                weights = self.slots[name](bindings)
                total = sum(weights.values())
                for value, weight in weights.items():
                    end = _read(tokens, position, value)
                    if end is not None:
                        bound = {**bindings, name: value}
                        agenda.append((items, end, bound, log_p + math.log(weight / total)))
                break
            else:
                if position == len(tokens):
                    complete.append(log_p)
        return complete


def _read(tokens: list[str], position: int, value: str) -> int | None:
    """The position after `value` if the tokens go on with it, else None."""
    words = value.split()
    end = position + len(words)
    return end if tokens[position:end] == words else None
