"""python -m assignment.sample: the same seed writes the same, temperature 0 has no choice."""

import pytest
from tiny_runs import run_command

PROMPT = "A"


@pytest.fixture(scope="module")
def sample(finished_run, tmp_path_factory):
    def run(*flags) -> list[str]:
        """The texts that were printed."""
        directory = tmp_path_factory.mktemp("sample")
        arguments = ("--run-dir", finished_run, "--prompt", PROMPT, *flags)
        finished = run_command("sample", *arguments, directory=directory)
        assert finished.code == 0, finished.err
        assert finished.out.endswith("\n---\n")
        return finished.out.split("\n---\n")[:-1]

    return run


def test_the_same_seed_writes_the_same_texts(sample):
    first = sample("--seed", "3", "--samples", "4")
    assert first == sample("--seed", "3", "--samples", "4")
    assert first != sample("--seed", "4", "--samples", "4")
    assert len(set(first)) > 1
    assert all(text.startswith(PROMPT) for text in first)


def test_temperature_0_takes_the_most_probable_tokens_whatever_the_seed(sample):
    texts = sample("--temperature", "0", "--samples", "2")
    assert texts[0] == texts[1]
    assert texts == sample("--top-k", "1", "--samples", "2", "--seed", "9")


def test_stop_at_newline_ends_each_text_at_its_first_line_break(sample):
    # At so high a temperature a line break comes soon.
    whole = sample("--temperature", "3", "--samples", "40")
    stopped = sample("--temperature", "3", "--samples", "40", "--stop-at-newline")
    assert any("\n" in text for text in whole)
    assert stopped == [text.split("\n")[0] for text in whole]
