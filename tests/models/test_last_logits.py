"""What is left out of the logits is nothing that is looked at."""

import numpy as np
import pytest
import tensorflow as tf

from assignment.config import RecurrentConfig, TransformerConfig
from assignment.layers.masking import causal_mask
from assignment.models.building import build_model
from assignment.models.last_logits import LastLogits
from assignment.models.transformer_lm import TransformerLM

CONFIGS = {
    "transformer": TransformerConfig(11, 6, 2, 2, 8, 9),
    "untied": TransformerConfig(11, 6, 1, 2, 8, 9, tie_embeddings=False),
    "lstm": RecurrentConfig(11, 6, units=5, num_layers=1, max_sequence_length=9),
}
TOKENS = np.random.default_rng(0).integers(0, 11, (3, 9)).astype(np.int32)


@pytest.fixture(params=CONFIGS)
def model(request):
    return build_model(CONFIGS[request.param])


def gradients(model, read, tokens):
    with tf.GradientTape() as tape:
        logits = read(tokens)
        loss = tf.reduce_sum(tf.sin(logits))
    return logits, [*map(tf.convert_to_tensor, tape.gradient(loss, model.trainable_variables))]


@pytest.mark.parametrize("number", [1, 4, 9])
def test_the_last_logits_and_their_gradients_are_those_of_all(model, number):
    all_logits, expected = gradients(model, lambda x: model(x)[:, -number:], TOKENS)
    logits, obtained = gradients(model, LastLogits(model, number), TOKENS)
    assert logits.shape == (3, number, 11)
    np.testing.assert_allclose(logits, all_logits, atol=1e-5)
    for one, other in zip(obtained, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_only_the_last_hidden_states_are_projected(model, monkeypatch):
    seen, project = [], type(model).project
    monkeypatch.setattr(type(model), "project", lambda s, x: seen.append(x.shape) or project(s, x))
    LastLogits(model, 4)(TOKENS, training=True)
    assert [shape[:2] for shape in seen] == [(3, 4)]


def test_the_model_is_afterwards_what_it_was(model):
    before = model(TOKENS)
    LastLogits(model, 2)(TOKENS)
    with pytest.raises(TypeError):
        LastLogits(model, 2)(TOKENS, no_such_option=True)
    np.testing.assert_array_equal(model(TOKENS), before)


class InOne(TransformerLM):
    """Its `call` does not go through the attribute `project`."""

    def call(self, token_ids, padding_mask=None, training=None):
        x = self.embed(token_ids)
        for block in self.blocks:
            x = block(x, mask=causal_mask(x.shape[1]))
        return TransformerLM.project(self, x)


def test_a_model_that_projects_all_by_itself_gives_the_last_all_the_same():
    model = InOne(CONFIGS["transformer"])
    np.testing.assert_array_equal(LastLogits(model, 2)(TOKENS), model(TOKENS)[:, -2:])


def test_everything_else_is_the_models(model):
    read = LastLogits(model, 2)
    assert read.config is model.config
    assert len(read.trainable_weights) == len(model.trainable_weights)
