import types

import numpy as np
import pytest
import tensorflow as tf
from random_models import random_model_of

from assignment.alignment import rollouts
from assignment.alignment.rollouts import (
    Prompts,
    RolloutSampler,
    encode_prompts,
    response_log_probs,
    sample_responses,
)
from assignment.config import RecurrentConfig, TransformerConfig
from assignment.generation.decoding import generate
from assignment.generation.sampling import make_sampler

V, N, G, EOS = 13, 6, 3, 4
TOKENIZER = types.SimpleNamespace(pad_id=0, bos_id=1, eos_id=EOS, user_id=2, assistant_id=3)
PROMPTS = Prompts(
    np.array([[5, 3, 7, 0, 0], [9, 1, 8, 8, 6], [11, 12, 5, 10, 0]], np.int32),
    np.array([3, 5, 4], np.int32),
)
SHORTEST = 3


def random_model(kind):
    if kind in ("lstm", "bahdanau"):
        config = RecurrentConfig(V, 6, 8, 1, 16, "lstm", attention=kind == "bahdanau")
    else:
        config = TransformerConfig(V, 12, 2, 3, 20, 16, positions=kind)
    return random_model_of(config)


def sample(model, seed=0, temperature=1.0):
    return sample_responses(model, PROMPTS, G, N, seed, TOKENIZER, temperature, SHORTEST)


every_model = pytest.mark.parametrize("kind", ["lstm", "bahdanau", "sinusoidal", "rotary"])


@every_model
def test_a_group_that_shares_its_prompt_writes_what_rows_of_their_own_would(kind):
    model = random_model(kind)
    ids, lengths = generate(
        model,
        np.repeat(PROMPTS.ids, G, axis=0),
        np.repeat(PROMPTS.lengths, G),
        N,
        make_sampler(),
        seed=7,
        stop_id=EOS,
    )
    rollout = sample(model, seed=7)
    np.testing.assert_array_equal(rollout.responses, ids)
    np.testing.assert_array_equal(rollout.lengths, lengths)
    assert len({tuple(row) for row in rollout.responses.numpy()}) > G


def test_a_prompt_is_read_once_for_its_group():
    model = random_model("lstm")
    rows = []

    class Counting:
        initial_state = model.initial_state

        def step(self, token_ids, state, index):
            rows.append(token_ids.shape)
            return model.step(token_ids, state, index)

    sample(Counting())
    assert rows[0] == (3, SHORTEST)
    assert set(rows[1:]) == {(3 * G, 1)}


@pytest.mark.parametrize("shortest", [1, SHORTEST])
def test_responses_stand_behind_their_prompts_and_only_they_are_learned(shortest):
    model = random_model("rotary")
    rollout = sample_responses(model, PROMPTS, G, N, 0, TOKENIZER, 3.0, shortest)
    assert len(set(rollout.lengths.numpy())) > 2
    for row in range(3 * G):
        prompt = PROMPTS.ids[row // G, : PROMPTS.lengths[row // G]].tolist()
        length = int(rollout.lengths[row])
        response = rollout.responses[row, :length].numpy().tolist()
        assert (EOS in response) == bool(rollout.ended[row]) == (response[-1] == EOS)
        whole = prompt + response
        assert rollout.tokens[row].numpy().tolist() == whole + [0] * (5 + N - len(whole))
        learned = rollout.targets[row][rollout.mask[row]].numpy().tolist()
        assert learned == response
        first = int(np.argmax(rollout.mask[row]))
        assert rollout.tokens[row, shortest + first - 1] == prompt[-1]


@pytest.mark.parametrize("temperature", [1.0, 0.7])
@pytest.mark.parametrize("kind", ["lstm", "sinusoidal", "rotary"])
def test_the_trainer_finds_the_log_probabilities_that_the_sampler_drew_with(
    kind, temperature, monkeypatch
):
    drawn = []  # for each position the sampler's log-probabilities of all tokens

    def spying_sampler(temperature):
        sampler = make_sampler(temperature)

        def spy(logits, seed):
            drawn.append(tf.nn.log_softmax(logits / temperature).numpy())
            return sampler(logits, seed)

        return spy

    monkeypatch.setattr(rollouts, "make_sampler", spying_sampler)
    model = random_model(kind)
    rollout = sample(model, temperature=temperature)
    log_probs = response_log_probs(model, rollout, temperature).numpy()
    compared = 0
    for row, column in np.argwhere(rollout.mask.numpy()):
        expected = drawn[column][row, rollout.targets[row, column]]
        assert log_probs[row, column] == pytest.approx(expected, abs=1e-4)
        compared += 1
    assert compared == int(tf.reduce_sum(rollout.lengths))


def test_a_rollout_is_a_function_of_weights_prompts_and_seed():
    model = random_model("rotary")
    sampler = RolloutSampler(model, TOKENIZER, PROMPTS, G, N)
    one, same, other = (sampler(PROMPTS, seed) for seed in ((5, 1), (5, 1), (5, 2)))
    tf.nest.map_structure(np.testing.assert_array_equal, one, same)
    assert np.any(one.responses != other.responses)
    model.token_embedding.embeddings.assign(-model.token_embedding.embeddings)
    assert np.any(one.responses != sampler(PROMPTS, (5, 1)).responses)


def test_the_shape_does_not_depend_on_which_prompts_are_drawn():
    sampler = RolloutSampler(random_model("rotary"), TOKENIZER, PROMPTS, G, N)
    shapes = {sampler(PROMPTS.rows([row, row]), (0, 0)).targets.shape for row in range(3)}
    assert shapes == {(2 * G, 5 + N - SHORTEST)}


def test_prompts_that_are_too_long_are_left_out(story_tokenizer):
    texts = ["Tom.", "Tom and Mia went to the park to play with the ball.", "Mia sang."]
    prompts, kept = encode_prompts(texts, story_tokenizer, 16)
    assert kept.tolist() == [0, 2]
    for row, index in enumerate(kept):
        ids = prompts.ids[row, : prompts.lengths[row]]
        assert story_tokenizer.decode(ids[2:-1]) == texts[index]
        assert ids[0] == story_tokenizer.bos_id
        assert ids[-1] == story_tokenizer.assistant_id
    with pytest.raises(ValueError, match="Every prompt is longer than 3 tokens"):
        encode_prompts(texts, story_tokenizer, 3)
    with pytest.raises(ValueError, match="--max-new-tokens is too large"):
        encode_prompts(texts, story_tokenizer, 0)
