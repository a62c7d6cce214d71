"""Misconceptions of Part 5: the transformer language model."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "embedding_not_scaled",
        "models.transformer_lm",
        edits=[("x = x * self.config.hidden_dim**0.5 + ", "x = x + ")],
        hint="With sinusoidal positions the embedding is multiplied by the root of its width.",
    ),
    Misconception(
        "blocks_never_train",
        "models.transformer_lm",
        edits=[
            (
                "x = block(x, mask=mask, training=training)",
                "x = block(x, mask=mask, training=False)",
            )
        ],
        hint="The blocks are told that nobody trains: none of them drops anything.",
    ),
    Misconception(
        "scaled_by_the_width",
        "models.transformer_lm",
        edits=[("self.config.hidden_dim**0.5", "self.config.hidden_dim")],
        hint="The embedding is multiplied by D; its root would do.",
    ),
    Misconception(
        "sinusoidal_forgotten",
        "models.transformer_lm",
        edits=[('if self.config.positions == "sinusoidal":', "if False:")],
        hint="With sinusoidal positions the embedding is neither scaled nor told where it stands.",
    ),
    Misconception(
        "embedding_not_dropped",
        "models.transformer_lm",
        edits=[("return self.embedding_dropout(x, training=training)", "return x")],
        hint="embedding_dropout is never called.",
    ),
    Misconception(
        "positions_scaled_too",
        "models.transformer_lm",
        edits=[
            (
                "x = x * self.config.hidden_dim**0.5 + tf.cast(positions, x.dtype)",
                "x = (x + tf.cast(positions, x.dtype)) * self.config.hidden_dim**0.5",
            )
        ],
        hint="Only the embedding is scaled, not the positions.",
    ),
    Misconception(
        "always_scaled",
        "models.transformer_lm",
        edits=[
            (
                "x = x + self.position_embedding(x, first_position=first_position)",
                "x = x * self.config.hidden_dim**0.5 + self.position_embedding("
                "x, first_position=first_position)",
            )
        ],
        hint="The embedding is scaled for sinusoidal positions only, not for learned ones.",
    ),
    Misconception(
        "no_positions",
        "models.transformer_lm",
        edits=[(" + tf.cast(positions, x.dtype)", "")],
        hint="The sinusoidal positions are never added, so the order of tokens is not seen.",
    ),
    Misconception(
        "learned_positions_forgotten",
        "models.transformer_lm",
        edits=[
            ("x = x + self.position_embedding(x, first_position=first_position)", "x = x + 0.0")
        ],
        hint="The learned positions are never added.",
    ),
    Misconception(
        "positions_restart",
        "models.transformer_lm",
        edits=[("tf.slice(table, [first_position, 0]", "tf.slice(table, [0, 0]")],
        hint=(
            "While decoding with a cache every token gets the position 0: the first token of a "
            "call stands at first_position."
        ),
    ),
    Misconception(
        "learned_positions_restart",
        "models.transformer_lm",
        edits=[("(x, first_position=first_position)", "(x)")],
        hint="While decoding with a cache the learned positions start again from 0.",
    ),
    Misconception(
        "not_causal",
        "models.transformer_lm",
        edits=[
            (
                "combine_masks(causal_mask(keras.ops.shape(token_ids)[1]), padding_mask)",
                "padding_mask",
            )
        ],
        hint="Change a later token: the logits before it change too. The causal mask is missing.",
    ),
    Misconception(
        "padding_seen",
        "models.transformer_lm",
        edits=[(", padding_mask)\n", ", None)\n")],
        hint="The padding mask has no effect.",
    ),
    Misconception(
        "padding_instead_of_causal",
        "models.transformer_lm",
        edits=[
            (
                "combine_masks(causal_mask(keras.ops.shape(token_ids)[1]), padding_mask)",
                "padding_mask if padding_mask is not None else causal_mask(token_ids.shape[1])",
            )
        ],
        hint="With a padding mask the causal one is lost: both hold at once.",
    ),
    Misconception(
        "one_block",
        "models.transformer_lm",
        edits=[("for block in self.blocks:", "for block in self.blocks[:1]:")],
        hint="Only the first block is run.",
    ),
    Misconception(
        "blocks_on_the_embedding",
        "models.transformer_lm",
        edits=[
            (
                "for block in self.blocks:\n            x = block(x,",
                "embedded = x\n        for block in self.blocks:\n            x = block(embedded,",
            )
        ],
        hint="Every block reads the embedding. Each should read what the block before it gave.",
    ),
    Misconception(
        "no_final_norm",
        "models.transformer_lm",
        edits=[("x = self.final_norm(x)", "pass")],
        hint="The last sum of a pre-norm model is normalised before the projection.",
    ),
    Misconception(
        "norm_after_the_blocks_each",
        "models.transformer_lm",
        edits=[
            (
                "x = block(x, mask=mask, training=training)",
                "x = block(x, mask=mask, training=training)\n"
                "            x = self.final_norm(x) if self.config.norm_first else x",
            )
        ],
        hint="The final norm stands behind the last block, not behind each.",
    ),
    Misconception(
        "tied_output_scaled",
        "models.transformer_lm",
        edits=[
            (
                'tf.einsum("btd,vd->btv", x, embeddings)',
                'tf.einsum("btd,vd->btv", x, embeddings) / self.config.hidden_dim**0.5',
            )
        ],
        hint="The logits are scaled. Tied means the embedding matrix itself, with no factor.",
    ),
    Misconception(
        "probabilities",
        "models.transformer_lm",
        edits=[
            (
                'return tf.einsum("btd,vd->btv", x, embeddings)',
                'return tf.nn.softmax(tf.einsum("btd,vd->btv", x, embeddings))',
            ),
            ("return self.output_dense(x)", "return tf.nn.softmax(self.output_dense(x))"),
        ],
        hint="The model returns logits; the softmax is part of the loss and of the sampler.",
    ),
    Misconception(
        "tied_without_gradient",
        "models.transformer_lm",
        edits=[
            (
                'tf.einsum("btd,vd->btv", x, embeddings)',
                'tf.einsum("btd,vd->btv", x, tf.stop_gradient(embeddings))',
            )
        ],
        hint="The logits are right. The embedding has to learn from its use at the output as well.",
    ),
    Misconception(
        "dropout_always",
        "models.transformer_lm",
        edits=[
            (
                "x = block(x, mask=mask, training=training)",
                "x = block(x, mask=mask, training=True)",
            )
        ],
        hint="Two calls without training should agree: dropout is active outside training.",
    ),
    Misconception(
        "padding_by_number",
        "models.transformer_lm",
        edits=[
            (
                "mask = combine_masks(causal_mask(keras.ops.shape(token_ids)[1]), padding_mask)",
                "padding = None if padding_mask is None else (token_ids != 0)[:, None, None]\n"
                "        mask = combine_masks(causal_mask(keras.ops.shape(token_ids)[1]), padding)",
            )
        ],
        hint="What is padding is taken from the ids. The mask that is given says it.",
    ),
]
