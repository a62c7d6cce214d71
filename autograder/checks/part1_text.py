"""Checks of Part 1: the tokenizer, and the windows that batches are cut from."""

import numpy as np

from autograder.checks import check
from autograder.checks.tools import tensor, text_codes

VOCABULARY_SIZE = 330
SYMBOLS = ("<user>", "<assistant>", "\n")


def _corpus(rng):
    """Texts of made-up words, and of numbers that come back so often that they would be merged."""
    letters = np.array(list("abdefghiklmnoprstuvw"))
    words = ["".join(rng.choice(letters, rng.integers(3, 8))) for _ in range(40)]
    words += ["2024", "365", "1000"]
    weights = 1 / np.arange(1, len(words) + 1)
    order = rng.permutation(len(words))
    shares = weights[order] / weights.sum() * 0.8 + 0.2 / len(words)
    lines = [" ".join(rng.choice(words, 12, p=shares / shares.sum())) + "." for _ in range(200)]
    # Two texts of many lines: SentencePiece leaves out whatever has more than 4192 bytes as one.
    return ["\n".join(lines[:100]), "\n".join(lines[100:])]


def _processor(assignment, texts, vocabulary_size=VOCABULARY_SIZE):
    import sentencepiece

    model = assignment.text.tokenizer.train_tokenizer(texts, vocabulary_size)
    return sentencepiece.SentencePieceProcessor(model_proto=model)


def _codes_after(processor, text):
    return text_codes(processor.decode(processor.encode(text)))


@check("text.tokenizer", tolerance="exact")
def special_ids(assignment, rng):
    """The ids of padding, unknown, beginning and end, and the size of the vocabulary."""
    p = _processor(assignment, _corpus(rng))
    return {
        "pad, unk, bos, eos": np.array([p.pad_id(), p.unk_id(), p.bos_id(), p.eos_id()]),
        "vocabulary size": np.int64(p.vocab_size()),
    }


@check("text.tokenizer", tolerance="exact")
def chat_symbols(assignment, rng):
    """The two chat turns and the newline are one token each, wherever they stand in a text."""
    p = _processor(assignment, _corpus(rng))
    ids = p.encode("<user>be\n\nde<assistant>a<user>")
    places = [p.piece_to_id(symbol) for symbol in SYMBOLS]
    return {
        "occurrences": np.array([ids.count(place) for place in places]),
        "known": np.array([place != p.unk_id() for place in places]),
        "special": np.array([place > 3 for place in places]),
    }


@check("text.tokenizer", tolerance="exact")
def spaces_survive(assignment, rng):
    """Spaces come back exactly: none added in front, none removed."""
    p = _processor(assignment, _corpus(rng))
    return {
        "in front": _codes_after(p, "  ab"),
        "between": _codes_after(p, "be   do \n  de"),
        "behind": _codes_after(p, "go "),
        "tokens of a": np.array([len(p.encode("a")), len(p.encode("a a"))]),
    }


@check("text.tokenizer", tolerance="exact")
def any_text_survives(assignment, rng):
    """Characters that normalisation would change, or that were never seen, come back exactly."""
    p = _processor(assignment, _corpus(rng))
    return {
        "ligature": _codes_after(p, "e\ufb01 \u00bd x\u00b2"),
        "full width": _codes_after(p, "\uff21\uff22\u3000\uff11"),
        "combining": _codes_after(p, "e\u0301 \u00e9"),
        "tab": _codes_after(p, "a\tb\u00a0c"),
        "emoji": _codes_after(p, "a\U0001f600b"),
        "another script": _codes_after(p, "\u8a9e\u0436\u00df"),
    }


@check("text.tokenizer", tolerance="exact")
def rare_characters_become_bytes(assignment, rng):
    """A character without a piece of its own is written as its UTF-8 bytes, never as unknown."""
    p = _processor(assignment, _corpus(rng))
    encoded = [p.encode(text) for text in ("\u00df", "\u8a9e", "\U0001f600", "Q")]
    return {
        "tokens": np.array([len(ids) for ids in encoded]),
        "unknown": np.array([ids.count(p.unk_id()) for ids in encoded]),
    }


@check("text.tokenizer", tolerance="exact")
def digits_stand_alone(assignment, rng):
    """Every digit is one token, also in numbers that are frequent."""
    p = _processor(assignment, _corpus(rng))
    texts = ("2024", "365", "1000", "20242024365")
    pieces = [p.id_to_piece(i) for text in texts for i in p.encode(text)]
    return {
        "tokens": np.array([len(p.encode(text)) for text in texts]),
        "pieces": text_codes("|".join(pieces)),
    }


@check("text.tokenizer", tolerance="exact")
def frequent_pairs_are_merged(assignment, rng):
    """Byte-pair encoding: the most frequent pair of the whole text is merged first."""
    a, b, c, d, e = rng.permutation(list("bdfghkmpst"))[:5]
    a, c, d = a.upper(), "ﬁ", d.upper()  # NFKC would make two letters of that one
    # Most of these pairs stand at the end, in lines that are repeated.
    rare = [d + e + a, d + e + b, d + e + c] + [e] * 100
    words = [a + b + c + d] * 50 + [a + b] * 20 + [c + d + e] * 9
    lines = [*rare, *(words[i] for i in rng.permutation(len(words)))]
    # a+b: 70 times, c+d: 59, then (a+b)+(c+d): 50, then (c+d)+e: 9. Five letters, four merges.
    size = 4 + len(SYMBOLS) + 256 + 5 + 4
    try:
        p = _processor(assignment, (line for line in lines), size)
    except ValueError:  # ten digits may be symbols of their own
        size += 10
        p = _processor(assignment, (line for line in lines), size)
    texts = (a + b + c + d, a + b + e, b + c + d + e, d + a + b + c)
    pieces = [" ".join(p.id_to_piece(i) for i in p.encode(text)) for text in texts]
    scores = [p.get_score(p.piece_to_id(merged)) for merged in (a + b, c + d, a + b + c + d)]
    return {
        "pieces": text_codes("|".join(pieces)),
        "merged in this order": np.array(scores) == sorted(scores, reverse=True),
        "vocabulary as large as asked": np.bool_(p.vocab_size() == size),
    }


@check("text.tokenizer", tolerance="exact")
def too_large_a_vocabulary(assignment, rng):
    """A text that does not support so many tokens: a ValueError, not a smaller vocabulary."""
    try:
        _processor(assignment, ["a short text, a short text"], 5000)
        raised = False
    except ValueError:
        raised = True
    enough = _processor(assignment, _corpus(rng), VOCABULARY_SIZE + 7)
    return {
        "an error": np.bool_(raised),
        "vocabulary size": np.int64(enough.vocab_size()),
    }


def _windows(assignment, tokens, starts, length):
    inputs, targets = assignment.text.windows.next_token_windows(tokens, starts, length)
    inputs, targets = np.asarray(inputs), np.asarray(targets)
    return {
        "inputs": inputs,
        "targets": targets,
        "inputs are int32": np.bool_(inputs.dtype == np.int32),
        "targets are int32": np.bool_(targets.dtype == np.int32),
    }


@check("text.windows", tolerance="exact")
def windows_of_a_corpus(assignment, rng):
    """Windows at unordered starts, one of them drawn twice."""
    tokens = rng.permutation(61).astype(np.int32)
    starts = np.array([40, 3, 17, 3], np.int64)
    return _windows(assignment, tokens, tensor(starts), 6)


@check("text.windows", tolerance="exact")
def first_and_last_window(assignment, rng):
    """The first window of the corpus, and the last that fits: its last target is the last token."""
    tokens = rng.permutation(24).astype(np.int32)
    return _windows(assignment, tokens, tensor(np.array([0, 24 - 7 - 1, 5], np.int64)), 7)


@check("text.windows", tolerance="exact")
def as_many_windows_as_tokens(assignment, rng):
    """B = T: rows are windows, columns are positions; the starts are an array; ids are large."""
    tokens = rng.permutation(50).astype(np.int32) + 70_000
    return _windows(assignment, tokens, np.array([30, 9, 21, 2, 11], np.int64), 5)


@check("text.windows", tolerance="exact")
def stored_tokens(assignment, rng):
    """A corpus stored as unsigned 16-bit numbers in a file, which has more places than those."""
    tokens = rng.integers(32768, 65536, 70_000).astype(np.uint16)
    tokens.tofile("tokens.bin")
    mapped = np.memmap("tokens.bin", np.uint16, mode="r")
    return _windows(assignment, mapped, tensor(np.array([250, 1, 69_000], np.int64)), 4)


@check("text.windows", tolerance="exact")
def one_window(assignment, rng):
    """A batch of a single window."""
    tokens = rng.permutation(30).astype(np.int32)
    return _windows(assignment, tokens, tensor(np.array([int(rng.integers(2, 20))], np.int64)), 5)


@check("text.windows", tolerance="exact")
def one_token_long(assignment, rng):
    """Windows of a single token."""
    tokens = rng.permutation(12).astype(np.int32)
    return _windows(assignment, tokens, tensor(np.array([10, 0, 4], np.int64)), 1)
