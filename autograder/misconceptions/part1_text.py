"""Misconceptions of Part 1: the tokenizer and the windows."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "unigram",
        "text.tokenizer",
        edits=[('model_type="bpe"', 'model_type="unigram"')],
        hint=(
            "These pieces were not found by merging the most frequent pair again and again: which "
            "kind of model does SentencePiece train unless it is told otherwise?"
        ),
    ),
    Misconception(
        "no_byte_fallback",
        "text.tokenizer",
        edits=[("byte_fallback=True", "byte_fallback=False")],
        hint=(
            "A character that was not in the training text becomes the unknown token, and is lost. "
            "Its UTF-8 bytes could stand for it."
        ),
    ),
    Misconception(
        "normalised",
        "text.tokenizer",
        edits=[('            normalization_rule_name="identity",\n', "")],
        hint=(
            "SentencePiece rewrites characters before it encodes them (a ligature becomes two "
            "letters), so the text does not come back as it was. Which normalisation changes "
            "nothing?"
        ),
    ),
    Misconception(
        "dummy_prefix",
        "text.tokenizer",
        edits=[("add_dummy_prefix=False", "add_dummy_prefix=True")],
        hint="A space is added in front of every text: encode 'a', and count the tokens.",
    ),
    Misconception(
        "spaces_removed",
        "text.tokenizer",
        edits=[("remove_extra_whitespaces=False", "remove_extra_whitespaces=True")],
        hint="Encode a text with two spaces in a row and decode it: one of them is gone.",
    ),
    Misconception(
        "digits_merged",
        "text.tokenizer",
        edits=[("split_digits=True", "split_digits=False")],
        hint=(
            "A frequent number has become one piece. For arithmetic, every digit should be a token "
            "of its own."
        ),
    ),
    Misconception(
        "default_ids",
        "text.tokenizer",
        edits=[
            ("            pad_id=PAD_ID,\n", ""),
            ("            unk_id=UNK_ID,\n", ""),
            ("            bos_id=BOS_ID,\n", ""),
            ("            eos_id=EOS_ID,\n", ""),
        ],
        hint=(
            "SentencePiece's own ids are in use: unknown is 0 and there is no padding. The course "
            "counts padding, unknown, beginning, end from 0."
        ),
    ),
    Misconception(
        "begin_and_end_exchanged",
        "text.tokenizer",
        edits=[("bos_id=BOS_ID", "bos_id=EOS_ID"), ("eos_id=EOS_ID", "eos_id=BOS_ID")],
        hint="The ids of the beginning and the end of a text are exchanged.",
    ),
    Misconception(
        "no_symbols",
        "text.tokenizer",
        edits=[("            user_defined_symbols=SYMBOLS,\n", "")],
        hint=(
            "The chat turns and the newline are not symbols of the vocabulary: <user> is cut into "
            "letters, which ordinary text could contain too."
        ),
    ),
    Misconception(
        "control_symbols",
        "text.tokenizer",
        edits=[("user_defined_symbols=SYMBOLS", "control_symbols=SYMBOLS")],
        hint=(
            "A control symbol is never found in a text; a user-defined symbol is. Encode '<user>' "
            "and look at the pieces."
        ),
    ),
    Misconception(
        "no_newline",
        "text.tokenizer",
        edits=[("user_defined_symbols=SYMBOLS", "user_defined_symbols=SYMBOLS[:2]")],
        hint="The chat turns are symbols, the newline is not: there are three of them.",
    ),
    Misconception(
        "not_shifted",
        "text.windows",
        edits=[("windows[:, 1:]", "windows[:, :-1]")],
        hint=(
            "The targets are the inputs themselves. A model would learn to repeat the token that "
            "it sees; it should predict the one after it."
        ),
    ),
    Misconception(
        "shifted_backwards",
        "text.windows",
        edits=[
            ("return windows[:, :-1], windows[:, 1:]", "return windows[:, 1:], windows[:, :-1]")
        ],
        hint="Inputs and targets are exchanged: this model would predict the token before.",
    ),
    Misconception(
        "one_too_short",
        "text.windows",
        edits=[("np.arange(length + 1)", "np.arange(length)")],
        hint=(
            "The shift by one costs a token: how many tokens does a window need, so that inputs "
            "and targets both have the full length?"
        ),
    ),
    Misconception(
        "next_window",
        "text.windows",
        body="""
            tokens = np.asarray(tokens)
            positions = np.asarray(starts)[:, np.newaxis] + np.arange(length)
            later = np.minimum(positions + length, len(tokens) - 1)
            return tf.constant(tokens[positions], tf.int32), tf.constant(tokens[later], tf.int32)
        """,
        hint=(
            "The targets begin where the window ends. Each target should be the token right after "
            "its own input."
        ),
    ),
    Misconception(
        "rolled",
        "text.windows",
        edits=[
            ("np.arange(length + 1)", "np.arange(length)"),
            ("return windows[:, :-1], windows[:, 1:]", "return windows, tf.roll(windows, -1, 1)"),
        ],
        hint=(
            "The last target of each window is the window's first token: the shift went around "
            "the end. It should be the next token of the corpus."
        ),
    ),
    Misconception(
        "starts_count_windows",
        "text.windows",
        edits=[
            (
                "np.asarray(starts)[:, np.newaxis]",
                "np.asarray(starts)[:, np.newaxis] * length % (len(tokens) - length)",
            )
        ],
        hint="A start is a position in the corpus, in tokens; here it counts whole windows.",
    ),
    Misconception(
        "time_first",
        "text.windows",
        edits=[
            (
                "return windows[:, :-1], windows[:, 1:]",
                "return tf.transpose(windows[:, :-1]), tf.transpose(windows[:, 1:])",
            )
        ],
        hint="Time stands first here. A row should be a window: (B, T).",
    ),
    Misconception(
        "signed_16_bit",
        "text.windows",
        edits=[("[positions].astype(np.int32)", "[positions].astype(np.int16).astype(np.int32)")],
        hint=(
            "Large token ids become negative: a stored corpus uses unsigned 16-bit numbers, which "
            "a signed 16-bit number cannot hold."
        ),
    ),
    Misconception(
        "stored_type",
        "text.windows",
        edits=[(".astype(np.int32)", "")],
        hint="The windows keep the type in which the corpus is stored; int32 is asked for.",
    ),
    Misconception(
        "lowercased",
        "text.tokenizer",
        edits=[
            (
                "sentence_iterator=sentences",
                "sentence_iterator=(sentence.lower() for sentence in sentences)",
            )
        ],
        hint=(
            "The training text is changed to lower case first, so that capital letters get no "
            "pieces of their own. It is to be taken as it is."
        ),
    ),
    Misconception(
        "distinct_sentences",
        "text.tokenizer",
        edits=[("sentence_iterator=sentences", "sentence_iterator=iter(dict.fromkeys(sentences))")],
        hint="Repeated sentences count once only. How often a pair occurs decides what is merged.",
    ),
    Misconception(
        "beginning_of_the_text",
        "text.tokenizer",
        edits=[("sentence_iterator=sentences", "sentence_iterator=iter(list(sentences)[:100])")],
        hint="Only the beginning of the text is looked at: its later sentences count as well.",
    ),
    Misconception(
        "fewer_tokens_accepted",
        "text.tokenizer",
        edits=[("unk_id=UNK_ID", "unk_id=UNK_ID, hard_vocab_limit=False")],
        hint=(
            "A text that does not support the vocabulary gives a smaller one, and nobody notices. "
            "Leave SentencePiece its error."
        ),
    ),
]
