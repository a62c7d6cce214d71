"""What many samples say about a model that answers once, k times, or with the best of n.

Shapes: P prompts, N samples of each.
"""

import math
from statistics import NormalDist

import numpy as np


def pass_at_k(samples: int, correct: int, k: int) -> float:
    """The probability that one of k answers is right (Chen et al. 2021), from n ≥ k samples.

        pass@k = 1 − C(n − c, k) / C(n, k) = 1 − Π_{i = n−c+1}^{n} (1 − k/i)

    Averaged over all subsets of k of the n samples: the fewer chances, the less it varies. The
    product never meets the huge binomial coefficients.

    Args:
        samples: n, how many answers were sampled.
        correct: c, how many of them are right.
        k: How many answers one may give.

    Raises:
        ValueError: Not 0 ≤ c ≤ n, or not 1 ≤ k ≤ n.
    """
    if not (0 <= correct <= samples and 1 <= k <= samples):
        raise ValueError(
            "pass@k needs 0 ≤ correct ≤ samples and 1 ≤ k ≤ samples. "
            f"Received: samples={samples}, correct={correct}, k={k}"
        )
    if samples - correct < k:
        return 1.0
    return 1.0 - math.prod(1.0 - k / i for i in range(samples - correct + 1, samples + 1))


def pass_rates(solved: np.ndarray) -> dict[str, float]:
    """The mean pass@k of all prompts for k = 1, 2, 4, … and N.

    Args:
        solved: `(P, N)`, whether a sample is right.
    """
    samples = solved.shape[1]
    ks = {2**i for i in range(samples.bit_length()) if 2**i <= samples} | {samples}
    correct = [int(count) for count in solved.sum(axis=1)]
    return {
        f"pass_at_{k}": float(np.mean([pass_at_k(samples, c, k) for c in correct]))
        for k in sorted(ks)
    }


def best_of_n(scores, n: int, values=None) -> np.ndarray:
    """What the best of n answers is worth, for each prompt, from N ≥ n samples.

    The answer with the highest score is taken, and its value counts. Averaged over all subsets of
    n of the N samples, which needs no subset: the one of rank i (1 = lowest score) is the best of

        C(i − 1, n − 1) / C(N, n)

    of them. So all N samples serve every n, and the estimate is unbiased.

    Args:
        scores: `(P, N)`, what is chosen by, such as a reward model's score.
        n: How many answers to choose among.
        values: `(P, N)`, what the chosen one is worth, such as its gold reward; the scores
            themselves when None.

    Returns:
        `(P,)`.

    Raises:
        ValueError: Not 1 ≤ n ≤ N.
    """
    scores = np.asarray(scores, float)
    values = scores if values is None else np.asarray(values, float)
    size = scores.shape[1]
    if not 1 <= n <= size:
        raise ValueError(f"best-of-n needs 1 ≤ n ≤ {size}, the number of samples. Received: n={n}")
    share = [math.comb(rank - 1, n - 1) / math.comb(size, n) for rank in range(1, size + 1)]
    order = np.argsort(scores, axis=1, kind="stable")
    return np.take_along_axis(values, order, axis=1) @ np.array(share)


def best_of_n_kl(n: int) -> float:
    """How far choosing the best of n moves a policy: log n − (n − 1)/n nats (Stiennon et al. 2020).

    It is exact for scores without ties, and what policies in training are compared with.
    """
    return math.log(n) - (n - 1) / n


def mean_interval(values, confidence: float = 0.95) -> tuple[float, float]:
    """A mean, and the half-width of its confidence interval, z · s / √n.

    Args:
        values: `(n,)`, independent of each other: one for each prompt.
        confidence: Of the interval.

    Returns:
        The mean, and the half-width; 0 for a single value.
    """
    values = np.asarray(values, float)
    if values.size < 2:
        return float(values.mean()), 0.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    return float(values.mean()), z * float(values.std(ddof=1)) / math.sqrt(values.size)
