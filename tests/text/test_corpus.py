import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assignment.text import corpus
from assignment.text.corpus import TextSpan, load_corpus, split
from assignment.text.registry import CorpusSource, EntropyFloor
from assignment.text.tokenizer import Tokenizer, train_tokenizer

SAME_FILES_ARE_FINE = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
WORDS = ["a", "fox ", "日本語", "🦊", "é", "\n", "\r\n", "▁", "\0", " ", "grasshopper" * 9]
ANY_TEXT = st.lists(st.sampled_from(WORDS), max_size=40).map("".join)


def write(directory, text: str, name="text.txt"):
    path = directory / name
    path.write_bytes(text.encode())
    return path


def whole(path) -> TextSpan:
    return TextSpan(path, 0, path.stat().st_size)


@SAME_FILES_ARE_FINE
@given(text=ANY_TEXT, chunk_bytes=st.integers(1, 50))
@example(text="🦊" * 10, chunk_bytes=1)
@example(text="日本" * 50, chunk_bytes=7)
@example(text="\n\n\n", chunk_bytes=2)
def test_chunks_of_any_size_are_the_text(tmp_path, story_tokenizer, text, chunk_bytes):
    chunks = list(whole(write(tmp_path, text)).chunks(chunk_bytes))
    assert "".join(chunks) == text
    ids = [i for chunk in chunks for i in story_tokenizer.encode(chunk)]
    assert story_tokenizer.decode(ids) == text


@SAME_FILES_ARE_FINE
@given(lines=st.lists(st.sampled_from(["a fox", "日本語 🦊", ""]), max_size=20))
def test_chunks_of_short_lines_have_the_tokens_of_the_text(tmp_path, story_tokenizer, lines):
    text = "\n".join(lines)
    chunks = whole(write(tmp_path, text)).chunks(30)
    ids = [i for chunk in chunks for i in story_tokenizer.encode(chunk)]
    assert ids == story_tokenizer.encode(text)


def test_a_span_is_a_part_of_its_file(tmp_path):
    path = write(tmp_path, "abc\ndef\nghi")
    span = TextSpan(path, 2, 9)
    assert "".join(span.chunks(3)) == "c\ndef\ng"
    assert span.count_characters() == 7
    assert span.sha256 == whole(write(tmp_path, "c\ndef\ng", "other")).sha256
    assert span.sha256 != whole(path).sha256


@SAME_FILES_ARE_FINE
@given(text=ANY_TEXT)
@example(text="日本語" * 100)
@example(text="🦊" * 33)
@example(text="x" * 90 + "🦊🦊🦊")
@example(text="")
def test_the_last_tenth_is_held_out_and_no_character_is_cut(tmp_path, text):
    path = write(tmp_path, text)
    size = path.stat().st_size
    train, validation = split(CorpusSource("text", path))
    assert (train.start, train.end, validation.end) == (0, validation.start, size)
    assert "".join([*train.chunks(), *validation.chunks()]) == text
    assert 0 <= validation.start - round(0.9 * size) <= 3


def test_a_validation_file_is_taken_whole(tmp_path):
    train_path, validation_path = write(tmp_path, "train"), write(tmp_path, "held out", "v.txt")
    train, validation = split(CorpusSource("text", train_path, validation_path))
    assert "".join(train.chunks()) == "train"
    assert "".join(validation.chunks()) == "held out"


@pytest.fixture
def source(tmp_path, stories) -> CorpusSource:
    return CorpusSource("text", write(tmp_path, stories))


@pytest.fixture
def no_tokenising(monkeypatch):
    """Forbids tokenising when called."""

    def refuse(*args):
        raise AssertionError("the cache was not used")

    return lambda: monkeypatch.setattr(corpus, "_tokenise", refuse)


def cached_files(data_directory):
    return sorted(path for path in data_directory.rglob("*") if path.is_file())


def test_a_corpus_is_its_text_as_tokens(data_directory, source, stories):
    loaded = load_corpus(source, 400)
    decode = loaded.tokenizer.decode
    assert decode(loaded.train_tokens) + decode(loaded.validation_tokens) == stories
    assert loaded.tokenizer.vocabulary_size == 400
    assert isinstance(loaded.train_tokens, np.memmap)
    assert loaded.train_tokens.dtype == np.uint16
    assert loaded.floor is None
    assert loaded.validation_characters == len(decode(loaded.validation_tokens))
    expected = loaded.validation_characters / len(loaded.validation_tokens)
    assert loaded.characters_per_token == expected


def test_a_long_text_without_a_newline_is_tokenised_exactly(
    tmp_path, data_directory, story_tokenizer
):
    text = "日本 a fox 🦊 " * 30_000
    loaded = load_corpus(CorpusSource("long", write(tmp_path, text)), story_tokenizer)
    decode = story_tokenizer.decode
    assert decode(loaded.train_tokens) + decode(loaded.validation_tokens) == text


def test_the_tokenizer_learns_from_the_training_part_and_the_later_conversations(
    tmp_path, data_directory, stories
):
    later = write(tmp_path, '{"prompt": "Zyxx?", "response": "Zyxx zyxx"}\n' * 200, "later.jsonl")
    held_out = write(tmp_path, "Qwrt qwrt " * 200, "held_out.txt")
    source = CorpusSource("text", write(tmp_path, stories), held_out, later_path=later)
    encode = load_corpus(source, 400).tokenizer.encode
    assert len(encode("zyxx")) < len(encode("qwrt"))


def test_the_second_time_the_tokens_come_from_the_cache(
    data_directory, source, story_tokenizer, no_tokenising
):
    first = load_corpus(source, story_tokenizer)
    no_tokenising()
    second = load_corpus(source, story_tokenizer)
    np.testing.assert_array_equal(first.train_tokens, second.train_tokens)
    np.testing.assert_array_equal(first.validation_tokens, second.validation_tokens)


def test_the_cache_knows_a_text_by_its_content_not_by_its_name(
    data_directory, source, story_tokenizer, stories, tmp_path, no_tokenising
):
    load_corpus(source, story_tokenizer)
    no_tokenising()
    load_corpus(CorpusSource("copy", write(tmp_path, stories, "copy.txt")), story_tokenizer)
    source.train_path.write_text(stories.replace("a", "b", 1), encoding="utf-8")
    with pytest.raises(AssertionError, match="cache was not used"):
        load_corpus(source, story_tokenizer)


def test_the_cache_tells_tokenizers_apart(data_directory, source, story_tokenizer, stories):
    other = Tokenizer(train_tokenizer([stories], 350))
    for tokenizer in (story_tokenizer, other, story_tokenizer):
        loaded = load_corpus(source, tokenizer)
        assert stories.startswith(tokenizer.decode(loaded.train_tokens))
    assert len(cached_files(data_directory)) == 4


def test_an_interrupted_tokenisation_leaves_nothing_in_the_cache(
    data_directory, source, story_tokenizer, stories, monkeypatch
):
    def interrupted(span, tokenizer, dtype, path, show_progress):
        path.write_bytes(b"\1\0\2\0")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(corpus, "_tokenise", interrupted)
        with pytest.raises(KeyboardInterrupt):
            load_corpus(source, story_tokenizer)
    assert cached_files(data_directory) == []
    loaded = load_corpus(source, story_tokenizer)
    assert stories.startswith(story_tokenizer.decode(loaded.train_tokens))


def test_a_file_is_in_the_cache_only_when_it_is_complete(
    data_directory, source, story_tokenizer, monkeypatch
):
    encode_batch = Tokenizer.encode_batch

    def watched(self, texts, num_threads):
        assert not [path for path in cached_files(data_directory) if path.suffix != ".part"]
        return encode_batch(self, texts, num_threads)

    monkeypatch.setattr(Tokenizer, "encode_batch", watched)
    empty = dataclasses.replace(source, validation_path=source.train_path)
    load_corpus(empty, story_tokenizer)


def test_the_floor_is_per_validation_token(data_directory, source, story_tokenizer):
    floor = EntropyFloor(train_nats=1e9, validation_nats=1234.5)
    loaded = load_corpus(dataclasses.replace(source, floor=floor), story_tokenizer)
    assert loaded.floor == pytest.approx(1234.5 / len(loaded.validation_tokens))


def test_an_empty_part_has_no_tokens(data_directory, source, story_tokenizer, tmp_path):
    empty = dataclasses.replace(source, validation_path=write(tmp_path, "", "empty.txt"))
    tokens = load_corpus(empty, story_tokenizer).validation_tokens
    assert tokens.shape == (0,)


def test_a_large_vocabulary_is_stored_in_four_bytes(data_directory, source, stories):
    class LargeTokenizer:
        vocabulary_size = 70_000
        model_bytes = b"large"

        def encode_batch(self, texts, num_threads):
            return [[60_000 + ord(c) % 10_000 for c in text] for text in texts]

    loaded = load_corpus(source, LargeTokenizer())
    assert loaded.train_tokens.dtype == np.uint32
    everything = [*loaded.train_tokens, *loaded.validation_tokens]
    assert everything == [60_000 + ord(c) for c in stories]


def test_a_text_too_small_for_the_vocabulary_is_refused(data_directory, tmp_path):
    with pytest.raises(ValueError, match="vocabulary of 5000"):
        load_corpus(CorpusSource("small", write(tmp_path, "a few words\n" * 20)), 5000)
