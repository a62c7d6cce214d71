"""Two-digit additions with worked steps, in GSM8K's form: the answer follows `####`."""

import random
from collections.abc import Iterable
from typing import Any

VALIDATION_PAIRS = 250


def problem(first: int, second: int) -> dict[str, Any]:
    """`prompt`, `answer`, and `worked`: the ones, the tens with the carry, then the sum."""
    ones = first % 10 + second % 10
    tens = first // 10 + second // 10 + ones // 10
    worked = (
        f"{first % 10} + {second % 10} = {ones}. "
        f"{first // 10} + {second // 10} + {ones // 10} = {tens}. #### {first + second}"
    )
    return {"prompt": f"What is {first} + {second}?", "answer": first + second, "worked": worked}


def problems(seed: int) -> dict[str, list[dict[str, Any]]]:
    """All 8,100 ordered pairs from 10 to 99, shuffled; a sum and its reverse share their split."""
    rng = random.Random(seed)
    pairs = [(a, b) for a in range(10, 100) for b in range(a + 1, 100)]
    _shuffle(pairs, rng)
    held_out = {frozenset(pair) for pair in pairs[:VALIDATION_PAIRS]}
    ordered = [(a, b) for a in range(10, 100) for b in range(10, 100)]
    _shuffle(ordered, rng)
    return {
        "train": [problem(*pair) for pair in ordered if frozenset(pair) not in held_out],
        "validation": [problem(*pair) for pair in ordered if frozenset(pair) in held_out],
    }


def demonstrations(
    problems: Iterable[dict[str, Any]], rng: random.Random, worked: float = 1.0, noise: float = 0.0
) -> list[dict[str, str]]:
    """`prompt`/`response` records for supervised fine-tuning, with a known share of wrong answers.

    Args:
        worked: the probability that a response shows its steps; else it is `#### n` alone.
        noise: the probability that the final answer is off by 1 or by 10, up or down. The steps
            stay right. A policy trained on noisy demonstrations samples wrong answers that it
            could avoid, which is what a verifiable reward then repairs.
    """
    records = []
    for record in problems:
        steps = record["worked"].partition("####")[0] if rng.random() < worked else ""
        wrong = rng.random() < noise
        offset = (-10, -1, 1, 10)[int(rng.random() * 4)] if wrong else 0
        response = f"{steps}#### {record['answer'] + offset}"
        records.append({"prompt": record["prompt"], "response": response, "kind": "arithmetic"})
    return records


def _shuffle(items: list, rng: random.Random) -> None:
    # Not `rng.shuffle`: only `rng.random()` is promised to stay the same in every Python version.
    for i in range(len(items) - 1, 0, -1):
        j = int(rng.random() * (i + 1))
        items[i], items[j] = items[j], items[i]
