"""Variants of Part 4: the decoding loop."""

from autograder.variants import Variant

VARIANTS = [
    Variant(
        "row_by_row",
        "decoding.generate",
        body="""
            texts, counts = [], []
            for row in range(batch_size):
                length = int(prompt_lengths[row])
                state = model.initial_state(1, length + max_new_tokens)
                logits, state = model.step(prompt_ids[row : row + 1, :length], state, 0)
                text = []
                for i in range(max_new_tokens):
                    token = int(sampler(logits[:, -1], tf.stack([seed[0] + row, seed[1] + i]))[0])
                    text.append(token)
                    if token == stop_id or len(text) == max_new_tokens:
                        break
                    logits, state = model.step(tf.constant([[token]]), state, length + i)
                counts.append(len(text))
                texts.append(text + [pad_id] * (max_new_tokens - len(text)))
            return tf.constant(texts), tf.constant(counts)
        """,
    ),
    Variant(
        "python_loop",
        "decoding.generate",
        body="""
            import numpy as np

            ids, ends = np.asarray(prompt_ids), np.asarray(prompt_lengths)
            generator = np.random.default_rng(np.asarray(seed).tolist())
            texts = [[] for _ in range(batch_size)]
            state = model.initial_state(batch_size, prompt_width + max_new_tokens)
            stopped = np.zeros(batch_size, bool)
            current = ids[:, 0]
            for position in range(int(ends.max()) + max_new_tokens - 1):
                logits, state = model.step(tf.constant(current[:, None]), state, position)
                drawn = generator.integers(0, 2**31, 2).astype(np.int32)
                current = np.array(sampler(logits[:, 0], tf.constant(drawn)), np.int32)
                for row in range(batch_size):
                    if position + 1 < ends[row]:
                        current[row] = ids[row, position + 1]
                    elif not stopped[row] and len(texts[row]) < max_new_tokens:
                        texts[row].append(int(current[row]))
                        stopped[row] = current[row] == stop_id
            counts = [len(text) for text in texts]
            rows = [text + [pad_id] * (max_new_tokens - len(text)) for text in texts]
            return tf.constant(rows), tf.constant(counts, tf.int64)
        """,
    ),
    Variant(
        "common_prefix_first",
        "decoding.generate",
        body="""
            shortest = int(tf.reduce_min(prompt_lengths))
            state = model.initial_state(batch_size, prompt_width + max_new_tokens - 1)
            logits, state = model.step(prompt_ids[:, :shortest], state, index=0)
            new = tf.fill([batch_size, max_new_tokens], pad_id)
            counts = tf.zeros([batch_size], tf.int32)
            done = tf.zeros([batch_size], tf.bool)
            for position in range(shortest, prompt_width + max_new_tokens):
                seeds = tf.random.split(seed, prompt_width + max_new_tokens)
                chosen = tf.cast(sampler(logits[:, -1, :], seeds[position]), tf.int32)
                inside = position < prompt_lengths
                writes = ~inside & ~done & (counts < max_new_tokens)
                here = tf.range(max_new_tokens)[None] == counts[:, None]
                new = tf.where(here & writes[:, None], chosen[:, None], new)
                counts += tf.cast(writes, tf.int32)
                if stop_id is not None:
                    done |= writes & (chosen == stop_id)
                if position + 1 == prompt_width + max_new_tokens:
                    break
                told = prompt_ids[:, min(position, prompt_width - 1)]
                token = tf.where(inside, told, chosen)
                logits, state = model.step(token[:, None], state, tf.constant(position))
            return new, counts
        """,
    ),
    Variant(
        "lists",
        "decoding.generate",
        body="""
            import numpy as np

            lengths_in = np.asarray(prompt_lengths)
            state = model.initial_state(int(batch_size), int(prompt_width) + int(max_new_tokens))
            given = np.asarray(prompt_ids)
            out = [[] for _ in range(batch_size)]
            done = np.zeros(batch_size, bool)
            logits = None
            for position in range(int(lengths_in.max()) + max_new_tokens):
                if done.all():
                    break
                current = (
                    given[:, position].copy()
                    if position < prompt_width
                    else np.zeros(batch_size, np.int32)
                )
                if logits is not None:
                    chosen = np.asarray(sampler(logits, seed + tf.constant([0, position * 7919])))
                    for row in range(batch_size):
                        if position >= lengths_in[row] and not done[row]:
                            out[row].append(int(chosen[row]))
                            current[row] = chosen[row]
                            done[row] = len(out[row]) == max_new_tokens or (
                                stop_id is not None and chosen[row] == stop_id
                            )
                if max_new_tokens == 0:
                    break
                step_logits, state = model.step(
                    tf.constant(current[:, None], tf.int32), state, tf.constant(position)
                )
                logits = step_logits[:, -1, :]
            ids = np.full((batch_size, max_new_tokens), pad_id, np.int32)
            for row, tokens in enumerate(out):
                ids[row, : len(tokens)] = tokens
            return tf.constant(ids), tf.constant([len(t) for t in out], tf.int32)
        """,
    ),
]
