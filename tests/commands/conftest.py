"""A small text, and runs of a very small model on it that the tests share."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_runs import Finished, flags_of, run_command


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text of 20 KB."""
    generator = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(generator.choices(letters, k=generator.randint(2, 8))) for _ in range(400)]
    sentences = (" ".join(generator.choices(words, k=9)).capitalize() for _ in range(400))
    path = tmp_path_factory.mktemp("corpus") / "words.txt"
    path.write_text("".join(f"{sentence}.\n" for sentence in sentences))
    return path


@pytest.fixture(scope="session")
def train(corpus: Path) -> Callable[..., Finished]:
    """Runs the tiny training in a directory, under the name `run` there, with more flags."""

    def run(directory: Path, *flags, **environment) -> Finished:
        return run_command("train", *flags_of(corpus), *flags, directory=directory, **environment)

    return run


@pytest.fixture(scope="session")
def finished_run(train, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the transformer; not to be written to."""
    return _reference(train, tmp_path_factory.mktemp("transformer"))


@pytest.fixture(scope="session")
def finished_lstm_run(train, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the LSTM; not to be written to."""
    return _reference(train, tmp_path_factory.mktemp("lstm"), "--model", "lstm")


def _reference(train, directory: Path, *flags) -> Path:
    finished = train(directory, *flags)
    assert finished.code == 0, finished.err
    return directory / "run"
