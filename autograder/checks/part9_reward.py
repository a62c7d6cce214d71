"""Checks of Part 9: the verifiable reward."""

import numpy as np

from autograder.checks import check


def _answers(assignment, groups):
    """Of each group of texts which hold an answer, and the answers, with 0 for None."""
    arrays = {}
    for name, texts in groups.items():
        found = [assignment.alignment.rewards.extract_answer(text) for text in texts]
        arrays[f"{name}, not None"] = np.array([answer is not None for answer in found])
        arrays[f"{name} (0 for None)"] = np.array([int(a or 0) for a in found], np.int64)
    return arrays


@check("grpo.reward", tolerance="exact")
def answers(assignment, rng):
    """Answers behind both marks, with signs, commas, and more text around."""
    a, b = (int(number) for number in rng.integers(12, 99, 2))
    texts = {
        "hashes": [f"{a} + {b}\n#### {a + b}", f"####{a}", f"####   {b}", f"#### {b}\n"],
        "words behind the number": [
            *(f"#### {a} apples", f"#### {a} and {b}", f"#### {b}. Done"),
            f"#### {a}\nSo {b} are left.",
        ],
        "number on the next line": [f"####\n{a}"],
        "tag": [f"so <answer>{a}</answer>", f"<answer> {b} </answer> done", "<answer>0</answer>"],
        "line ends in the tag": [f"<answer>\n{b}\n</answer>"],
        "words in the tag": [f"<answer>{a} apples</answer>"],
        "signs": [f"#### -{a}", f"<answer>-{b}</answer>", f"#### -${a}", f"#### ${b}"],
        "commas": [f"#### {a},{b}0", f"#### -{b},000,{a}7.", f"<answer>{a},00{a % 10}</answer>"],
    }
    extract_answer = assignment.alignment.rewards.extract_answer
    whole = [not isinstance(extract_answer(text), float) for text in texts["signs"]]
    return {"whole numbers": np.array(whole)} | _answers(assignment, texts)


@check("grpo.reward", tolerance="exact")
def last_answer(assignment, rng):
    """The last mark decides, whichever of the two it is."""
    a, b, c = (int(number) for number in rng.permutation(np.arange(10, 99))[:3])
    texts = [
        f"#### {a} no, #### {b}",
        f"<answer>{a}</answer> <answer>{b}</answer> and {c}",
        f"#### {a}\n<answer>{b}</answer>",
        f"<answer>{a}</answer>\n#### {b}",
        f"#### {a}\n#### {b}\n#### {c}",
    ]
    return _answers(assignment, {"answers": texts})


@check("grpo.reward", tolerance="exact")
def malformed(assignment, rng):
    """Where no whole number stands behind the last mark, None, and never an exception."""
    number = int(rng.integers(12, 99))
    texts = {
        "no mark": [
            *("", f"{number}", f"The answer is {number}.", f"Answer: {number}"),
            *(f"## {number}", f"### {number}"),
        ],
        "nothing behind the mark": ["####", "#### ", "#### -", "#### ,", "<answer></answer>"],
        "words behind the mark": [
            *("#### forty", f"#### the answer is {number}", f"#### = {number}"),
            "<answer>x</answer>",
        ],
        "digits behind the point": ["#### 4.5", f"#### 1.{number}7"],
        "a fraction": [f"#### {number}/6"],
        "a difference": [f"#### {number}-3"],
        "an exponent": ["#### 1e3"],
        "an underscore": [f"#### {number}_000"],
        "another character behind it": [f"#### {number}%", f"#### {number}!"],
        "stars around it": [f"#### **{number}**"],
        "two signs": ["#### --5"],
        "letters at the number": [f"#### x{number}y", f"#### {number}abc"],
        "digits that are none of 0 to 9": ["#### ²", "#### ½"],
        "tag that is not closed": [f"<answer>{number}", f"<answer>{number}</b>"],
        "a number behind an earlier mark": [
            *(f"#### {number} <answer>x</answer>", f"<answer>{number}</answer> #### none"),
            f"#### {number} then #### none",
        ],
        "a number": [f"#### {number}"],  # so that the check says something
    }
    for text in ("9" * 5000, "9" * 60 + "x"):  # the second takes some patterns years
        assignment.alignment.rewards.extract_answer(f"#### {text}")
    return _answers(assignment, texts)


@check("grpo.reward")
def rewards(assignment, rng):
    """1.0 for exactly the right answer, else 0.0."""
    number = int(rng.integers(12, 99))
    exact_answer_reward = assignment.alignment.rewards.exact_answer_reward
    cases = [
        *((f"#### {number}", number), (f"#### {number + 1}", number), (f"#### -{number}", number)),
        *(
            (f"#### 1{number}", number),
            (f"#### {number}1", number),
            (f"{number} #### {number - 1}", number),
            (f"{number}", number),
        ),
        *((f"<answer>{number}</answer>", number), ("#### none", 0), ("#### 0", 0), ("", 0)),
        *((f"#### -{number}", -number), (f"#### {number}", -number), (f"#### $-{number}", number)),
        *(("#### 9007199254740993", 2**53 + digit) for digit in (0, 1)),  # floats hold no 2⁵³ + 1
        *(
            (f"#### {number}0001", number * 10_000),
            (f"#### {number}0000000001", number * 10**10),
            ("#### " + "9" * 400, number),
        ),
    ]
    return {"rewards": np.array([exact_answer_reward(text, answer) for text, answer in cases])}
