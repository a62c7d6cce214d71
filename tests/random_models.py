"""Models for tests of what a model writes, not of what it has learned."""

import numpy as np

from assignment.config import ModelConfig
from assignment.models.building import build_model


def random_model_of(config: ModelConfig, seed: int = 3):
    """A model whose weights are large enough for its texts to depend on the prompt."""
    model = build_model(config)
    rng = np.random.default_rng(seed)
    for weight in model.trainable_variables:
        weight.assign(rng.normal(size=weight.shape) * 0.5)
    return model
