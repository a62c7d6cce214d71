"""Exact match, BLEU and ROUGE-L against keras_nlp's metrics and against brute force."""

import itertools
import random

import pytest

from assignment.evaluation.overlap import bleu, exact_match, rouge_l

WORDS = ["the", "cat", "sat", "on", "a", "mat"]


def texts(count: int, seed: int) -> list[list[str]]:
    generator = random.Random(seed)
    return [generator.choices(WORDS, k=generator.randint(4, 12)) for _ in range(count)]


def test_exact_match_ignores_spaces_around_a_text_only():
    assert exact_match([" a b", "a  b", "A b", "a b"], ["a b"] * 4) == 0.5


def test_bleu_is_that_of_keras_nlp():
    keras_nlp = pytest.importorskip("keras_nlp")
    import tensorflow as tf

    for seed in range(3):
        ours, references = texts(20, seed), texts(20, seed + 100)
        metric = keras_nlp.metrics.Bleu(tokenizer=lambda x: tf.strings.split(x), max_order=3)
        metric.update_state([[" ".join(r)] for r in references], [" ".join(t) for t in ours])
        assert bleu(ours, references, max_order=3) == pytest.approx(
            float(metric.result()), abs=1e-5
        )


def test_bleu_of_a_text_that_is_too_short_is_punished_and_of_the_same_text_1():
    reference = ["the", "cat", "sat", "on", "the", "mat"]
    assert bleu([reference], [reference]) == pytest.approx(1.0)
    # All n-grams are right; c = 5, r = 6.
    assert bleu([reference[:5]], [reference]) == pytest.approx(2.718281828 ** (1 - 6 / 5))
    assert bleu([["mat"]], [reference]) == 0.0


def test_rouge_l_has_the_longest_common_subsequence():
    for first, second in zip(texts(12, 7), texts(12, 8), strict=True):
        first, second = first[:7], second[:7]
        subsequences = {c for n in range(8) for c in itertools.combinations(first, n)}
        longest = max(len(c) for c in subsequences if is_subsequence(c, second))
        precision, recall = longest / len(first), longest / len(second)
        expected = 2 * precision * recall / (precision + recall) if longest else 0.0
        assert rouge_l(first, second) == pytest.approx(expected)
    assert rouge_l([], []) == 0.0


def is_subsequence(words, text) -> bool:
    remaining = iter(text)
    return all(word in remaining for word in words)
