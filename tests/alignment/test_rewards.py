import json
import math
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from assignment.alignment.rewards import (
    bradley_terry_loss,
    exact_answer_reward,
    extract_answer,
    kl_shaped_rewards,
    ranking_to_pairs,
)

RNG = np.random.default_rng(0)
GSM8K = Path(__file__).parents[2] / ".." / "shared" / "data" / "gsm8k_test.jsonl"


# Bradley-Terry


def test_bradley_terry_equals_the_formula():
    chosen, rejected = RNG.normal(size=5) * 2, RNG.normal(size=5) * 2
    expected = np.mean(
        [math.log(1 + math.exp(r - c)) for c, r in zip(chosen, rejected, strict=True)]
    )
    np.testing.assert_allclose(bradley_terry_loss(chosen, rejected), expected, rtol=1e-6)
    np.testing.assert_allclose(bradley_terry_loss(chosen, chosen), math.log(2), rtol=1e-6)


def test_bradley_terry_stays_finite_and_pushes_on_for_large_differences():
    chosen = tf.constant([-200.0, 200.0, 1e5])
    rejected = tf.constant([200.0, -200.0, -1e5])
    with tf.GradientTape() as tape:
        tape.watch([chosen, rejected])
        loss = bradley_terry_loss(chosen, rejected)
    np.testing.assert_allclose(loss, 400 / 3, rtol=1e-6)
    into_chosen, into_rejected = tape.gradient(loss, [chosen, rejected])
    np.testing.assert_allclose(into_chosen, [-1 / 3, 0, 0], atol=1e-7)
    np.testing.assert_allclose(into_rejected, [1 / 3, 0, 0], atol=1e-7)


def test_a_constant_on_both_rewards_changes_nothing():
    chosen, rejected = RNG.normal(size=4), RNG.normal(size=4)
    np.testing.assert_allclose(
        bradley_terry_loss(chosen + 7, rejected + 7), bradley_terry_loss(chosen, rejected), 1e-6
    )


def test_a_ranking_gives_every_pair_once_with_the_better_first():
    assert ranking_to_pairs([2, 0, 1]) == [(2, 0), (2, 1), (0, 1)]
    assert ranking_to_pairs([4]) == ranking_to_pairs([]) == []
    ranking = RNG.permutation(6)
    pairs = ranking_to_pairs(ranking)
    place = {index: position for position, index in enumerate(ranking)}
    assert len(pairs) == len(set(pairs)) == 15
    assert all(place[winner] < place[loser] for winner, loser in pairs)
    assert all(type(index) is int for pair in pairs for index in pair)


# Rewards of tokens


@pytest.mark.parametrize(("batch", "time"), [(3, 5), (4, 4)])
@pytest.mark.parametrize("mask_dtype", [bool, np.float32])
def test_kl_shaped_rewards_equal_those_of_a_loop(batch, time, mask_dtype):
    score = RNG.normal(size=batch) * 2
    log_probs, ref = -RNG.exponential(size=(2, batch, time)) * 2
    mask = np.zeros((batch, time), bool)
    for b, (first, length) in enumerate([(0, 2), (0, time), (1, 2), (0, 0)][:batch]):
        mask[b, first : first + length] = True

    expected = np.zeros((batch, time))
    for b in range(batch):
        for t in range(time):
            if mask[b, t]:
                expected[b, t] = -0.3 * (log_probs[b, t] - ref[b, t])
                if not mask[b, t + 1 :].any():
                    expected[b, t] += score[b]
    rewards = kl_shaped_rewards(score, log_probs, ref, mask.astype(mask_dtype), 0.3)
    np.testing.assert_allclose(rewards, expected, rtol=1e-5, atol=1e-12)


def test_without_kl_the_rewards_add_up_to_the_score():
    mask = [[True, True, False], [True, True, True]]
    log_probs = np.full((2, 3), -1.0)
    log_probs[0, 2] = np.nan  # padding
    rewards = kl_shaped_rewards([2.0, -1.0], log_probs, np.full((2, 3), -3.0), mask, 0.0)
    np.testing.assert_array_equal(rewards, [[0, 2, 0], [0, 0, -1]])


def test_kl_shaped_rewards_under_xla():
    mask = [[True, True, False], [True, True, True]]
    arguments = (tf.constant([2.0, -1.0]), tf.fill((2, 3), -1.0), tf.fill((2, 3), -3.0), mask)
    rewards = tf.function(kl_shaped_rewards, jit_compile=True)(*arguments, 0.5)
    np.testing.assert_allclose(rewards, [[-1, 1, 0], [-1, -1, -2]])


# Verified answers


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("6 * 7 = 42\n#### 42", 42),
        ("####42", 42),
        ("#### 1,234,567", 1234567),
        ("#### $1,200", 1200),
        ("#### -5", -5),
        ("#### -$5", -5),
        ("#### $-5", -5),
        ("#### 42.", 42),
        ("#### 18.00", 18),
        ("#### 007", 7),
        ("#### 42\nThat is all.", 42),
        ("#### 42 apples", 42),
        ("<answer>42</answer>", 42),
        ("<answer> $1,200. </answer> done", 1200),
        ("<answer>\n-3\n</answer>", -3),
        ("<answer>#### 8</answer>", 8),
        ("#### 1\n#### 2", 2),
        ("<answer>1</answer> no: <answer>2</answer>", 2),
        ("#### 1 <answer>2</answer>", 2),
        ("<answer>2</answer> #### 1", 1),
        ("#### " + "9" * 30, 10**30 - 1),
    ],
)
def test_an_answer_is_found(text, answer):
    assert extract_answer(text) == answer
    assert exact_answer_reward(text, answer) == 1.0
    assert exact_answer_reward(text, answer + 1) == 0.0


@pytest.mark.parametrize(
    "text",
    [
        None,
        42,
        b"#### 42",
        "",
        "42",
        "The answer is 42.",
        "### 42",
        "####",
        "#### ",
        "#### forty-two",
        "#### 4.5",
        "#### 3/4",
        "#### 1,23",
        "#### 1, 2",
        "#### --5",
        "#### -$-5",
        "#### - 5",
        "#### 12abc",
        "#### 50%",
        "#### 1e3",
        "#### ٤٢",
        "#### ²",
        "#### " + "9" * 5000,
        "<answer>42",
        "<answer></answer>",
        "<answer>four</answer>",
        "42</answer>",
        "</answer>42<answer>",
        "<answer><answer></answer></answer>",
        "#### 42\n#### unsure",
        "<answer>" * 10_000,
    ],
)
def test_what_is_malformed_is_none_and_earns_nothing(text):
    assert extract_answer(text) is None
    assert exact_answer_reward(text, 42) == 0.0
    assert exact_answer_reward(text, None) == 0.0


@given(st.text(alphabet="#<answer>/ -$,.0123456789٣²\n") | st.text())
def test_no_text_raises_an_exception(text):
    for marked in (text, "####" + text, f"<answer>{text}</answer>"):
        answer = extract_answer(marked)
        assert answer is None or type(answer) is int
        assert type(exact_answer_reward(marked, 3)) is float


@given(st.integers(-(10**12), 10**12))
def test_every_integer_survives_both_marks_with_and_without_commas(number):
    for written in (str(number), f"{number:,}", f"{number:,}."):
        assert extract_answer(f"Work. #### {written}") == number
        assert extract_answer(f"Work. <answer>{written}</answer>") == number


@pytest.mark.skipif(not GSM8K.exists(), reason="the file is not here")
def test_every_answer_of_gsm8k_is_found():
    answers = [json.loads(line)["answer"] for line in GSM8K.open(encoding="utf-8")]
    for text in answers:
        assert extract_answer(text) == int(text.split("####")[1].replace(",", ""))
