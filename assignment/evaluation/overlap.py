"""How much of a reference text a generated one has: exact match, BLEU, ROUGE-L.

Texts are lists of words here; how they are split is the caller's affair.
"""

import math
from collections import Counter
from collections.abc import Sequence

Words = Sequence[str]


def exact_match(texts: Sequence[str], references: Sequence[str]) -> float:
    """The share of texts that equal their reference, up to spaces around them."""
    pairs = list(zip(texts, references, strict=True))
    return sum(text.strip() == reference.strip() for text, reference in pairs) / len(pairs)


def bleu(texts: Sequence[Words], references: Sequence[Words], max_order: int = 4) -> float:
    """The BLEU of a corpus (Papineni et al. 2002), with one reference for each text.

        BLEU = BP · exp(1/N Σ_n log p_n),   BP = exp(1 − r/c) if c ≤ r, else 1

    p_n is the share of the texts' n-grams that stand in their reference, each counted at most as
    often as there. Counts are added up over the corpus before they are divided; c and r are the
    lengths of all texts and of all references. There is no smoothing: one p_n of 0 makes it 0.

    Args:
        texts: What was generated.
        references: What should have been.
        max_order: N.

    Returns:
        From 0 to 1.
    """
    matches, totals = [0] * max_order, [0] * max_order
    for text, reference in zip(texts, references, strict=True):
        for order in range(1, max_order + 1):
            found, wanted = _ngrams(text, order), _ngrams(reference, order)
            matches[order - 1] += (found & wanted).total()  # the smaller count of each
            totals[order - 1] += found.total()
    if not all(matches):
        return 0.0
    precision = sum(math.log(m / t) for m, t in zip(matches, totals, strict=True)) / max_order
    length, reference_length = sum(map(len, texts)), sum(map(len, references))
    return math.exp(precision + min(0.0, 1 - reference_length / length))


def rouge_l(text: Words, reference: Words) -> float:
    """ROUGE-L (Lin 2004): F₁ of the longest common subsequence L.

        P = L / |text|,   R = L / |reference|,   F₁ = 2PR / (P + R) = 2L / (|text| + |reference|)

    Returns:
        From 0 to 1; 0 if both are empty.
    """
    total = len(text) + len(reference)
    return 2 * _longest_common(text, reference) / total if total else 0.0


def _ngrams(words: Words, order: int) -> Counter:
    return Counter(tuple(words[i : i + order]) for i in range(len(words) - order + 1))


def _longest_common(first: Words, second: Words) -> int:
    """The length of the longest common subsequence, row by row of the usual table."""
    row = [0] * (len(second) + 1)
    for word in first:
        diagonal = 0
        for column, other in enumerate(second, start=1):
            above = row[column]
            row[column] = diagonal + 1 if word == other else max(above, row[column - 1])
            diagonal = above
    return row[-1]
