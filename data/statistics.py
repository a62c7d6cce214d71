"""The statistics table of the data card, counted from the files: `python -m data.statistics`."""

import json
import math
from collections import Counter

from data.generate import DATA, STORY_SPLITS
from data.grammar.engine import tokenize


def story_table() -> str:
    """Sizes and entropy of both splits as a Markdown table."""
    entropy = json.loads((DATA / "stories/entropy.json").read_text())
    columns = {split: _describe_split(split, entropy[split]) for split in STORY_SPLITS}
    rows = [f"| stories | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    for name in columns["train"]:
        rows.append(f"| {name} | {' | '.join(column[name] for column in columns.values())} |")
    return "\n".join(rows)


def _describe_split(split: str, entropy: dict[str, float]) -> dict[str, str]:
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


def main() -> None:
    print(story_table())


if __name__ == "__main__":
    main()
