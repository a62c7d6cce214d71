"""The statistics tables of the data card, counted from the files: `python -m data.statistics`."""

import json
import math
import re
from collections import Counter
from typing import Any

from data.generate import DATA
from data.grammar.engine import tokenize

SPLITS = ("train", "validation")


def tables() -> list[str]:
    """One Markdown table per folder."""
    entropy = json.loads((DATA / "stories/entropy.json").read_text())
    noise = json.loads((DATA / "preferences/noise.json").read_text())
    return [
        _table("stories", [_stories(split, entropy[split]) for split in SPLITS]),
        _table("instructions", [_instructions(split) for split in SPLITS]),
        _table("preferences", [_preferences(split, noise[split]) for split in SPLITS]),
        _table("arithmetic", [_arithmetic(split) for split in SPLITS]),
    ]


def _table(title: str, columns: list[dict[str, str]]) -> str:
    rows = [f"| {title} | {' | '.join(SPLITS)} |", "|---|" + "---:|" * len(columns)]
    for name in columns[0]:
        rows.append(f"| {name} | {' | '.join(column[name] for column in columns)} |")
    return "\n".join(rows)


def _read(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / path).read_text().splitlines()]


def _length(text: str) -> int:
    """Words, marks and digits: about the number of tokens."""
    return len(re.findall(r"[A-Za-z]+|[^A-Za-z\s]", text))


def _mean_length(texts: list[str]) -> str:
    return f"{sum(map(_length, texts)) / len(texts):.1f}"


def _stories(split: str, entropy: dict[str, float]) -> dict[str, str]:
    text = (DATA / f"stories/{split}.txt").read_text()
    lengths = [len(tokenize(line)) for line in text.splitlines()]
    tokens = Counter(tokenize(text))
    unigram = -sum(n * math.log(n / tokens.total()) for n in tokens.values()) / tokens.total()
    return {
        "stories": f"{len(lengths):,}",
        "distinct stories": f"{len(set(text.splitlines())):,}",
        "characters": f"{len(text):,}",
        "words and marks": f"{tokens.total():,}",
        "distinct words and marks": f"{len(tokens):,}",
        "words and marks per story, least / mean / most": (
            f"{min(lengths)} / {sum(lengths) / len(lengths):.1f} / {max(lengths)}"
        ),
        "entropy, nats per story": f"{entropy['nats'] / len(lengths):.2f}",
        "entropy, nats per word or mark": f"{entropy['nats'] / tokens.total():.4f}",
        "entropy, nats per character": f"{entropy['nats_per_character']:.4f}",
        "for comparison: unigram entropy, nats per word or mark": f"{unigram:.4f}",
    }


def _instructions(split: str) -> dict[str, str]:
    records = _read(f"instructions/{split}.jsonl")
    kinds = Counter(record["kind"] for record in records)
    most = max(_length(record["prompt"]) + _length(record["response"]) for record in records)
    return {
        "records": f"{len(records):,}",
        **{kind: f"{kinds[kind]:,}" for kind in ("story", "question", "arithmetic")},
        "words, marks and digits per prompt, mean": _mean_length([r["prompt"] for r in records]),
        "words, marks and digits per response, mean": _mean_length(
            [r["response"] for r in records]
        ),
        "words, marks and digits of both, most": f"{most}",
    }


def _preferences(split: str, noise: dict[str, float]) -> dict[str, str]:
    pairs = _read(f"preferences/{split}.jsonl")
    better = [max(pair["chosen_gold"], pair["rejected_gold"]) for pair in pairs]
    worse = [min(pair["chosen_gold"], pair["rejected_gold"]) for pair in pairs]
    return {
        "pairs": f"{len(pairs):,}",
        "gold reward of the better response, mean": f"{sum(better) / len(pairs):.2f}",
        "gold reward of the worse response, mean": f"{sum(worse) / len(pairs):.2f}",
        "labels against the gold reward": f"{noise['flip_rate']:.1%}",
        "expected": f"{noise['expected_flip_rate']:.1%}",
        "length of the better response, mean": _mean_length(
            [p["chosen" if p["chosen_gold"] > p["rejected_gold"] else "rejected"] for p in pairs]
        ),
        "length of the worse response, mean": _mean_length(
            [p["rejected" if p["chosen_gold"] > p["rejected_gold"] else "chosen"] for p in pairs]
        ),
    }


def _arithmetic(split: str) -> dict[str, str]:
    records = _read(f"arithmetic/{split}.jsonl")
    carries = sum(" + 1 =" in record["worked"].split(". ")[1] for record in records)
    return {"problems": f"{len(records):,}", "with a carry": f"{carries / len(records):.1%}"}


def main() -> None:
    print("\n\n".join(tables()))


if __name__ == "__main__":
    main()
