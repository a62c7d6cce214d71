"""The tokenised corpus: memory-mapped, cached by the content of the text and of the tokenizer."""

import dataclasses
import functools
import hashlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from assignment.text.records import Conversation, read_records
from assignment.text.registry import CorpusSource, find_data_directory
from assignment.text.tokenizer import Tokenizer, train_tokenizer

VALIDATION_SHARE = 0.1
TOKENIZER_SAMPLE_BYTES = 8 << 20
CHUNK_BYTES = 1 << 16
CHUNKS_AT_ONCE = 64


@dataclasses.dataclass(frozen=True)
class TextSpan:
    """A part of a UTF-8 file: the bytes from `start` to `end`."""

    path: Path
    start: int
    end: int

    def chunks(self, chunk_bytes: int = CHUNK_BYTES) -> Iterator[str]:
        """The text in pieces of about `chunk_bytes`, cut behind newlines.

        No token reaches over a newline, so the tokens of the pieces are the tokens of the text. A
        line longer than a piece is cut between two characters.
        """
        with self.path.open("rb") as file:
            file.seek(self.start)
            rest, left = b"", self.end - self.start
            while left or rest:
                read = file.read(min(chunk_bytes, left))
                left -= len(read)
                block = rest + read
                cut = (block.rfind(b"\n") + 1 or _character_boundary(block)) if left else len(block)
                rest = block[cut:]
                yield block[:cut].decode("utf-8")

    @functools.cached_property
    def sha256(self) -> str:
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            file.seek(self.start)
            left = self.end - self.start
            while left:
                block = file.read(min(1 << 20, left))
                digest.update(block)
                left -= len(block)
        return digest.hexdigest()

    def count_characters(self) -> int:
        return sum(map(len, self.chunks(1 << 20)))


@dataclasses.dataclass(frozen=True)
class Corpus:
    """A text as tokens, in a part to train on and a part to validate on.

    `floor` is the smallest loss that any model can have on the validation tokens, in nats per
    token, where the process that wrote the text is known.
    """

    name: str
    tokenizer: Tokenizer
    train_tokens: np.ndarray
    validation_tokens: np.ndarray
    validation_characters: int
    floor: float | None

    @property
    def characters_per_token(self) -> float:
        """Of the validation part."""
        return self.validation_characters / len(self.validation_tokens)


def load_corpus(
    source: CorpusSource,
    tokenizer: Tokenizer | int,
    show_progress: bool = False,
) -> Corpus:
    """Tokenise a corpus, or find its tokens in the cache.

    Args:
        source: Where the text lies. Without a validation file the last tenth is held out.
        tokenizer: A tokenizer; or the vocabulary size of one to train on the training part.
        show_progress: Whether to show a progress bar while tokenising.

    Raises:
        ValueError: The text does not support the vocabulary.
    """
    train, validation = split(source)
    if isinstance(tokenizer, int):
        texts = itertools.chain(_sample(train), _later_texts(source))
        tokenizer = Tokenizer(train_tokenizer(texts, vocabulary_size=tokenizer))
    validation_tokens = _cached_tokens(validation, tokenizer, show_progress)
    floor = source.floor and source.floor.validation_nats / len(validation_tokens)
    return Corpus(
        name=source.name,
        tokenizer=tokenizer,
        train_tokens=_cached_tokens(train, tokenizer, show_progress),
        validation_tokens=validation_tokens,
        validation_characters=validation.count_characters(),
        floor=floor,
    )


def split(source: CorpusSource) -> tuple[TextSpan, TextSpan]:
    """The training and the validation part of a corpus."""
    size = source.train_path.stat().st_size
    if source.validation_path is not None:
        return (
            TextSpan(source.train_path, 0, size),
            TextSpan(source.validation_path, 0, source.validation_path.stat().st_size),
        )
    middle = round(size * (1 - VALIDATION_SHARE))
    with source.train_path.open("rb") as file:
        file.seek(middle)
        while (byte := file.read(1)) and not _begins_character(byte[0]):
            middle += 1
    return TextSpan(source.train_path, 0, middle), TextSpan(source.train_path, middle, size)


def _sample(span: TextSpan) -> Iterator[str]:
    """Pieces from all over the text, enough to train a tokenizer on."""
    every = max(1, (span.end - span.start) // TOKENIZER_SAMPLE_BYTES)
    return (chunk for index, chunk in enumerate(span.chunks()) if index % every == 0)


def _later_texts(source: CorpusSource) -> Iterator[str]:
    """What later stages read and write: the vocabulary is fixed before they begin."""
    if source.later_path is not None:
        for record in read_records(source.later_path, Conversation):
            yield f"{record.prompt}\n{record.response}"


def _cached_tokens(span: TextSpan, tokenizer: Tokenizer, show_progress: bool) -> np.ndarray:
    """The tokens of a text, memory-mapped; tokenised at most once."""
    dtype = np.dtype(np.uint16 if tokenizer.vocabulary_size <= 1 << 16 else np.uint32)
    key = hashlib.sha256(span.sha256.encode() + tokenizer.model_bytes).hexdigest()[:24]
    directory = find_data_directory() / "cache" / "tokens"
    path = directory / f"{key}.{dtype.name}"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.part")
        try:
            _tokenise(span, tokenizer, dtype, unfinished, show_progress)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    if path.stat().st_size == 0:
        return np.zeros(0, dtype)
    return np.memmap(path, dtype, mode="r")


def _tokenise(
    span: TextSpan, tokenizer: Tokenizer, dtype: np.dtype, path: Path, show_progress: bool
) -> None:
    progress = tqdm(
        total=span.end - span.start,
        desc=f"tokenising {span.path.name}",
        unit="B",
        unit_scale=True,
        disable=not show_progress or span.end - span.start < 10 * CHUNKS_AT_ONCE * CHUNK_BYTES,
    )
    with path.open("wb") as file, progress:
        batch: list[str] = []

        def flush():
            for ids in tokenizer.encode_batch(batch, num_threads=os.cpu_count() or 1):
                file.write(np.asarray(ids, dtype).tobytes())
            progress.update(sum(len(chunk.encode("utf-8")) for chunk in batch))
            batch.clear()

        for chunk in span.chunks():
            batch.append(chunk)
            if len(batch) == CHUNKS_AT_ONCE:
                flush()
        flush()


def _character_boundary(block: bytes) -> int:
    """The length of the longest beginning of `block` that ends between two characters."""
    for cut in range(len(block) - 1, max(len(block) - 5, -1), -1):
        if _begins_character(block[cut]):
            return cut
    return len(block)


def _begins_character(byte: int) -> bool:
    return byte & 0b1100_0000 != 0b1000_0000
