import json
import re

import pytest

from assignment.text.datasets import load_dataset
from assignment.text.grammar import gold_reward
from assignment.text.records import Conversation, Preference, Problem


def right(record: Conversation) -> bool:
    first, second = map(int, re.findall(r"\d+", record.prompt))
    return record.response.endswith(f"#### {first + second}")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("instructions", Conversation), ("preferences", Preference), ("arithmetic", Problem)],
)
def test_the_data_of_the_course_come_by_name_in_two_parts(name, kind):
    data = load_dataset(name, kind)
    assert data.is_bundled
    assert len(data.train) > len(data.validation) >= 400
    assert {type(record) for record in data.train + data.validation} == {kind}


def test_arithmetic_can_be_demonstrated_with_any_share_of_steps_and_mistakes():
    worked = load_dataset("arithmetic", Conversation, worked=1.0)
    direct = load_dataset("arithmetic", Conversation, worked=0.0)
    assert all(". ####" in record.response for record in worked.train)
    assert all(record.response.startswith("####") for record in direct.train)
    noisy = load_dataset("arithmetic", Conversation, noise=0.4)
    assert all(map(right, worked.train + direct.train))
    wrong = sum(not right(record) for record in noisy.train) / len(noisy.train)
    assert 0.37 < wrong < 0.43


def test_what_is_held_out_has_no_mistakes():
    noisy = load_dataset("arithmetic", Conversation, noise=0.9)
    assert all(map(right, noisy.validation))


def write(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


def test_a_file_with_the_name_of_the_courses_data_is_not_the_courses(tmp_path):
    records = [{"prompt": f"p{i}", "chosen": "a", "rejected": "b"} for i in range(3)]
    assert not load_dataset(write(tmp_path / "preferences.jsonl", records), Preference).is_bundled


def test_of_a_file_every_tenth_record_is_held_out(tmp_path):
    records = [{"prompt": f"p{i}", "response": f"r{i}"} for i in range(25)]
    data = load_dataset(write(tmp_path / "mine.jsonl", records), Conversation)
    assert not data.is_bundled
    assert [record.prompt for record in data.validation] == ["p0", "p10", "p20"]
    assert len(data.train) == 22


def test_a_file_of_another_kind_names_the_place(tmp_path):
    path = write(tmp_path / "pairs.jsonl", [{"prompt": "p", "chosen": "a", "rejected": "b"}] * 3)
    with pytest.raises(ValueError, match=r"pairs.jsonl, line 1: expected a Conversation"):
        load_dataset(path, Conversation)


def test_a_single_record_is_too_few(tmp_path):
    path = write(tmp_path / "one.jsonl", [{"prompt": "p", "response": "r"}])
    with pytest.raises(ValueError, match="one record only"):
        load_dataset(path, Conversation)


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("instruction", Conversation, "Did you mean 'instructions'"),
        ("preferences", Conversation, "Known: instructions, arithmetic"),
        ("missing.jsonl", Preference, "path of a file"),
    ],
)
def test_an_unknown_name_lists_the_known(name, kind, words):
    with pytest.raises(ValueError, match=words):
        load_dataset(name, kind)


def test_the_gold_reward_can_be_asked_from_the_package():
    record = load_dataset("preferences", Preference).train[0]
    assert gold_reward(record.prompt, "Nothing.") < gold_reward(record.prompt, record.chosen)
