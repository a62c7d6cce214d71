"""Layer normalisation (Ba, Kiros and Hinton 2016)."""

import keras
import tensorflow as tf


class LayerNorm(keras.layers.Layer):
    """Normalise each token's vector by its own mean and variance.

        y = γ ⊙ (x − μ) / √(σ² + ε) + β,   μ = mean(x),   σ² = mean((x − μ)²)

    over the last axis. σ² is the biased variance (it divides by D), and ε stands inside the root.

    Args:
        epsilon: ε. GPT-2's 1e-5 is the default; Keras' own layer has 1e-3.
    """

    def __init__(self, epsilon: float = 1e-5, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, inputs_shape):
        width = inputs_shape[-1]
        self.gamma = self.add_weight(name="gamma", shape=(width,), initializer="ones")
        self.beta = self.add_weight(name="beta", shape=(width,), initializer="zeros")

    def call(self, inputs):
        """Normalise `inputs (…, D)` over the last axis."""
        raise NotImplementedError(
            "normalization.layer_norm: normalise the last axis, then scale and shift"
        )
