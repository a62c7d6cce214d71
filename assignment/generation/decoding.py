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
    # BEGIN SOLUTION decoding.generate
    # TODO Read the shared tokens; then loop over positions: sample, choose, note, read.
    # The prompts, with room for what comes behind the longest of them.
    tokens = tf.pad(prompt_ids, [[0, 0], [0, max_new_tokens]])
    state = model.initial_state(batch_size, prompt_width + max_new_tokens)
    logits, state = model.step(prompt_ids[:, :shared_length], state, 0)

    def some_row_goes_on(position, tokens, lengths, done, logits, state):
        return tf.reduce_any(~done)

    def advance(position, tokens, lengths, done, logits, state):
        sampled = sampler(logits, tf.random.experimental.stateless_fold_in(seed, position))
        is_new = (position >= prompt_lengths) & ~done
        current = tf.where(is_new, sampled, tf.gather(tokens, position, axis=1))  # (B,)
        place = tf.stack([rows, tf.fill([batch_size], position)], axis=1)
        tokens = tf.tensor_scatter_nd_update(tokens, place, current)
        lengths += tf.cast(is_new, tf.int32)
        done |= lengths == max_new_tokens
        if stop_id is not None:
            done |= is_new & (sampled == stop_id)
        logits, state = model.step(current[:, tf.newaxis], state, position)
        return position + 1, tokens, lengths, done, logits[:, -1], state

    _, tokens, lengths, _, _, _ = tf.while_loop(
        some_row_goes_on,
        advance,
        (
            tf.constant(shared_length),
            tokens,
            tf.zeros([batch_size], tf.int32),
            tf.fill([batch_size], max_new_tokens == 0),
            logits[:, -1],
            state,
        ),
    )
    offsets = tf.range(max_new_tokens)[tf.newaxis, :]  # (1, N)
    new = tf.gather(tokens, prompt_lengths[:, tf.newaxis] + offsets, batch_dims=1)  # (B, N)
    return tf.where(offsets < lengths[:, tf.newaxis], new, pad_id), lengths
    # END SOLUTION
