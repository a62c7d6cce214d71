"""Regenerate every bundled data file, byte for byte: `python -m data.generate`.

Seeds and sizes are below. `bundled_files` returns the contents without writing them, which is how
the tests hold the committed files against the generator.
"""

import json
import math
import random
from pathlib import Path
from typing import Any

from data.grammar.arithmetic import problems
from data.grammar.engine import Sample, tokenize
from data.grammar.instructions import instructions
from data.grammar.preferences import TEMPERATURE, noise_record, preference
from data.grammar.stories import sample_story

DATA = Path(__file__).parent

# For each split, its seed and its number of records.
STORY_SPLITS = {"train": (1, 21_000), "validation": (2, 400)}
INSTRUCTION_SPLITS = {"train": (3, 9_000), "validation": (4, 500)}
PREFERENCE_SPLITS = {"train": (8, 16_000), "validation": (10, 500)}
ARITHMETIC_SEED = 7


def sample_stories(seed: int, count: int) -> list[Sample]:
    """Independent stories, so that their log-probabilities add."""
    rng = random.Random(seed)
    return [sample_story(rng) for _ in range(count)]


def entropy_record(stories: list[Sample]) -> dict[str, float]:
    """Sizes of a split, and its exact -log p in nats.

    A story ends with a newline, which the grammar makes certain: it counts as a character and costs
    nothing. `words_and_marks` counts words and punctuation marks without the newlines.
    """
    characters = sum(len(story.text) + 1 for story in stories)
    nats = -math.fsum(story.log_probability for story in stories)
    return {
        "stories": len(stories),
        "words": sum(len(story.text.split()) for story in stories),
        "words_and_marks": sum(len(tokenize(story.text)) for story in stories),
        "characters": characters,
        "nats": round(nats, 3),
        "nats_per_character": round(nats / characters, 6),
    }


def story_files() -> dict[str, str]:
    """The story corpus: one story per line, and the entropy of both splits."""
    splits = {split: sample_stories(*plan) for split, plan in STORY_SPLITS.items()}
    files = {
        f"stories/{split}.txt": "".join(f"{story.text}\n" for story in stories)
        for split, stories in splits.items()
    }
    entropy = {split: entropy_record(stories) for split, stories in splits.items()}
    return files | {"stories/entropy.json": json.dumps(entropy, indent=2) + "\n"}


def instruction_files() -> dict[str, str]:
    """The additions of a split's instructions come from the same split of the arithmetic."""
    additions = problems(ARITHMETIC_SEED)
    return {
        f"instructions/{split}.jsonl": to_jsonl(instructions(count, additions[split], seed))
        for split, (seed, count) in INSTRUCTION_SPLITS.items()
    }


def preference_files() -> dict[str, str]:
    """Labelled pairs, and how many labels contradict the gold reward."""
    splits = {}
    for split, (seed, count) in PREFERENCE_SPLITS.items():
        rng = random.Random(seed)
        splits[split] = [preference(rng) for _ in range(count)]
    files = {f"preferences/{split}.jsonl": to_jsonl(pairs) for split, pairs in splits.items()}
    noise = {"temperature": TEMPERATURE}
    noise |= {split: noise_record(pairs) for split, pairs in splits.items()}
    return files | {"preferences/noise.json": json.dumps(noise, indent=2) + "\n"}


def arithmetic_files() -> dict[str, str]:
    """Every sum of two two-digit numbers, in one split or the other."""
    return {
        f"arithmetic/{split}.jsonl": to_jsonl(records)
        for split, records in problems(ARITHMETIC_SEED).items()
    }


def to_jsonl(records: list[dict[str, Any]]) -> str:
    """One JSON object per line."""
    return "".join(json.dumps(record) + "\n" for record in records)


def bundled_files() -> dict[str, str]:
    """Every generated file: path below `data/` and contents."""
    return story_files() | instruction_files() | preference_files() | arithmetic_files()


def main() -> None:
    for path, contents in bundled_files().items():
        (DATA / path).parent.mkdir(parents=True, exist_ok=True)
        (DATA / path).write_bytes(contents.encode("ascii"))
        print(f"data/{path}: {len(contents):,} bytes")


if __name__ == "__main__":
    main()
