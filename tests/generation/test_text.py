from types import SimpleNamespace

import pytest
import tensorflow as tf

from assignment.generation.sampling import greedy, make_sampler
from assignment.generation.text import WIDTH_STEP, TextGenerator

V = 26
# One letter, one token.
TOKENIZER = SimpleNamespace(
    pad_id=0,
    encode=lambda text: [ord(letter) - ord("a") for letter in text],
    decode=lambda ids: "".join(chr(int(i) + ord("a")) for i in ids),
)


class NextLetter:
    """After a letter comes the next one of the alphabet, after z comes a."""

    def count_params(self):
        return 0

    def initial_state(self, batch_size, max_length):
        return tf.zeros([batch_size])

    def step(self, token_ids, state, index):
        return 3.0 * tf.one_hot((token_ids + 1) % V, V), state


def take_best(logits, seed):
    return greedy(logits)


def test_texts_are_continued_without_being_repeated():
    generator = TextGenerator(NextLetter(), TOKENIZER, take_best, max_new_tokens=4)
    assert generator(["abc", "m"], seed=0) == ["defg", "nopq"]


@pytest.mark.parametrize("length", [1, WIDTH_STEP - 1, WIDTH_STEP, WIDTH_STEP + 1, 40])
def test_prompts_may_have_any_length(length):
    generator = TextGenerator(NextLetter(), TOKENIZER, take_best, max_new_tokens=3)
    assert generator(["x" * (length - 1) + "c", "q" * 40], seed=0) == ["def", "rst"]


def test_a_stop_token_ends_a_text_early():
    stop = ord("e") - ord("a")
    generator = TextGenerator(NextLetter(), TOKENIZER, take_best, 6, stop_id=stop)
    assert generator(["abc", "m"], seed=0) == ["de", "nopqrs"]
    assert generator.continue_ids([[2], [3]], seed=0) == [[3, 4], [4]]


def test_the_same_seed_gives_the_same_texts_and_another_one_others():
    generator = TextGenerator(NextLetter(), TOKENIZER, make_sampler(2.0), max_new_tokens=20)
    one, same, other = (generator(["a", "bc"], seed) for seed in (1, 1, 2))
    assert one == same
    assert one != other


@pytest.mark.parametrize("prompts", [[""], ["abc", ""]])
def test_an_empty_prompt_is_refused(prompts):
    generator = TextGenerator(NextLetter(), TOKENIZER, take_best, max_new_tokens=4)
    with pytest.raises(ValueError, match="prompt is empty"):
        generator(prompts, seed=0)


def test_a_seed_or_a_length_of_the_same_width_needs_no_new_compilation():
    traces = []

    def counting_sampler(logits, seed):
        traces.append(1)
        return greedy(logits)

    generator = TextGenerator(NextLetter(), TOKENIZER, counting_sampler, max_new_tokens=2)
    generator(["abc"], seed=0)
    before = len(traces)
    generator(["abcdef"], seed=1)
    generator(["z"], seed=7)
    assert len(traces) == before
