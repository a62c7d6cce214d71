"""The subword tokenizer: byte-pair encoding (Sennrich et al. 2016) as SentencePiece trains it."""

import functools
import io
from collections.abc import Iterable

import sentencepiece

PAD_ID, UNK_ID, BOS_ID, EOS_ID = range(4)
USER, ASSISTANT, NEWLINE = "<user>", "<assistant>", "\n"
SYMBOLS = [USER, ASSISTANT, NEWLINE]

# SentencePiece writes a space as this character and would read the character itself as a space.
SPACE_MARK = "\u2581"
# SentencePiece leaves out sentences of more than 4,192 bytes. A line without an end is cut instead;
# a character has four bytes at most.
LONGEST_SENTENCE = 1000
sentencepiece.set_min_log_level(2)  # errors only: training would print hundreds of lines


def train_tokenizer(texts: Iterable[str], vocabulary_size: int) -> bytes:
    """Train a byte-pair encoding on texts.

    The text is taken as it is: no normalisation, no space added in front, none removed. Characters
    that are too rare for a piece of their own are written as their UTF-8 bytes, so that any text
    can be encoded. Every digit, every newline and each of the two chat turns `<user>` and
    `<assistant>` is one token. Padding, unknown, beginning and end have the ids 0, 1, 2, 3.

    Args:
        texts: The training texts; they are read once.
        vocabulary_size: How many tokens there are in the end, the 256 bytes among them.

    Returns:
        The serialised SentencePiece model.

    Raises:
        ValueError: The text is empty, or it does not support so large a vocabulary, or the
            vocabulary has no room for bytes and characters.
    """
    sentences = (
        line[start : start + LONGEST_SENTENCE]
        for text in texts
        for line in text.split("\n")
        for start in range(0, len(line), LONGEST_SENTENCE)
    )
    model = io.BytesIO()
    try:
        # BEGIN SOLUTION text.tokenizer
        # TODO sentencepiece.SentencePieceTrainer.train(sentence_iterator=…, model_writer=model, …):
        # TODO type, size, byte fallback, identity normalisation, special ids and symbols.
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=sentences,
            model_writer=model,
            model_type="bpe",
            vocab_size=vocabulary_size,
            byte_fallback=True,
            character_coverage=0.9995,
            split_digits=True,
            normalization_rule_name="identity",
            add_dummy_prefix=False,
            remove_extra_whitespaces=False,
            allow_whitespace_only_pieces=True,
            pad_id=PAD_ID,
            unk_id=UNK_ID,
            bos_id=BOS_ID,
            eos_id=EOS_ID,
            user_defined_symbols=SYMBOLS,
        )
        # END SOLUTION
    except NotImplementedError:
        raise  # the blank of this exercise
    except (RuntimeError, OSError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(
            f"SentencePiece could not train a vocabulary of {vocabulary_size} tokens on this text; "
            f"a smaller one, or more text, may help. It said: {reason}"
        ) from error
    return model.getvalue()


class Tokenizer:
    """A trained model: text to token ids and back; `decode(encode(text)) == text` for any text.

    Args:
        model_bytes: What `train_tokenizer` returned.

    Raises:
        ValueError: The bytes are something else.
    """

    pad_id, unk_id, bos_id, eos_id = PAD_ID, UNK_ID, BOS_ID, EOS_ID

    def __init__(self, model_bytes: bytes):
        self.model_bytes = model_bytes
        self._processor = sentencepiece.SentencePieceProcessor()
        try:
            self._processor.load(model_proto=model_bytes)
        except (RuntimeError, ValueError) as error:
            raise ValueError(f"These bytes are no SentencePiece model: {error}") from error

    @property
    def vocabulary_size(self) -> int:
        return self._processor.vocab_size()

    @functools.cached_property
    def pieces(self) -> list[str]:
        """What each id stands for, as SentencePiece writes it: ▁ for a space, <0x0A> for a byte."""
        return [self._processor.id_to_piece(i) for i in range(self.vocabulary_size)]

    @functools.cached_property
    def user_id(self) -> int:
        return self._processor.piece_to_id(USER)

    @functools.cached_property
    def assistant_id(self) -> int:
        return self._processor.piece_to_id(ASSISTANT)

    @functools.cached_property
    def newline_id(self) -> int:
        return self._processor.piece_to_id(NEWLINE)

    @functools.cached_property
    def _space_mark_ids(self) -> list[int]:
        return [self._processor.piece_to_id(f"<0x{b:02X}>") for b in SPACE_MARK.encode()]

    def encode(self, text: str) -> list[int]:
        """The token ids of a text; no beginning or end is added."""
        first, *rest = text.split(SPACE_MARK)
        ids = self._processor.encode(first)
        for part in rest:
            ids += self._space_mark_ids + self._processor.encode(part)
        return ids

    def encode_batch(self, texts: list[str], num_threads: int = 1) -> list[list[int]]:
        """`encode` for many texts at once, in parallel."""
        if any(SPACE_MARK in text for text in texts):
            return [self.encode(text) for text in texts]
        return self._processor.encode(texts, num_threads=num_threads)

    def decode(self, ids) -> str:
        """The text of token ids; padding, beginning and end have none."""
        return self._processor.decode([int(i) for i in ids])

    def as_layer(self):
        """The same tokenizer as a layer for `tf.data` pipelines: text to ragged ids."""
        import keras_nlp  # it takes seconds to import, and only this method needs it

        return keras_nlp.tokenizers.SentencePieceTokenizer(proto=self.model_bytes)
