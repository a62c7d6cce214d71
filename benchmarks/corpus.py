"""What a large text costs: the time from file to tokens, and the memory of that and of training.

    python -m benchmarks.corpus

The bundled stories in random orders, as one file of each size. One process trains a tokenizer and
tokenises the text, another trains a model on the tokens.
"""

import dataclasses
import random
import tempfile
from pathlib import Path

import tyro

from assignment.text.registry import find_data_directory, resolve_corpus
from benchmarks.commands import run
from benchmarks.training_step import TINY
from benchmarks.turns import write_results

MEGABYTE = 1_000_000
TOKENISE = """
import sys
from assignment.text.corpus import load_corpus
from assignment.text.registry import resolve_corpus
load_corpus(resolve_corpus(sys.argv[1]), int(sys.argv[2]))
"""


@dataclasses.dataclass(frozen=True)
class CorpusConfig:
    """What is measured."""

    megabytes: tuple[int, ...] = (100, 1000)
    """Sizes of the text."""
    steps: int = 100
    """Of the training run."""


def write_text(path: Path, size: int) -> None:
    """Write a text of at least `size` bytes."""
    lines = resolve_corpus("stories").train_path.read_text(encoding="utf-8").splitlines()
    order = random.Random(0)
    with path.open("w", encoding="utf-8") as file:
        while file.tell() < size:
            order.shuffle(lines)
            file.write("\n".join(lines) + "\n")


def measured(text: Path, run_directory: Path, steps: int) -> dict[str, float]:
    """What a text costs."""
    seconds, memory = run("-c", TOKENISE, str(text), str(TINY["vocabulary_size"]))
    training = ("-m", "assignment.train", "--corpus", str(text), "--steps", str(steps))
    training_seconds, training_memory = run(*training, "--run-dir", str(run_directory))
    return {
        "seconds": round(seconds, 1),
        "megabytes_per_second": round(text.stat().st_size / MEGABYTE / seconds, 1),
        "peak_megabytes": round(memory / MEGABYTE),
        "training_seconds": round(training_seconds, 1),
        "training_peak_megabytes": round(training_memory / MEGABYTE),
    }


def main(config: CorpusConfig) -> None:
    cache = find_data_directory() / "cache" / "tokens"
    results = {}
    for megabytes in config.megabytes:
        known = set(cache.glob("*"))
        with tempfile.TemporaryDirectory() as directory:
            text = Path(directory, "text.txt")
            write_text(text, megabytes * MEGABYTE)
            try:
                results[f"{megabytes:,} MB"] = measured(text, Path(directory, "run"), config.steps)
            finally:
                for path in set(cache.glob("*")) - known:
                    path.unlink()
        print(results, flush=True)
    write_results("corpus", results)


if __name__ == "__main__":
    main(tyro.cli(CorpusConfig, description=__doc__))
