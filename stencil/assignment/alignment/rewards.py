"""Rewards: learned from preferences (Bradley-Terry), shaped by the KL penalty, or verified.

Shapes: B batch, T time of the response.
"""

import itertools
import re

import tensorflow as tf

from assignment.alignment.arrays import as_floats


def bradley_terry_loss(chosen_rewards, rejected_rewards) -> tf.Tensor:
    """The loss of a reward model (Bradley and Terry 1952; Ouyang et al. 2022).

        L = −mean log σ(r_w − r_l)

    It stays finite for large differences of either sign.

    Args:
        chosen_rewards: `(B,)`, r_w, of the responses that were preferred.
        rejected_rewards: `(B,)`, r_l.

    Returns:
        A scalar; ln 2 where the model sees no difference.
    """
    chosen_rewards, rejected_rewards = as_floats(chosen_rewards, rejected_rewards)
    raise NotImplementedError("rlhf.bradley_terry: compare pairs of rewards, and pair up a ranking")


def ranking_to_pairs(ranking) -> list[tuple[int, int]]:
    """Every pair (winner, loser) of a ranking: M responses give M(M − 1)/2 pairs.

    Args:
        ranking: The indices of the responses, best first.
    """
    ranking = [int(index) for index in ranking]
    raise NotImplementedError("rlhf.bradley_terry: compare pairs of rewards, and pair up a ranking")


def kl_shaped_rewards(score, log_probs, ref_log_probs, mask, beta) -> tf.Tensor:
    """The reward of each token: its KL penalty, and on the last one the response's score.

        r_t = −β (log π(y_t) − log π_ref(y_t)) + [t is the last valid token] · score

    Args:
        score: `(B,)`, what the reward model says of each response.
        log_probs: `(B, T)`, of the policy that wrote the responses.
        ref_log_probs: `(B, T)`, of the reference model.
        mask: `(B, T)`, True on the tokens of the response, its end-of-text token included.
        beta: β.

    Returns:
        `(B, T)`, 0 off the mask.
    """
    score, log_probs, ref_log_probs = as_floats(score, log_probs, ref_log_probs)
    mask = tf.cast(mask, tf.bool)
    # TODO the last valid token is where counting the valid ones from the end says 1.
    raise NotImplementedError("rlhf.token_rewards: penalise each token, reward the last valid one")


def extract_answer(text) -> int | None:
    """The whole number that a response gives as its answer.

    An answer stands after `####` or inside `<answer>…</answer>`. The last of these marks decides
    (an opening tag that is never closed is one, without an answer). The number comes first behind
    it, after any white space: `#### 1,234.`, `#### -$5`, `<answer>42</answer>`. It may have a minus
    sign, a dollar sign, commas between groups of three digits, and a period at its end (or zeros
    after the point), and then comes white space, the end of the tag or that of the text: `3/4`,
    `7-2`, `1e3` and `12abc` are no whole numbers, in `#### 12 apples` it is 12.

    Returns:
        The number; None where there is none, or where what stands there is no whole number. No
        text raises an exception.
    """
    raise NotImplementedError("grpo.reward: read the last answer, and compare it")


def exact_answer_reward(text, answer: int) -> float:
    """1.0 if the answer that stands in the text is exactly the right one, else 0.0."""
    raise NotImplementedError("grpo.reward: read the last answer, and compare it")
