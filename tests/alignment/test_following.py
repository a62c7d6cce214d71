from types import SimpleNamespace

import pytest

from assignment.alignment.following import KINDS, following_rates, follows, kind_of
from assignment.text.datasets import load_dataset
from assignment.text.records import Conversation

STORY = Conversation("Write a story about a dog named Tom and a red ball.", "…")
QUESTION = Conversation("Tom had a red ball. What colour was the ball?", "The ball was red.")
SUM = Conversation("What is 27 + 15?", "7 + 5 = 12. 2 + 1 + 1 = 4. #### 42")


@pytest.mark.parametrize(
    ("record", "answer", "done"),
    [
        (STORY, "Tom was a dog. He had a red ball.", True),
        (STORY, "Tom was a cat. He had a red ball.", False),
        (STORY, "Tom was a dog. He had a ball and a red hat.", True),
        (STORY, "", False),
        (QUESTION, "The ball was red.", True),
        (QUESTION, "The ball was blue.", False),
        (SUM, "#### 42", True),
        (SUM, "7 + 5 = 12. #### 42", True),
        (SUM, "7 + 5 = 12. 2 + 1 + 1 = 4. #### 43", False),
        (SUM, "#### 42 #### 43", False),
        (SUM, "42", False),
        (SUM, "#### 421", False),
    ],
)
def test_an_answer_does_what_was_asked_or_not(record, answer, done):
    assert follows(record, answer) == done


def test_every_bundled_response_follows_its_instruction_and_no_other_one():
    records = load_dataset("instructions", Conversation).validation
    assert all(follows(record, record.response) for record in records)
    others = records[1:] + records[:1]
    followed = [follows(a, b.response) for a, b in zip(records, others, strict=True)]
    assert sum(followed) / len(followed) < 0.05


def test_the_kinds_are_told_apart():
    assert [kind_of(record) for record in (STORY, QUESTION, SUM)] == list(KINDS)
    records = load_dataset("instructions", Conversation).validation
    counts = [sum(kind_of(r) == kind for r in records) for kind in KINDS]
    assert sum(counts) == len(records)
    assert min(counts) > 100


def test_what_the_model_did_not_end_itself_is_not_followed():
    def response(ended):
        return SimpleNamespace(text="#### 42", ended=ended)

    assert following_rates([SUM, SUM], [response(True), response(False)]) == {
        "followed": 0.5,
        "followed_sum": 0.5,
    }
