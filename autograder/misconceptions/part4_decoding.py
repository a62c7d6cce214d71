"""Misconceptions of Part 4: the decoding loop."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "one_seed",
        "decoding.generate",
        edits=[("tf.random.experimental.stateless_fold_in(seed, position)", "seed")],
        hint=(
            "Every step draws with the same seed, so every step makes the same draw. Derive a seed "
            "of its own for each step."
        ),
    ),
    Misconception(
        "seed_ignored",
        "decoding.generate",
        edits=[("stateless_fold_in(seed, position)", "stateless_fold_in([1, 2], position)")],
        hint="Two different seeds give the same text.",
    ),
    Misconception(
        "global_randomness",
        "decoding.generate",
        edits=[
            (
                "tf.random.experimental.stateless_fold_in(seed, position)",
                "tf.random.uniform([2], maxval=2**30, dtype=tf.int32)",
            )
        ],
        hint="The same seed gives two different texts: some randomness does not come from it.",
    ),
    Misconception(
        "padding_read",
        "decoding.generate",
        edits=[("(position >= prompt_lengths)", "(position >= prompt_width)")],
        hint=(
            "Shorter prompts are continued only behind their padding, which is read like text. "
            "Each row goes on where its own prompt ends."
        ),
    ),
    Misconception(
        "prompt_in_one_step",
        "decoding.generate",
        body="""
            state = model.initial_state(batch_size, prompt_width + max_new_tokens)
            logits, state = model.step(prompt_ids, state, 0)
            logits, new = logits[:, -1], []
            done = tf.fill([batch_size], False)
            lengths = tf.zeros([batch_size], tf.int32)
            for i in range(max_new_tokens):
                step_seed = tf.random.experimental.stateless_fold_in(seed, i)
                sampled = tf.cast(sampler(logits, step_seed), tf.int32)
                new.append(tf.where(done, pad_id, sampled))
                lengths += tf.cast(~done, tf.int32)
                if stop_id is not None:
                    done |= sampled == stop_id
                logits, state = model.step(sampled[:, None], state, prompt_width + i)
                logits = logits[:, -1]
            return tf.stack(new, axis=1), lengths
        """,
        hint=(
            "The prompts are read with their padding, and the first token follows from the last "
            "column. In a shorter prompt that column is padding."
        ),
    ),
    Misconception(
        "position_restarts",
        "decoding.generate",
        edits=[("current[:, tf.newaxis], state, position)", "current[:, tf.newaxis], state, 0)")],
        hint="Every new token is read at position 0. Its index is the number of tokens before it.",
    ),
    Misconception(
        "position_off_by_one",
        "decoding.generate",
        edits=[
            (
                "current[:, tf.newaxis], state, position)",
                "current[:, tf.newaxis], state, position - 1)",
            )
        ],
        hint="The position of a new token is off by one: the first token of a prompt has index 0.",
    ),
    Misconception(
        "state_dropped",
        "decoding.generate",
        edits=[("logits, state = model.step(current", "logits, _ = model.step(current")],
        hint=(
            "The state of one step does not reach the next, so the model forgets what it has just "
            "read."
        ),
    ),
    Misconception(
        "first_token_unread",
        "decoding.generate",
        edits=[("logits, state = model.step(prompt_ids", "logits, _ = model.step(prompt_ids")],
        hint="What was read of the prompt in the first step is missing from the state.",
    ),
    Misconception(
        "no_room_for_new_tokens",
        "decoding.generate",
        edits=[
            (
                "initial_state(batch_size, prompt_width + max_new_tokens)",
                "initial_state(batch_size, prompt_width)",
            )
        ],
        hint=(
            "A new token finds no place in the state: is there room for prompt and new tokens, and "
            "is each token's index its position in its own text, counted from 0?"
        ),
    ),
    Misconception(
        "prompt_returned",
        "decoding.generate",
        edits=[
            (
                "tf.gather(tokens, prompt_lengths[:, tf.newaxis] + offsets, batch_dims=1)",
                "tokens[:, :max_new_tokens]",
            )
        ],
        hint="The text begins with the prompt. Only new tokens are returned.",
    ),
    Misconception(
        "behind_the_longest_prompt",
        "decoding.generate",
        edits=[
            (
                "tf.gather(tokens, prompt_lengths[:, tf.newaxis] + offsets, batch_dims=1)",
                "tokens[:, prompt_width:]",
            )
        ],
        hint=(
            "The first new tokens of shorter prompts are cut off: each row's text begins behind "
            "its own prompt."
        ),
    ),
    Misconception(
        "always_greedy",
        "decoding.generate",
        edits=[
            (
                "sampler(logits, tf.random.experimental.stateless_fold_in(seed, position))",
                "tf.argmax(logits, axis=-1, output_type=tf.int32)",
            )
        ],
        hint="The sampler is never asked: the loop chooses the token itself.",
    ),
    Misconception(
        "probabilities_to_the_sampler",
        "decoding.generate",
        edits=[("sampler(logits,", "sampler(tf.nn.softmax(logits),")],
        hint="The sampler is given probabilities; it expects the model's logits as they are.",
    ),
    Misconception(
        "pads_not_counted",
        "decoding.generate",
        edits=[
            (
                "return tf.where(offsets < lengths[:, tf.newaxis], new, pad_id), lengths",
                "text = tf.where(offsets < lengths[:, tf.newaxis], new, pad_id)\n"
                "    return text, tf.math.count_nonzero(text != pad_id, axis=1, dtype=tf.int32)",
            )
        ],
        hint="A token that happens to have the number of the pad id is not counted.",
    ),
    Misconception(
        "prompts_measured_by_pads",
        "decoding.generate",
        edits=[
            (
                "state = model.initial_state(",
                "prompt_lengths = tf.math.count_nonzero(prompt_ids, axis=1, dtype=tf.int32)\n"
                "    state = model.initial_state(",
            )
        ],
        hint="Where a prompt ends is said by prompt_lengths, not by what stands behind it.",
    ),
    Misconception(
        "everything_read_again",
        "decoding.generate",
        body="""
            rows = []
            for row in range(batch_size):
                text = prompt_ids[row : row + 1, : int(prompt_lengths[row])]
                new = []
                while len(new) < max_new_tokens:
                    state = model.initial_state(1, text.shape[1])
                    logits, _ = model.step(text, state, 0)
                    step_seed = tf.random.experimental.stateless_fold_in(seed, len(new))
                    token = tf.cast(sampler(logits[:, -1], step_seed), tf.int32)
                    new.append(int(token[0]))
                    text = tf.concat([text, token[:, None]], axis=1)
                    if stop_id is not None and new[-1] == stop_id:
                        break
                rows.append(new)
            lengths = [len(row) for row in rows]
            padded = [row + [pad_id] * (max_new_tokens - len(row)) for row in rows]
            return tf.constant(padded), tf.constant(lengths)
        """,
        hint=(
            "The whole text is read again for each new token. The state is there to spare that: "
            "read the new token alone."
        ),
    ),
    Misconception(
        "a_seed_for_two_steps",
        "decoding.generate",
        edits=[("stateless_fold_in(seed, position)", "stateless_fold_in(seed, position // 2)")],
        hint="Two steps in a row draw with the same seed. Each step needs one of its own.",
    ),
    Misconception(
        "stop_zero_ignored",
        "decoding.generate",
        edits=[("if stop_id is not None:", "if stop_id:")],
        hint="A stop token with the id 0 never stops. In Python 0 is false, and not None.",
    ),
    Misconception(
        "half_the_seed",
        "decoding.generate",
        edits=[
            (
                "tf.random.experimental.stateless_fold_in(seed, position)",
                "tf.stack([seed[0], position])",
            )
        ],
        hint="The seed is a pair, and one of its numbers does not count.",
    ),
]
