"""Reading files of conversations, preferences and problems, in the shapes that the field uses.

A file is JSON Lines (one object a line) or one JSON array of objects. All its records have one
shape:

    {"prompt": …, "response": …}                                          Conversation
    {"instruction": …, "input": …, "output": …}            (Alpaca)       Conversation
    {"prompt": …, "chosen": …, "rejected": …}                             Preference
    {"instruction": …, "input": …, "chosen": …, "rejected": …}            Preference
    {"question": …, "answer": "… #### 42"}                 (GSM8K)        Problem

Other fields are ignored; `input` may be empty or absent.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Conversation:
    """A prompt and the response to learn."""

    prompt: str
    response: str


@dataclass(frozen=True)
class Preference:
    """A prompt with two responses, of which the first was preferred."""

    prompt: str
    chosen: str
    rejected: str


@dataclass(frozen=True)
class Problem:
    """A prompt whose answer can be verified."""

    prompt: str
    answer: int


Record = Conversation | Preference | Problem


def read_records(path, kind: type | None = None) -> list[Record]:
    """Read every record of a file.

    Args:
        path: A file of JSON Lines or a JSON array, in UTF-8.
        kind: `Conversation`, `Preference` or `Problem`, if only that will do.

    Returns:
        The records, all of one class, in the file's order.

    Raises:
        ValueError: The file is empty, not UTF-8, not JSON, of mixed or unknown shapes, or not of
            the `kind` asked for. The message names the file, the line (in an array the record's
            number) and the field.
    """
    path = Path(path)
    records = []
    for place, fields in _objects(path):
        try:
            record = _record(fields)
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from None
        expected = kind or type(records[0] if records else record)
        if type(record) is not expected:
            raise ValueError(
                f"{place}: expected a {expected.__name__}, found a {type(record).__name__}. "
                f"Received the fields: {', '.join(fields)}"
            )
        records.append(record)
    if not records:
        raise ValueError(f"{path}: the file holds no record.")
    return records


def _objects(path: Path):
    """Yield the place (for messages) and the decoded JSON value of each record."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path}, line {line}: not UTF-8 text ({error.reason}).") from None
    if text.lstrip().startswith("["):
        for number, value in enumerate(_decode(text, path, first_line=1), start=1):
            yield f"{path}, record {number}", value
        return
    # Not `splitlines`: a JSON string may hold U+2028 and its like, which are no line ends here.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield f"{path}, line {number}", _decode(line, path, first_line=number)


def _decode(text: str, path: Path, first_line: int):
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line, reason = first_line + error.lineno - 1, f"{error.msg}, column {error.colno}"
    except (ValueError, RecursionError) as error:  # a number of 5000 digits, 5000 open brackets
        line, reason = first_line, str(error)
    raise ValueError(f"{path}, line {line}: not valid JSON ({reason}).")


def _record(fields) -> Record:
    if not isinstance(fields, dict):
        raise ValueError(f"expected an object with fields. Received: {_shorten(fields)}")
    if "question" in fields:
        return Problem(_text(fields, "question"), _final_answer(fields))
    if "chosen" in fields or "rejected" in fields:
        return Preference(_prompt(fields), _text(fields, "chosen"), _text(fields, "rejected"))
    if "instruction" in fields:
        return Conversation(_prompt(fields), _text(fields, "output"))
    return Conversation(_prompt(fields), _text(fields, "response"))


def _prompt(fields: dict) -> str:
    if "instruction" not in fields:
        return _text(fields, "prompt")
    instruction = _text(fields, "instruction")
    if fields.get("input", "") == "":
        return instruction
    return f"{instruction}\n{_text(fields, 'input')}"


def _text(fields: dict, name: str) -> str:
    if name not in fields:
        raise ValueError(
            f"the field {name!r} is missing. Received the fields: {', '.join(fields) or 'none'}"
        )
    value = fields[name]
    if not isinstance(value, str) or not value.strip():
        raise ValueError(
            f"the field {name!r} must be a text that is not blank. Received: {_shorten(value)}"
        )
    try:
        value.encode()
    except UnicodeEncodeError:  # JSON can spell half of a surrogate pair, which is no character
        raise ValueError(f"the field {name!r} holds an unpaired surrogate.") from None
    return value


def _final_answer(fields: dict) -> int:
    text = _text(fields, "answer")
    match = re.search(r"####\s*(-?[0-9][0-9,]{0,30})\s*\Z", text)
    if match is None:
        raise ValueError(
            "the field 'answer' must end in '#### ' and a whole number. "
            f"Received: {_shorten(text[-40:])}"
        )
    return int(match[1].replace(",", ""))


def _shorten(value) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
