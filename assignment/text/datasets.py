"""Data sets of records, by name or by path, in two parts: to learn from, and held out.

instructions   requests for a story, questions about one, sums      Conversation
preferences    two stories for a request, the better one first      Preference
arithmetic     sums of two numbers                                  Problem, or Conversation
"""

import difflib
import json
import random
from dataclasses import dataclass
from pathlib import Path

from assignment.text.grammar import load_grammar
from assignment.text.records import Conversation, Preference, Problem, Record, read_records
from assignment.text.registry import find_data_directory

KINDS = {"instructions": Conversation, "preferences": Preference, "arithmetic": Problem}
HELD_OUT_SHARE = 10
"""Of a file without a validation part, one record in so many is held out."""


@dataclass(frozen=True)
class Dataset:
    """Records of one class."""

    train: list[Record]
    validation: list[Record]
    is_bundled: bool = False
    """Whether it is data of the course, for which there are programs that judge an answer. A file
    may have the name of one."""


def load_dataset(
    name_or_path: str, kind: type, worked: float = 1.0, noise: float = 0.0, seed: int = 0
) -> Dataset:
    """The named data set of the course, or the records of a file in one of the field's shapes.

    Args:
        name_or_path: A name from above, or a path; see `text.records`.
        kind: `Conversation`, `Preference` or `Problem`.
        worked: Arithmetic as conversations: the share of answers that show their steps.
        noise: Arithmetic as conversations: the share of wrong answers to learn from; the held-out
            ones are all right.
        seed: Arithmetic as conversations: of the choice which these are.

    Raises:
        ValueError: There is no such name or file; the records are not of the kind, or not in order
            (see `read_records`), or too few to hold any out.
    """
    name = str(name_or_path)
    path = Path(name).expanduser()
    if name == "arithmetic" and kind is Conversation:
        parts = {part: _arithmetic(part) for part in ("train", "validation")}
        demonstrations = load_grammar("arithmetic").demonstrations
        noises = {"train": noise, "validation": 0.0}
        return Dataset(
            is_bundled=True,
            **{
                part: [
                    Conversation(record["prompt"], record["response"])
                    for record in demonstrations(
                        lines, random.Random(seed), worked=worked, noise=noises[part]
                    )
                ]
                for part, lines in parts.items()
            },
        )
    if KINDS.get(name) is kind:
        return Dataset(_bundled(name, "train"), _bundled(name, "validation"), is_bundled=True)
    if path.is_file():
        return _from_file(path, kind)
    known = [known for known, its_kind in KINDS.items() if its_kind is kind]
    known += ["arithmetic"] if kind is Conversation else []
    close = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ValueError(
        f"No data {name!r} of the kind {kind.__name__}.{hint} Known: {', '.join(known)}. "
        "The path of a file of such records works too."
    )


def _bundled(name: str, part: str) -> list[Record]:
    if name == "arithmetic":
        return [Problem(line["prompt"], line["answer"]) for line in _arithmetic(part)]
    return read_records(find_data_directory() / name / f"{part}.jsonl", KINDS[name])


def _arithmetic(part: str) -> list[dict]:
    lines = (find_data_directory() / "arithmetic" / f"{part}.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def _from_file(path: Path, kind: type) -> Dataset:
    records = read_records(path, kind)
    if len(records) < 2:
        raise ValueError(f"{path} holds one record only: none is left to hold out.")
    held_out = records[::HELD_OUT_SHARE]
    train = [record for i, record in enumerate(records) if i % HELD_OUT_SHARE]
    return Dataset(train, held_out)
