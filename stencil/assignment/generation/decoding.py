"""Decoding: from a batch of prompts to a batch of continuations.

Shapes: B batch, P width of the padded prompts, N new tokens, V vocabulary.
"""

import tensorflow as tf

from assignment.generation.sampling import Sampler


def generate(
    model,
    prompt_ids,
    prompt_lengths,
    max_new_tokens: int,
    sampler: Sampler,
    seed,
    stop_id: int | None = None,
    pad_id: int = 0,
    shared_length: int = 1,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Continue each prompt, token by token, through the model's state.

    All rows stand at the same position at the same time. A row that is still inside its prompt
    takes the prompt's next token there, any other row the token that is sampled. So prompts of
    different lengths leave no padding in the state, and one loop serves the hidden state of a
    recurrent model and the KV cache of a transformer.

    Args:
        model: Has `initial_state(batch_size, max_length)` and `step(token_ids, state, index)`.
        prompt_ids: `(B, P)` integers, padded on the right.
        prompt_lengths: `(B,)`, each from 1 to P.
        max_new_tokens: N.
        sampler: `sampler(logits (B, V), seed (2,)) -> ids (B,)`.
        seed: An int or a pair of ints; the same seed gives the same text.
        stop_id: The token that ends a row.
        pad_id: What stands behind the end of a row.
        shared_length: No prompt is shorter; so many tokens are read in one step at the beginning.

    Returns:
        The new tokens `(B, N)`, the stop token included, then `pad_id`; and how many there are in
        each row, `(B,)`, the stop token counted. Both int32.
    """
    prompt_ids = tf.cast(prompt_ids, tf.int32)
    prompt_lengths = tf.cast(prompt_lengths, tf.int32)
    seed = tf.cast(tf.broadcast_to(seed, [2]), tf.int32)
    batch_size, prompt_width = prompt_ids.shape
    rows = tf.range(batch_size)
    # TODO Read the shared tokens; then loop over positions: sample, choose, note, read.
    raise NotImplementedError("decoding.generate: feed the prompts, then sample token after token")
