"""Rollouts: a policy writes responses, and they become arrays to train on.

Shapes: P prompts, G responses to each, B = P·G rows, W width of the padded prompts, N new tokens at
most, S the shortest prompt. The G responses to one prompt stand next to each other. What is trained
on has the length T = W + N − S: nothing is learned from targets that stand in every prompt.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from assignment.alignment.arrays import as_floats
from assignment.alignment.log_probs import token_log_probs
from assignment.generation.decoding import generate
from assignment.generation.parts import compile_in_parts
from assignment.generation.sampling import make_sampler
from assignment.models.last_logits import LastLogits
from assignment.text.conversations import format_prompt


class Prompts(NamedTuple):
    """Prompts in the chat format, up to where the model begins to answer."""

    ids: np.ndarray
    """`(P, W)` int32, padded on the right."""
    lengths: np.ndarray
    """`(P,)` int32."""

    def rows(self, indices) -> "Prompts":
        return Prompts(self.ids[indices], self.lengths[indices])


class Rollout(NamedTuple):
    """What the policy has written."""

    tokens: tf.Tensor
    """`(B, W + N)`: prompt, response with its eos, padding."""
    responses: tf.Tensor
    """`(B, N)`: the response with its eos, padding."""
    lengths: tf.Tensor
    """`(B,)`: the tokens of each response, the eos counted."""
    total_lengths: tf.Tensor
    """`(B,)`: the same with the prompt."""
    ended: tf.Tensor
    """`(B,)`: whether there is an eos: the response is not cut off."""
    targets: tf.Tensor
    """`(B, T)`: the last T of `tokens`."""
    mask: tf.Tensor
    """`(B, T)`: True where the target is a token of the response."""


def encode_prompts(texts: list[str], tokenizer, longest: int) -> tuple[Prompts, np.ndarray]:
    """Bring texts into the chat format, and leave out those that are too long.

    Args:
        texts: The prompts.
        tokenizer: The policy's.
        longest: The largest W that leaves room for a response.

    Returns:
        The prompts, and the indices in `texts` of those that are left.

    Raises:
        ValueError: None is left, or there is no room for any.
    """
    if longest < 1:
        raise ValueError(
            "--max-new-tokens is too large: responses of that length leave no room for a prompt in "
            "the model's context."
        )
    encoded = [format_prompt(ids, tokenizer) for ids in tokenizer.encode_batch(texts)]
    kept = [index for index, ids in enumerate(encoded) if len(ids) <= longest]
    if not kept:
        raise ValueError(
            f"Every prompt is longer than {longest} tokens, which is what the model's context "
            "leaves beside a response. Use shorter prompts, a smaller --max-new-tokens, or a model "
            f"with a larger context. Received: {len(texts)} prompts, the shortest of "
            f"{min(map(len, encoded))} tokens"
        )
    lengths = np.array([len(encoded[index]) for index in kept], np.int32)
    ids = np.full((len(kept), lengths.max()), tokenizer.pad_id, np.int32)
    for row, index in enumerate(kept):
        ids[row, : lengths[row]] = encoded[index]
    return Prompts(ids, lengths), np.array(kept)


class RolloutSampler:
    """Samples responses to prompts of one set, always in arrays of one shape: it compiles once.

    There is no top-k and no top-p here, on purpose: the ratio π/π_old compares probabilities of the
    distribution that the tokens were drawn from, and a filter would make it another one.

    Args:
        model: The policy.
        tokenizer: Its tokenizer.
        prompts: The whole set; its width and its shortest prompt give the shape.
        group_size: G.
        max_new_tokens: N.
        temperature: τ; see `response_log_probs`.
    """

    def __init__(
        self,
        model,
        tokenizer,
        prompts: Prompts,
        group_size: int,
        max_new_tokens: int,
        temperature: float = 1.0,
    ):
        self.tokenizer = tokenizer
        shortest = int(prompts.lengths.min())
        self._sample = compile_in_parts(
            model,
            lambda ids, lengths, seed: sample_responses(
                model,
                Prompts(ids, lengths),
                group_size,
                max_new_tokens,
                seed,
                tokenizer,
                temperature,
                shortest,
            ),
            group_size,
        )

    def __call__(self, prompts: Prompts, seed) -> Rollout:
        """G responses to each of these prompts: a function of the weights and the arguments only.

        Args:
            prompts: Rows of the set, always as many.
            seed: A pair of ints.
        """
        return self._sample(*prompts, tf.constant(seed, tf.int32))

    def texts(self, rollout: Rollout) -> list[str]:
        """The responses as text."""
        return [self.tokenizer.decode(row) for row in rollout.responses.numpy()]


def sample_responses(
    model,
    prompts: Prompts,
    group_size: int,
    max_new_tokens: int,
    seed,
    tokenizer,
    temperature: float = 1.0,
    shortest: int = 1,
) -> Rollout:
    """Let the policy write G responses to each prompt, through its state, until all have ended.

    Args:
        model: The policy.
        prompts: P of them.
        group_size: G.
        max_new_tokens: N.
        seed: An int or a pair of ints.
        tokenizer: Knows `eos_id` and `pad_id`.
        temperature: τ.
        shortest: S; so many tokens are read in one step, once for each prompt.
    """
    prompt_ids = tf.repeat(tf.cast(prompts.ids, tf.int32), group_size, axis=0)  # (B, W)
    prompt_lengths = tf.repeat(tf.cast(prompts.lengths, tf.int32), group_size)  # (B,)
    responses, lengths = generate(
        _SharedPrompts(model, group_size),
        prompt_ids,
        prompt_lengths,
        max_new_tokens,
        make_sampler(temperature),
        seed,
        stop_id=tokenizer.eos_id,
        pad_id=tokenizer.pad_id,
        shared_length=shortest,
    )
    tokens = _join(prompt_ids, prompt_lengths, responses, tokenizer.pad_id)
    # Where each target stands within the response, counted from its first token.
    places = tf.range(shortest, tokens.shape[1]) - prompt_lengths[:, tf.newaxis]  # (B, T)
    return Rollout(
        tokens,
        responses,
        lengths,
        prompt_lengths + lengths,
        tf.reduce_any(responses == tokenizer.eos_id, axis=1),
        tokens[:, shortest:],
        (places >= 0) & (places < lengths[:, tf.newaxis]),
    )


def response_logits(model, rollout: Rollout, temperature: float = 1.0) -> tf.Tensor:
    """The policy's logits of the rollout's targets, `(B, T, V)`, in one pass over all tokens.

    The temperature is the sampler's: the distribution in question is softmax(logits / τ).
    """
    (logits,) = as_floats(LastLogits(model, rollout.targets.shape[1])(rollout.tokens[:, :-1]))
    return logits / temperature


def response_log_probs(model, rollout: Rollout, temperature: float = 1.0) -> tf.Tensor:
    """log π of each target, `(B, T)`: of what the sampler drew where the mask is True."""
    return token_log_probs(response_logits(model, rollout, temperature), rollout.targets)


def _join(prompt_ids, prompt_lengths, responses, pad_id: int) -> tf.Tensor:
    """Each response right behind its prompt: `(B, W + N)`."""
    width, new = prompt_ids.shape[1], responses.shape[1]
    places = tf.range(width + new) - prompt_lengths[:, tf.newaxis]  # within the response
    prompt = tf.pad(prompt_ids, [[0, 0], [0, new]])
    response = tf.pad(responses, [[0, 0], [0, 1]], constant_values=pad_id)
    response = tf.gather(response, tf.clip_by_value(places, 0, new), batch_dims=1)
    return tf.where(places < 0, prompt, response)


class _SharedPrompts:
    """A language model that reads the beginning of a prompt once for the G rows of its group.

    Each prompt stands in G rows. At the first step one row of each group is read, and the state
    behind it, a KV cache or a hidden state, is copied.
    """

    def __init__(self, model, group_size: int):
        self.model = model
        self.group_size = group_size

    def initial_state(self, batch_size: int, max_length: int):
        return self.model.initial_state(batch_size // self.group_size, max_length)

    def step(self, token_ids, state, index):
        if tf.nest.flatten(state)[0].shape[0] == token_ids.shape[0]:
            return self.model.step(token_ids, state, index)
        read = self.model.step(token_ids[:: self.group_size], state, index)
        return tf.nest.map_structure(lambda tensor: tf.repeat(tensor, self.group_size, 0), read)
