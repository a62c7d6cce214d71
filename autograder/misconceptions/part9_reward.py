"""Misconceptions of Part 9: a reward that can be verified."""

from autograder.misconceptions import Misconception

_END = "(?:\\.0*)?(?=\\s|</answer>|\\Z)"

MISCONCEPTIONS = [
    Misconception(
        "first_answer",
        "grpo.reward",
        edits=[
            (
                "answer = text[marks[-1].end() :]\n    if marks[-1][0]",
                "marks = marks[:1]\n    answer = text[marks[-1].end() :]\n    if marks[-1][0]",
            )
        ],
        hint="The first mark decides. A response that corrects itself means its *last* answer.",
    ),
    Misconception(
        "open_tag_accepted",
        "grpo.reward",
        edits=[("        if not end:", "        if False:")],
        hint="A tag that is never closed gives no answer.",
    ),
    Misconception(
        "last_number",
        "grpo.reward",
        body=(
            """
            numbers = re.findall(r"-?[0-9][0-9,]*", text) if isinstance(text, str) else []
            number = numbers[-1].replace(",", "") if numbers else ""
            return int(number) if 0 < len(number) < 4000 else None
            """,
            None,
        ),
        hint="Any last number is taken for an answer. It has to stand behind `####` or in the tag.",
    ),
    Misconception(
        "no_sign",
        "grpo.reward",
        edits=[("return -value if number[1] or number[2] else value", "return value")],
        hint="The minus of a negative answer is lost.",
    ),
    Misconception(
        "no_commas",
        "grpo.reward",
        edits=[("([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)", "([0-9]+)"), (_END, "")],
        hint="The number ends at its first comma: 1,234 is not 1.",
    ),
    Misconception(
        "commas_malformed",
        "grpo.reward",
        edits=[("([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)", "([0-9]+)")],
        hint="A number with commas between its groups of three digits is taken for malformed.",
    ),
    Misconception(
        "no_tag",
        "grpo.reward",
        edits=[('r"####|<answer>"', 'r"####"')],
        hint="Answers inside `<answer>…</answer>` are not found, or do not count behind a `####`.",
    ),
    Misconception(
        "no_hashes",
        "grpo.reward",
        edits=[('r"####|<answer>"', 'r"<answer>"')],
        hint="Answers behind `####` are not found.",
    ),
    Misconception(
        "whole_part",
        "grpo.reward",
        edits=[(_END, "")],
        hint="The whole part of 4.5 is taken for the answer. What is no whole number is None.",
    ),
    Misconception(
        "exception",
        "grpo.reward",
        body=(
            """
            mark = text.rfind("####")
            start = max(mark + 4, text.rfind("<answer>") + 8)
            return int(text[start:].split("</answer>")[0].replace(",", "").replace("$", ""))
            """,
            None,
        ),
        hint="A malformed answer raises an exception, which would end the training. Return None.",
    ),
    Misconception(
        "zero_for_none",
        "grpo.reward",
        edits=[
            (
                "    if number is None or (number[1] and number[2]):\n        return None",
                "    if number is None or (number[1] and number[2]):\n        return 0",
            ),
            ("    if not marks:\n        return None", "    if not marks:\n        return 0"),
        ],
        hint="A missing answer counts as 0, which is right for some questions. It is None.",
    ),
    Misconception(
        "rewarded_in_text",
        "grpo.reward",
        edits=[
            (
                "return float(found is not None and found == answer)",
                "return float(found is not None and str(answer) in text)",
            ),
        ],
        hint="The right number anywhere in the text is rewarded. Only the final answer counts.",
    ),
    Misconception(
        "none_equals_zero",
        "grpo.reward",
        edits=[
            ("float(found is not None and found == answer)", "float((found or 0) == answer)"),
        ],
        hint="Without an answer the reward is 1 when the right one is 0.",
    ),
    Misconception(
        "reward_for_format",
        "grpo.reward",
        edits=[
            (
                "float(found is not None and found == answer)",
                "0.1 * (found is not None) + 0.9 * (found == answer)",
            ),
        ],
        hint="A wrong answer in the right format is paid a little. The reward is 1 or 0.",
    ),
    Misconception(
        "magnitude",
        "grpo.reward",
        edits=[
            (
                "found is not None and found == answer",
                "found is not None and abs(found) == abs(answer)",
            ),
        ],
        hint="An answer with the wrong sign is paid.",
    ),
]
