import dataclasses

import numpy as np
import pytest

from assignment.config import RecurrentConfig, RewardModelConfig, TransformerConfig
from assignment.models.building import build_model, build_reward_model, copy_model

CONFIG = TransformerConfig(23, 8, 2, 2, 12, 10, positions="learned")
RNG = np.random.default_rng(0)
IDS = RNG.integers(4, 23, (3, 10))
LENGTHS = np.array([10, 4, 7])


def language_model(**changes):
    model = build_model(dataclasses.replace(CONFIG, **changes))
    for variable in model.trainable_variables:
        variable.assign(RNG.normal(size=variable.shape))
    return model


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("norm_first", [True, False])
def test_the_value_is_the_head_on_the_last_hidden_state(tied, norm_first):
    source = language_model(tie_embeddings=tied, norm_first=norm_first)
    model = build_reward_model(source)
    assert model.config == RewardModelConfig(**dataclasses.asdict(source.config))
    hidden = {}
    source.project = lambda x: hidden.setdefault("x", x)  # what the language model projects
    source(IDS)
    expected = source.final_norm(hidden["x"]) if norm_first else hidden["x"]
    kernel, bias = model.head.kernel, model.head.bias
    np.testing.assert_allclose(model.values(IDS), (expected @ kernel + bias)[..., 0], atol=1e-5)


def test_the_reward_is_read_at_the_last_token_whatever_stands_behind():
    model = build_reward_model(language_model())
    rewards = model.rewards(IDS, LENGTHS)
    np.testing.assert_array_equal(rewards, model.values(IDS).numpy()[range(3), LENGTHS - 1])
    padded = np.where(np.arange(10) < LENGTHS[:, None], IDS, 0)
    np.testing.assert_allclose(model.rewards(padded, LENGTHS), rewards, atol=1e-5)
    changed = IDS.copy()
    changed[1, 3] = 4 + (changed[1, 3] - 3) % 19  # the last token of the second row counts
    assert abs(float(model.rewards(changed, LENGTHS)[1] - rewards[1])) > 1e-4


def test_the_body_is_a_copy_that_training_does_not_share():
    source = language_model()
    before = source(IDS).numpy()
    model = build_reward_model(source)
    for variable in model.trainable_variables:
        variable.assign_add(RNG.normal(size=variable.shape))
    np.testing.assert_array_equal(source(IDS), before)


def test_a_copy_computes_the_same_and_stays_when_the_original_is_trained():
    source = language_model()
    reference = copy_model(source)
    before = source(IDS).numpy()
    np.testing.assert_array_equal(reference(IDS), before)
    for variable in source.trainable_variables:
        variable.assign_add(RNG.normal(size=variable.shape))
    np.testing.assert_array_equal(reference(IDS), before)
    assert np.abs(source(IDS) - before).max() > 0.1


def test_a_recurrent_model_is_refused():
    source = build_model(RecurrentConfig(23, 4, 5, 1, 10))
    with pytest.raises(ValueError, match=r"made from a transformer.*RecurrentLM"):
        build_reward_model(source)
