import json
from pathlib import Path

import pytest

from assignment.text.records import Conversation, Preference, Problem, read_records

REAL_DATA = Path(__file__).parents[2] / ".." / "shared" / "data"


def write(tmp_path, text, name="records.jsonl"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def real_file(name):
    path = REAL_DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not here")
    return path


SHAPES = [
    ({"prompt": "Hi", "response": "Hello"}, Conversation("Hi", "Hello")),
    ({"instruction": "Add", "input": "1 2", "output": "3"}, Conversation("Add\n1 2", "3")),
    ({"instruction": "Add", "input": "", "output": "3"}, Conversation("Add", "3")),
    ({"instruction": "Add", "output": "3", "id": 7}, Conversation("Add", "3")),
    ({"prompt": "Hi", "chosen": "a", "rejected": "b"}, Preference("Hi", "a", "b")),
    (
        {"instruction": "Hi", "input": "you", "output": "x", "chosen": "a", "rejected": "b"},
        Preference("Hi\nyou", "a", "b"),
    ),
    ({"question": "2 + 2?", "answer": "It is 4.\n#### 4"}, Problem("2 + 2?", 4)),
    ({"question": "Q", "answer": "#### -1,234,000"}, Problem("Q", -1234000)),
]


@pytest.mark.parametrize(("fields", "record"), SHAPES)
def test_every_shape_is_read_from_json_lines_and_from_an_array(tmp_path, fields, record):
    line = json.dumps(fields)
    assert read_records(write(tmp_path, f"{line}\n\n{line}")) == [record, record]
    assert read_records(write(tmp_path, f" [{line},\n{line}]", "records.json")) == [record, record]


def test_windows_files_and_line_separators_inside_strings_are_read(tmp_path):
    line = '{"prompt": "a\u2028b\u0085c", "response": "d"}'
    path = write(tmp_path, ("\ufeff" + line + "\r\n" + line + "\r\n").encode())
    assert read_records(path) == [Conversation("a\u2028b\u0085c", "d")] * 2


GOOD = '{"prompt": "p", "response": "r"}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no record"),
        ("\n \n", "holds no record"),
        ("[]", "holds no record"),
        (GOOD + "\n{", "line 2: not valid JSON"),
        (GOOD + "\n" + GOOD[:-1], "line 2: not valid JSON"),
        ("[" + GOOD + ",\n\n" + GOOD, "line 3: not valid JSON"),
        ("[" * 100_000, "line 1: not valid JSON"),
        ('{"prompt": ' + "9" * 5000 + "}", "line 1: not valid JSON"),
        (GOOD + "\n\n7", "line 3: expected an object"),
        ("[" + GOOD + ", [1]]", "record 2: expected an object"),
        (GOOD + '\n{"prompt": "p"}', "line 2: the field 'response' is missing"),
        ("{}", "line 1: the field 'prompt' is missing"),
        ('{"instruction": "i"}', "line 1: the field 'output' is missing"),
        ('{"prompt": "p", "chosen": "c"}', "line 1: the field 'rejected' is missing"),
        ('{"prompt": "p", "rejected": "c"}', "line 1: the field 'chosen' is missing"),
        ('{"question": "p"}', "line 1: the field 'answer' is missing"),
        ('{"question": "p", "answer": "four"}', "line 1: the field 'answer' must end in"),
        ('{"question": "p", "answer": "#### 4.5"}', "line 1: the field 'answer' must end in"),
        ('{"prompt": 3, "response": "r"}', "line 1: the field 'prompt' must be a text"),
        ('{"prompt": "p", "response": " "}', "line 1: the field 'response' must be a text"),
        ('{"instruction": "i", "input": null, "output": "o"}', "line 1: the field 'input' must"),
        ('{"prompt": "\\ud800", "response": "r"}', "line 1: the field 'prompt' holds an unpaired"),
        (GOOD + '\n{"question": "q", "answer": "#### 1"}', "line 2: expected a Conversation"),
        (GOOD.encode() + b"\n\xff", "line 2: not UTF-8"),
        (GOOD.encode("utf-16"), "line 1: not UTF-8"),
    ],
)
def test_a_broken_file_is_reported_with_its_name_place_and_field(tmp_path, text, message):
    path = write(tmp_path, text)
    with pytest.raises(ValueError) as error:
        read_records(path)
    assert str(path) in str(error.value)
    assert message in str(error.value)
    assert len(str(error.value)) < len(str(path)) + 300


def test_a_file_of_another_kind_than_asked_for_is_refused(tmp_path):
    path = write(tmp_path, GOOD)
    assert read_records(path, Conversation) == [Conversation("p", "r")]
    with pytest.raises(ValueError, match="line 1: expected a Preference, found a Conversation"):
        read_records(path, Preference)


def test_the_real_instructions_are_read():
    records = read_records(real_file("instructions.json"), Conversation)
    assert len(records) == 1100
    assert records[0].prompt.endswith("\nfreind --> friend")
    assert records[2].prompt == "Convert 45 kilometers to meters."


def test_the_real_preferences_are_read():
    records = read_records(real_file("preferences.json"), Preference)
    assert len(records) == 1100
    assert records[1].rejected == "He goes to the stupid park every single day."


def test_the_real_problems_are_read():
    records = read_records(real_file("gsm8k_test.jsonl"), Problem)
    assert len(records) == 1319
    assert [record.answer for record in records[:3]] == [18, 3, 70000]
