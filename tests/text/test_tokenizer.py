import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assignment.text.tokenizer import LONGEST_SENTENCE, Tokenizer, train_tokenizer

# Pieces that a tokenizer may take for something else, among characters of all kinds.
ODD_PIECES = ["▁", "\0", "<user>", "<assistant>", "<s>", "</s>", "<unk>", "<pad>", "<0x41>", "  "]
ODD_PIECES += [
    "\r\n",
    "\n",
    "\t",
    " ",
    "\ufeff",
    "\u2028",
    "\u00a0",
    "👩‍👩‍👧",
    "e\u0301",
    "é",
    "12",
]
ANY_TEXT = st.lists(st.sampled_from(ODD_PIECES) | st.text(max_size=6), max_size=8).map("".join)
SLOW_MACHINES_ARE_FINE = settings(deadline=None)


@SLOW_MACHINES_ARE_FINE
@given(text=ANY_TEXT)
@example(text="▁")
@example(text=" ▁ ▁▁")
@example(text="\0")
@example(text="a\0b")
@example(text=" ")
@example(text="   a  ")
@example(text="\r\n\r\n")
@example(text="<user>hello<assistant>")
@example(text="<s></s><unk><pad><0x41>")
@example(text="Tim 🦊 saw 日本語 and ﬁne Ⅳ ½")
@example(text="")
def test_any_text_survives_the_round_trip(story_tokenizer, text):
    assert story_tokenizer.decode(story_tokenizer.encode(text)) == text


@SLOW_MACHINES_ARE_FINE
@given(text=ANY_TEXT)
def test_no_text_needs_the_unknown_token_or_another_special_one(story_tokenizer, text):
    specials = {0, 1, 2, 3}
    assert specials.isdisjoint(story_tokenizer.encode(text))


@SLOW_MACHINES_ARE_FINE
@given(texts=st.lists(ANY_TEXT, max_size=4))
def test_a_batch_is_encoded_as_its_texts_are(story_tokenizer, texts):
    expected = [story_tokenizer.encode(text) for text in texts]
    assert story_tokenizer.encode_batch(texts, num_threads=2) == expected


@SLOW_MACHINES_ARE_FINE
@given(before=ANY_TEXT, after=ANY_TEXT)
def test_no_token_reaches_over_a_newline(story_tokenizer, before, after):
    encode = story_tokenizer.encode
    expected = [*encode(before), story_tokenizer.newline_id, *encode(after)]
    assert encode(f"{before}\n{after}") == expected


def test_the_special_tokens_have_their_ids(story_tokenizer):
    t = story_tokenizer
    assert (t.pad_id, t.unk_id, t.bos_id, t.eos_id) == (0, 1, 2, 3)
    assert t.encode("<user>") == [t.user_id]
    assert t.encode("<assistant>") == [t.assistant_id]
    assert t.encode("\n") == [t.newline_id]
    assert len({0, 1, 2, 3, t.user_id, t.assistant_id, t.newline_id}) == 7


def test_the_vocabulary_has_the_size_that_was_asked_for(story_tokenizer):
    assert story_tokenizer.vocabulary_size == 400
    assert max(story_tokenizer.encode("Once upon a time 🦊")) < 400


def test_every_digit_is_one_token(story_tokenizer):
    for text in ("1234567890", "a12b3", "12 + 34 = 46"):
        pieces = [story_tokenizer.decode([i]) for i in story_tokenizer.encode(text)]
        assert sum(any(map(str.isdigit, piece)) for piece in pieces) == sum(map(str.isdigit, text))
        assert all(len(piece) == 1 for piece in pieces if any(map(str.isdigit, piece)))


def test_the_text_of_training_is_compressed(story_tokenizer, stories):
    assert len(story_tokenizer.encode(stories)) < 0.7 * len(stories)


def test_padding_beginning_and_end_have_no_text(story_tokenizer):
    ids = story_tokenizer.encode("a fox")
    assert story_tokenizer.decode([2, *ids, 3, 0, 0]) == "a fox"
    assert story_tokenizer.decode([0, 2, 3]) == ""


def test_ids_may_be_an_array(story_tokenizer):
    ids = np.array(story_tokenizer.encode("a fox"), np.uint16)
    assert story_tokenizer.decode(ids) == "a fox"


def test_the_layer_for_pipelines_gives_the_same_ids(story_tokenizer):
    import tensorflow as tf

    texts = ["Once upon a time", "12 + 34", "a\nb  c", "日本 🦊", " <user>hi<assistant>"]
    dataset = tf.data.Dataset.from_tensor_slices(texts).map(story_tokenizer.as_layer())
    for text, ids in zip(texts, dataset, strict=True):
        assert ids.numpy().tolist() == story_tokenizer.encode(text)


def test_the_same_text_gives_the_same_model(stories):
    one, other = (train_tokenizer([stories[:5000]], 350) for _ in range(2))
    assert one == other


def test_texts_may_come_from_a_generator_in_pieces(stories):
    lines = stories[:5000].split("\n")
    whole = Tokenizer(train_tokenizer([stories[:5000]], 350))
    pieces = Tokenizer(train_tokenizer((line for line in lines), 350))
    assert pieces.encode(stories[:500]) == whole.encode(stories[:500])


def test_a_line_without_an_end_is_learned_from_as_well():
    words = "grasshopper " * (3 * LONGEST_SENTENCE // len("grasshopper "))
    learned = Tokenizer(train_tokenizer(["abcdefghijklmnopqrstuvwxyz", "x" * 5000 + words], 320))
    assert len(learned.encode("grasshopper")) < 4


@pytest.mark.parametrize(
    ("texts", "vocabulary_size"),
    [
        ([], 400),
        ([""], 400),
        (["a few words only"], 5000),
        (["a few words only"], 100),
        (["a few words only"], 0),
    ],
)
def test_what_cannot_be_trained_is_refused_with_the_reason(texts, vocabulary_size):
    with pytest.raises(ValueError, match=f"vocabulary of {vocabulary_size} tokens.*It said: "):
        train_tokenizer(texts, vocabulary_size)
