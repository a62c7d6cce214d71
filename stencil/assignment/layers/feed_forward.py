"""The position-wise feed-forward network and its activation."""

import math

import keras
import tensorflow as tf

from assignment.layers.dropout import Dropout


def gelu(x) -> tf.Tensor:
    """The Gaussian error linear unit in its tanh approximation (Hendrycks and Gimpel 2016).

    gelu(x) = ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))
    """
    raise NotImplementedError("feed_forward.gelu: widen, apply GELU, and project back")


class FeedForward(keras.layers.Layer):
    """FFN(x) = gelu(x W₁ + b₁) W₂ + b₂, each token by itself: D → intermediate → D.

    Args:
        hidden_dim: D.
        intermediate_dim: The inner width, usually 4 D.
        dropout: The rate at which outputs are dropped while training.
    """

    def __init__(self, hidden_dim: int, intermediate_dim: int, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.hidden_dim = hidden_dim
        self.intermediate_dim = intermediate_dim
        self.dropout = dropout
        self.intermediate_dense = keras.layers.Dense(
            intermediate_dim, name="intermediate_dense", dtype=self.dtype_policy
        )
        self.output_dense = keras.layers.Dense(
            hidden_dim, name="output_dense", dtype=self.dtype_policy
        )
        self.output_dropout = Dropout(dropout, dtype=self.dtype_policy)

    def build(self, inputs_shape):
        self.intermediate_dense.build(inputs_shape)
        self.output_dense.build((*inputs_shape[:-1], self.intermediate_dim))

    def call(self, inputs, training=None):
        """Map `inputs (B, T, D)` to `(B, T, D)`."""
        raise NotImplementedError("feed_forward.gelu: widen, apply GELU, and project back")
