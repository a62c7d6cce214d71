"""The additions: right, complete, disjoint between the splits; and the noise option."""

import json
import random
import re

from data.generate import DATA
from data.grammar.arithmetic import demonstrations, problems


def read(split: str) -> list[dict]:
    return [json.loads(s) for s in (DATA / f"arithmetic/{split}.jsonl").read_text().splitlines()]


def operands(record: dict) -> tuple[int, int]:
    return tuple(map(int, re.fullmatch(r"What is (\d\d) \+ (\d\d)\?", record["prompt"]).groups()))


def test_every_two_digit_sum_is_in_one_split_and_its_reverse_in_the_same():
    train, validation = ({operands(r) for r in read(split)} for split in ("train", "validation"))
    assert len(train) == 7600 and len(validation) == 500
    assert len(train | validation) == 90 * 90
    assert not train & {(b, a) for a, b in validation}


def test_the_answer_and_every_worked_step_are_right():
    for record in read("train") + read("validation"):
        a, b = operands(record)
        assert record["answer"] == a + b
        steps, _, answer = record["worked"].partition("#### ")
        assert int(answer) == a + b
        ones, tens = re.findall(r"([\d +]+) = (\d+)\.", steps)
        for left, right in (ones, tens):
            assert sum(map(int, left.split("+"))) == int(right)
        assert int(tens[1]) * 10 + int(ones[1]) % 10 == a + b


def test_demonstrations_are_wrong_as_often_as_asked_and_by_one_or_ten():
    records = problems(7)["train"]
    noisy = demonstrations(records, random.Random(0), worked=0.5, noise=0.4)
    offsets = [
        int(demonstration["response"].rpartition("#### ")[2]) - record["answer"]
        for demonstration, record in zip(noisy, records, strict=True)
    ]
    assert set(offsets) == {0, 1, -1, 10, -10}
    assert abs(sum(offset != 0 for offset in offsets) / len(offsets) - 0.4) < 0.03
    worked = sum("=" in demonstration["response"] for demonstration in noisy)
    assert abs(worked / len(noisy) - 0.5) < 0.03


def test_demonstrations_are_right_unless_asked_otherwise():
    records = problems(7)["validation"]
    for demonstration, record in zip(
        demonstrations(records, random.Random(0), worked=1.0), records, strict=True
    ):
        assert demonstration["response"] == record["worked"]
