"""The logits of the last tokens only, where the others would be thrown away.

Shapes: B batch, T sequence length, n last tokens, V vocabulary.
"""

import tensorflow as tf


class LastLogits:
    """A language model that reads all tokens, and says what follows the last ones of them.

    After pre-training only responses are learned and scored. Where every row is still within its
    prompt the product of the hidden states with the whole vocabulary is left out, and its softmax:
    they are a fifth of a small model's work.

    Args:
        model: A language model, whose `call` ends in its `project`. Everything else that it has is
            to be had here, too.
        number: n, how many tokens are the last ones.
    """

    def __init__(self, model, number: int):
        self._model = model
        self._number = number

    def __call__(self, token_ids, *args, **options) -> tf.Tensor:
        """The logits `(B, n, V)` behind the last of the tokens `(B, T)`, as the model's `call`."""
        model, project = self._model, self._model.project
        # An attribute of the object hides the method of its class, until it is deleted.
        model.project = lambda x: project(x[:, -self._number :])
        try:
            return model(token_ids, *args, **options)[:, -self._number :]
        finally:
            del model.project

    def __getattr__(self, name):
        return getattr(self._model, name)
