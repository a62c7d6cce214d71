"""Models by their configuration, and models with the weights of others."""

import dataclasses

from assignment.config import (
    ModelConfig,
    RecurrentConfig,
    RewardModelConfig,
    TransformerConfig,
)
from assignment.models.recurrent_lm import RecurrentLM
from assignment.models.reward_model import RewardModel
from assignment.models.transformer_lm import TransformerLM

MODELS = {
    TransformerConfig: TransformerLM,
    RecurrentConfig: RecurrentLM,
    RewardModelConfig: RewardModel,
}


def build_model(config: ModelConfig):
    """A model with fresh weights, of the kind that its configuration says."""
    model = MODELS[type(config)](config)
    model.build()
    return model


def copy_weights(source, target) -> None:
    """Set the weights of a model to those of another, variable by variable, in their order.

    A model whose first layers are those of `source` may have more behind them: they keep theirs.
    """
    # `keras.models.clone_model` makes the layers anew and leaves their weights as they start.
    for ours, theirs in zip(target.variables, source.variables, strict=False):
        ours.assign(theirs)


def copy_model(model):
    """A second model with the same weights, which training the first does not move."""
    copy = build_model(model.config)
    copy_weights(model, copy)
    return copy


def build_reward_model(language_model) -> RewardModel:
    """A reward model with the weights of a language model, and a head with fresh ones.

    Raises:
        ValueError: The language model is no transformer.
    """
    if not isinstance(language_model.config, TransformerConfig):
        raise ValueError(
            "A reward model is made from a transformer. "
            f"Received: a model of the kind {type(language_model).__name__}"
        )
    model = build_model(RewardModelConfig(**dataclasses.asdict(language_model.config)))
    copy_weights(language_model, model)
    return model
