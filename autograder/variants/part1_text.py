"""Variants of Part 1: text."""

from autograder.variants import Variant

VARIANTS = [
    Variant(
        "full_coverage",
        "text.tokenizer",
        edits=[
            ("character_coverage=0.9995", "character_coverage=0.9999"),
            ("allow_whitespace_only_pieces=True", "hard_vocab_limit=True, num_threads=2"),
        ],
    ),
    Variant(
        "other_order_of_symbols",
        "text.tokenizer",
        edits=[
            ("user_defined_symbols=SYMBOLS", "user_defined_symbols=[NEWLINE, ASSISTANT, USER]"),
            ('model_type="bpe"', "**{'model_type': 'BPE'.lower()}"),
        ],
    ),
    Variant(
        "sentences_as_list",
        "text.tokenizer",
        edits=[
            ("sentence_iterator=sentences", "sentence_iterator=iter(list(sentences))"),
            ("pad_id=PAD_ID", "train_extremely_large_corpus=False, pad_id=0"),
        ],
    ),
    Variant(
        "gathered",
        "text.windows",
        body="""
            tokens = tf.cast(tf.convert_to_tensor(np.asarray(tokens)), tf.int32)
            starts = tf.cast(starts, tf.int32)
            positions = starts[:, None] + tf.range(length)[None]
            return tf.gather(tokens, positions), tf.gather(tokens, positions + 1)
        """,
    ),
    Variant(
        "loop_of_slices",
        "text.windows",
        body="""
            tokens = np.asarray(tokens)
            starts = [int(start) for start in np.asarray(starts)]
            inputs = np.stack([tokens[s : s + length] for s in starts]).astype("int32")
            targets = np.stack([tokens[s + 1 : s + 1 + length] for s in starts]).astype("int32")
            return tf.constant(inputs), tf.constant(targets)
        """,
    ),
    Variant(
        "sliding_view",
        "text.windows",
        body="""
            view = np.lib.stride_tricks.sliding_window_view(np.asarray(tokens), length + 1)
            chosen = view[np.asarray(starts)]
            return tf.cast(chosen[:, :length], tf.int32), tf.cast(chosen[:, 1:], tf.int32)
        """,
    ),
    Variant(
        "numpy_generator",
        "text.sampling_plan",
        body="""
            generator = np.random.default_rng([seed, step])
            return tf.constant(generator.integers(0, num_tokens - length, batch_size))
        """,
    ),
    Variant(
        "folded_seed",
        "text.sampling_plan",
        body="""
            key = tf.random.fold_in(tf.constant([seed, 0]), step)
            places = tf.constant(num_tokens - length, tf.int64)
            return tf.random.stateless_uniform([batch_size], key, 0, places, tf.int64)
        """,
    ),
    Variant(
        "own_generator",
        "text.sampling_plan",
        body="""
            generator = tf.random.Generator.from_key_counter(step, [0, seed], alg="philox")
            last = num_tokens - length - 1
            return generator.uniform([batch_size], 0, last + 1, dtype=tf.int64)
        """,
    ),
]
