"""What all tests share."""

import os
from pathlib import Path

import pytest

from assignment import command_line

# Before TensorFlow is imported: its start-up notices are not for the reader of test results.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
command_line.keep_freed_memory()

STORIES = Path(__file__).resolve().parents[1] / "data" / "stories" / "validation.txt"


@pytest.fixture(scope="session")
def stories() -> str:
    """Some text of the bundled corpus."""
    return STORIES.read_text(encoding="utf-8")[:40_000]


@pytest.fixture(scope="session")
def story_tokenizer(stories):
    """A tokenizer of 400 tokens, trained on `stories`."""
    from assignment.text.tokenizer import Tokenizer, train_tokenizer

    return Tokenizer(train_tokenizer([stories], 400))


@pytest.fixture
def data_directory(tmp_path, monkeypatch) -> Path:
    """An empty data directory in place of the repository's, for caches and reference curves."""
    from assignment.text import corpus
    from assignment.training import reference

    directory = tmp_path / "data"
    directory.mkdir()
    for module in (corpus, reference):
        monkeypatch.setattr(module, "find_data_directory", lambda: directory)
    return directory
