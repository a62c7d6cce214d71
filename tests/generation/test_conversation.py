"""Streams and conversations against the whole forward pass."""

import numpy as np
import pytest
import tensorflow as tf

from assignment.config import RecurrentConfig, TransformerConfig
from assignment.generation.conversation import Conversation
from assignment.generation.sampling import greedy, make_sampler
from assignment.generation.streaming import TokenStream, text_pieces
from assignment.models.building import build_model
from assignment.text.conversations import format_prompt

CONTEXT = 32


@pytest.fixture(scope="module", params=["transformer", "lstm"])
def model(request):
    tf.keras.utils.set_random_seed(3)
    if request.param == "transformer":
        return build_model(TransformerConfig(400, 16, 2, 2, 32, CONTEXT))
    return build_model(RecurrentConfig(400, 16, 24, 1, CONTEXT))


def sample(logits, _) -> tf.Tensor:
    return greedy(logits)


def continuation(model, ids: list[int], stop_id: int) -> list[int]:
    """What greedy decoding gives, by a whole forward pass for each token."""
    written = []
    while len(ids) + len(written) < CONTEXT:
        logits = model(np.array([ids + written]))
        token = int(np.argmax(logits[0, -1]))
        if token == stop_id:
            break
        written.append(token)
    return written


@pytest.mark.parametrize("length", [1, 16, 21])
def test_a_stream_writes_what_the_whole_model_would(model, length):
    ids = np.random.default_rng(length).integers(4, 400, length).tolist()
    stream = TokenStream(model)
    for _ in range(2):
        stream.reset()
        stream.read(ids)
        assert list(stream.write(sample, 0, stop_id=-1)) == continuation(model, ids, -1)
    # It ends at the stop token, which is not shown.
    stop = continuation(model, ids, -1)[-1]
    stream.reset()
    stream.read(ids)
    assert list(stream.write(sample, 0, stop)) == continuation(model, ids, stop)


def test_pieces_are_the_text_and_no_piece_is_half_a_character(story_tokenizer):
    text = "A café, 東京, \N{GRINNING FACE}, and \N{REPLACEMENT CHARACTER}"
    ids = story_tokenizer.encode(text)
    pieces = list(text_pieces(ids, story_tokenizer))
    assert "".join(pieces) == text
    assert len(pieces) > 5
    for piece in pieces[:-1]:
        assert "\N{REPLACEMENT CHARACTER}" not in piece
    # What was cut off within a character appears in the end as what it is.
    cut = story_tokenizer.encode("東")[:-1]
    assert "".join(text_pieces(cut, story_tokenizer)) == story_tokenizer.decode(cut)


def answer(conversation: Conversation, message: str) -> str:
    return "".join(conversation.answer(message, sample, 0))


def test_an_answer_is_what_the_model_writes_behind_the_chat_format(model, story_tokenizer):
    conversation = Conversation(model, story_tokenizer)
    ids = format_prompt(story_tokenizer.encode("A cat"), story_tokenizer)
    expected = story_tokenizer.decode(continuation(model, ids, story_tokenizer.eos_id))
    assert answer(conversation, "A cat") == answer(conversation, "A cat") == expected


def test_a_pre_trained_model_goes_on_with_the_message(model, story_tokenizer):
    conversation = Conversation(model, story_tokenizer, knows_turns=False)
    ids = story_tokenizer.encode("A cat")
    expected = story_tokenizer.decode(continuation(model, ids, story_tokenizer.newline_id))
    assert answer(conversation, "A cat") == expected


def test_it_remembers_when_asked_to_until_it_is_reset(model, story_tokenizer):
    # An answer of this model would fill the context: a shorter turn is put in its place.
    conversation = Conversation(model, story_tokenizer, remember=True)
    conversation._turns = [[5, 6, 7]]
    ids = [5, 6, 7, *format_prompt(story_tokenizer.encode("A cat"), story_tokenizer)]
    expected = story_tokenizer.decode(continuation(model, ids, story_tokenizer.eos_id))
    assert answer(conversation, "A cat") == expected
    conversation.reset()
    assert answer(conversation, "A cat") == answer(Conversation(model, story_tokenizer), "A cat")


def test_a_message_that_leaves_no_room_is_refused(model, story_tokenizer):
    conversation = Conversation(model, story_tokenizer)
    with pytest.raises(ValueError, match=rf"context has {CONTEXT}, of which a message may take 24"):
        answer(conversation, "cat " * 50)


def test_the_same_seed_gives_the_same_answer(model, story_tokenizer):
    conversation = Conversation(model, story_tokenizer)
    sampler = make_sampler(1.5)
    first, second, other = ("".join(conversation.answer("A", sampler, s)) for s in (1, 1, 2))
    assert first == second != other
