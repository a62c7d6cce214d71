"""Low-rank adaptation (Hu et al. 2021): fine-tune a model through a few small matrices."""

import keras
import tensorflow as tf


class LoRADense(keras.layers.Layer):
    """A frozen Dense layer with a trainable low-rank change of its kernel.

        y = activation(x (W + (α/r) A B) + b),   A (D_in, r) random,   B (r, D_out) zero

    B = 0 makes the adapted layer equal to the base at first; a random A lets B's gradient start.
    Only A and B are trained.

    Args:
        base: The Dense layer with W and b; its kernel and bias are frozen.
        rank: r, the width of the bottleneck.
        alpha: α; α/r keeps the size of the change when the rank is changed.
        seed: The seed of A.

    Raises:
        ValueError: `rank` is smaller than 1.
    """

    def __init__(self, base: keras.layers.Dense, rank: int, alpha: float, seed: int = 0, **kwargs):
        kwargs.setdefault("dtype", base.dtype_policy)
        super().__init__(**kwargs)
        if rank < 1:
            raise ValueError(f"rank must be at least 1. Received: rank={rank}")
        self.base = base
        self.rank = rank
        self.alpha = alpha
        self.seed = seed

    def build(self, inputs_shape):
        if not self.base.built:
            self.base.build(inputs_shape)
        # TODO freeze the base; add `lora_a` (random, as HeUniform(self.seed)) and `lora_b` (zeros).
        raise NotImplementedError("sft.lora: add the low-rank update, and merge it back")

    def call(self, inputs):
        """Map `inputs (…, D_in)` to `(…, D_out)`."""
        raise NotImplementedError("sft.lora: add the low-rank update, and merge it back")

    def merged_kernel(self) -> tf.Tensor:
        """The kernel of the one Dense layer that computes the same."""
        raise NotImplementedError("sft.lora: add the low-rank update, and merge it back")


class LoRAEmbedding(keras.layers.Layer):
    """A frozen Embedding with a trainable low-rank change of its table.

        y = E'[token],   E' = E + (α/r) A B,   A (V, r) zero,   B (r, D) random

    Here it is A that starts at zero: a row of A, r numbers, says how the vector of its token
    changes, so the tokens that never occur stay where they are. A model that ties its embedding
    reads the changed table, `embeddings`, as its output matrix.

    Args:
        base: The Embedding with E, which is frozen.
        rank: r, the width of the bottleneck.
        alpha: α; α/r keeps the size of the change when the rank is changed.
        seed: The seed of B.
    """

    def __init__(self, base: keras.layers.Embedding, rank: int, alpha: float, seed: int, name: str):
        super().__init__(dtype=base.dtype_policy, name=name)
        self.base = base
        self.scale = alpha / rank
        self.base.trainable = False
        self.lora_a = self.add_weight(
            name="lora_a", shape=(base.input_dim, rank), initializer="zeros"
        )
        self.lora_b = self.add_weight(
            name="lora_b",
            shape=(rank, base.output_dim),
            initializer=keras.initializers.HeUniform(seed),
        )
        self.built = True

    def call(self, token_ids):
        """The changed vectors `(…, D)` of the tokens `(…)`."""
        change = tf.matmul(tf.gather(self.lora_a, token_ids), self.lora_b)
        return self.base(token_ids) + self.scale * change

    @property
    def embeddings(self) -> tf.Tensor:
        """E', the table of the one Embedding that computes the same."""
        return self.base.embeddings + self.scale * tf.matmul(self.lora_a, self.lora_b)


def apply_lora(
    model: keras.Model, rank: int, alpha: float, seed: int = 0, embedding_rank: int = 0
) -> None:
    """Adapt a built model in place: wrap the Dense layers inside its sub-layers, freeze the rest.

    These are the projections of attention and the feed-forward layers of every block. The model's
    own Dense attributes (an output head) are not adapted. Afterwards `model.trainable_variables`
    holds the matrices A and B alone. Make optimizers and compiled functions after this call.

    Args:
        model: A built model.
        rank: r of every adapted layer.
        alpha: α of every adapted layer.
        seed: The first layer's seed; each following layer's is one larger.
        embedding_rank: r of the model's own Embedding, for fine-tuning on tokens that pre-training
            never met; 0 leaves it frozen as it is.

    Raises:
        ValueError: The model is not built, is adapted already, or has no Dense layer to adapt, or
            no Embedding where one is to be adapted.
    """
    if not model.built:
        raise ValueError(
            f"The model has no weights yet: call it on a batch first. Received: {model.name}"
        )
    parts = list(model._flatten_layers(include_self=False))
    if _attributes(parts, LoRADense):
        raise ValueError(
            f"The model is adapted already: call merge_lora first. Received: {model.name}"
        )
    found = _attributes(parts, keras.layers.Dense)
    if not found:
        raise ValueError(f"No sub-layer of the model has a Dense layer. Received: {model.name}")
    embeddings = _attributes([model], keras.layers.Embedding) if embedding_rank else []
    if embedding_rank and not embeddings:
        raise ValueError(f"The model has no Embedding of its own. Received: {model.name}")

    # By variable: a layer whose `trainable` is False hides the A and B inside it as well.
    for variable in model.trainable_variables:
        variable.trainable = False
    for index, (owner, name, dense) in enumerate(found):
        adapted = LoRADense(dense, rank, alpha, seed + index, name=f"{dense.name}_lora")
        adapted.build((None, dense.kernel.shape[0]))
        _replace(owner, name, adapted)
    for index, (owner, name, embedding) in enumerate(embeddings):
        adapted = LoRAEmbedding(
            embedding, embedding_rank, alpha, seed + len(found) + index, f"{embedding.name}_lora"
        )
        _replace(owner, name, adapted)


def merge_lora(model: keras.Model) -> None:
    """Undo `apply_lora` in place, keeping what was learned: W ← W + (α/r) A B, as plain layers.

    Every weight of the model can be trained again. A model without adapted layers is left alone.
    """
    dense = _attributes(model._flatten_layers(include_self=False), LoRADense)
    for owner, name, adapted in dense:
        adapted.base.kernel.assign(adapted.merged_kernel())
        _replace(owner, name, adapted.base)
    for owner, name, adapted in _attributes([model], LoRAEmbedding):
        adapted.base.embeddings.assign(adapted.embeddings)
        _replace(owner, name, adapted.base)
    if dense:
        model.trainable = False  # it is True still, and Keras ignores an assignment of the same
        model.trainable = True


def _attributes(owners, layer_type) -> list[tuple[keras.layers.Layer, str, keras.layers.Layer]]:
    """Every attribute of these layers that is of such a type: its owner, its name, the layer."""
    return [
        (owner, name, value)
        for owner in owners
        for name, value in list(vars(owner).items())
        if isinstance(value, layer_type)
    ]


def _replace(owner, name, layer) -> None:
    """Set a layer's attribute to another sub-layer, at the same place among the sub-layers.

    Keras locks the list of sub-layers once a layer is built and has no public way to exchange one.
    The order matters: it is that of `model.variables`, by which weights are copied and saved.
    """
    owner._tracker.replace_tracked_value("layers", getattr(owner, name), layer)
    setattr(owner, name, layer)
