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
    Variant(
        "options",
        "text.tokenizer",
        body=r"""
            options = dict(model_type="bpe", vocab_size=vocabulary_size, byte_fallback=True)
            options.update(
                normalization_rule_name="identity",
                add_dummy_prefix=False,
                remove_extra_whitespaces=False,
            )
            options.update(
                pad_id=0,
                unk_id=1,
                bos_id=2,
                eos_id=3,
                split_digits=True,
                minloglevel=1,
                num_threads=1,
            )
            options.update(
                user_defined_symbols=["\n", "<assistant>", "<user>"], max_sentence_length=100000
            )
            sentencepiece.SentencePieceTrainer.Train(
                sentence_iterator=iter(list(sentences)), model_writer=model, **options
            )
        """,
    ),
    Variant(
        "map_fn",
        "text.windows",
        body="""
            stream = tf.constant(np.asarray(tokens).astype("int32"))

            def cut(start):
                return tf.slice(stream, [start], [length + 1])

            block = tf.map_fn(
                cut, tf.cast(tf.convert_to_tensor(starts), tf.int32), fn_output_signature=tf.int32
            )
            block = tf.reshape(block, [-1, length + 1])
            return block[:, 0:length], block[:, 1 : length + 1]
        """,
    ),
    Variant(
        "fractions",
        "text.sampling_plan",
        body="""
            u = tf.random.stateless_uniform(
                [batch_size], seed=tf.stack([seed, step]), dtype=tf.float64
            )
            places = num_tokens - length
            return tf.minimum(tf.cast(tf.floor(u * places), tf.int64), places - 1)
        """,
    ),
    Variant(
        "python_random",
        "text.sampling_plan",
        body="""
            import random

            rng = random.Random(f"{seed}-{step}")
            return tf.constant(
                [rng.randrange(num_tokens - length) for _ in range(batch_size)], tf.int64
            )
        """,
    ),
]
