"""The committed data files are what the generator makes, and what the data card says."""

import json
import math
import subprocess
import sys

import pytest

from data.generate import DATA, bundled_files
from data.grammar.stories import log_probability
from data.statistics import tables


@pytest.fixture(scope="module")
def files():
    return bundled_files()


def test_the_generator_reproduces_every_committed_file_byte_for_byte(files):
    for path, contents in files.items():
        assert (DATA / path).read_bytes() == contents.encode("ascii"), path


def test_no_generated_folder_holds_a_file_that_nothing_generates(files):
    folders = {path.split("/")[0] for path in files}
    committed = {
        str(path.relative_to(DATA)) for folder in folders for path in (DATA / folder).rglob("*.*")
    }
    assert committed == set(files)


def test_all_bundled_data_together_is_small():
    sizes = [p.stat().st_size for p in DATA.rglob("*") if p.is_file() and "cache" not in p.parts]
    assert sum(sizes) < 20_000_000


def test_the_recorded_entropy_is_the_score_of_the_validation_file():
    entropy = json.loads((DATA / "stories/entropy.json").read_text())["validation"]
    text = (DATA / "stories/validation.txt").read_text()
    scores = [log_probability(story) for story in text.splitlines()]
    assert entropy["nats"] == pytest.approx(-math.fsum(scores), abs=1e-3)
    assert entropy["characters"] == len(text) and entropy["words"] == len(text.split())
    assert entropy["nats_per_character"] == pytest.approx(-math.fsum(scores) / len(text), abs=1e-6)


def test_the_recorded_entropy_of_the_training_file_agrees_with_a_scored_sample():
    entropy = json.loads((DATA / "stories/entropy.json").read_text())["train"]
    stories = (DATA / "stories/train.txt").read_text().splitlines()
    assert len(stories) == entropy["stories"]
    scores = [-log_probability(story) for story in stories[::20]]
    mean = math.fsum(scores) / len(scores)
    spread = math.sqrt(sum((score - mean) ** 2 for score in scores)) / len(scores)
    assert abs(mean - entropy["nats"] / entropy["stories"]) < 4 * spread


@pytest.mark.slow
def test_the_recorded_entropy_is_the_score_of_the_training_file():
    entropy = json.loads((DATA / "stories/entropy.json").read_text())["train"]
    stories = (DATA / "stories/train.txt").read_text().splitlines()
    assert entropy["nats"] == pytest.approx(-math.fsum(map(log_probability, stories)), abs=1e-3)


def test_no_story_is_in_both_splits():
    train, validation = (
        set((DATA / f"stories/{split}.txt").read_text().splitlines())
        for split in ("train", "validation")
    )
    assert not train & validation


def test_the_data_card_holds_the_current_statistics():
    card = (DATA / "README.md").read_text()
    for table in tables():
        assert table in card, table


def test_the_generator_needs_neither_tensorflow_nor_numpy():
    code = "import sys, data.generate; assert not {'tensorflow', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
