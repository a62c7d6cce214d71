"""A transformer with one number at each token in place of logits: reward model and critic.

Shapes: B batch, T sequence length, D model width.
"""

import keras
import tensorflow as tf

from assignment.config import RewardModelConfig
from assignment.models.transformer_lm import TransformerLM


class RewardModel(TransformerLM):
    """The body of a language model, and a linear head that maps its last hidden states to numbers.

    The causal mask stays: the number at token t has seen the tokens up to t. Read at the last token
    of a response it is the response's reward (Ouyang et al. 2022); read at every token it is a
    critic's estimate of the reward still to come.

    Args:
        config: The shape, that of the language model whose weights it starts from.
    """

    def __init__(self, config: RewardModelConfig, **kwargs):
        super().__init__(config, **kwargs)
        # Created last, so that a language model's variables are the first of this model's.
        self.head = keras.layers.Dense(
            1,
            kernel_initializer=keras.initializers.RandomNormal(
                stddev=(config.hidden_dim + 1) ** -0.5
            ),
            name="head",
            dtype=self.dtype_policy,
        )

    def build(self, inputs_shape=None):
        super().build(inputs_shape)
        self.head.build((None, None, self.config.hidden_dim))

    def project(self, x):
        """Final norm and head: `(B, T, D)` to `(B, T, 1)`."""
        if self.config.norm_first:
            x = self.final_norm(x)
        return self.head(x)

    def values(self, token_ids) -> tf.Tensor:
        """One number for each token, which has seen it and those before it: `(B, T)`."""
        return self(token_ids)[..., 0]

    def rewards(self, token_ids, lengths) -> tf.Tensor:
        """The reward of each row: the number at its last token.

        Args:
            token_ids: `(B, T)`, whole conversations with their eos, padded on the right.
            lengths: `(B,)`, how many tokens of each row are no padding.

        Returns:
            `(B,)`.
        """
        return tf.gather(self.values(token_ids), lengths - 1, axis=1, batch_dims=1)
