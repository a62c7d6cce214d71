"""Misconceptions of Part 5: the decoder block."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "residual_of_the_normed",
        "blocks.decoder",
        edits=[
            (
                "x = inputs\n",
                "x = self.self_attention_norm(inputs) if self.norm_first else inputs\n",
            ),
            (
                "self.self_attention_norm(x) if self.norm_first else x,\n            mask=mask",
                "x,\n            mask=mask",
            ),
        ],
        hint="The residual adds the normalised input. Pre-norm adds what came in, as it is.",
    ),
    Misconception(
        "no_attention_residual",
        "blocks.decoder",
        edits=[
            (
                "        x = x + self.output_dropout(attended, training=training)\n"
                "        x = x if",
                "        x = self.output_dropout(attended, training=training)\n        x = x if",
            )
        ],
        hint="The first residual is missing: what remains of the input if attention returns 0?",
    ),
    Misconception(
        "no_feed_forward_residual",
        "blocks.decoder",
        edits=[("x = x + transformed", "x = transformed")],
        hint="The second residual is missing: what remains if the feed-forward network returns 0?",
    ),
    Misconception(
        "dropped_twice",
        "blocks.decoder",
        edits=[
            (
                "x = x + transformed",
                "x = x + self.output_dropout(transformed, training=training)",
            )
        ],
        hint=(
            "The output of the feed-forward network is dropped from twice: FeedForward does it "
            "already. The output of attention is not, except here."
        ),
    ),
    Misconception(
        "attention_not_dropped",
        "blocks.decoder",
        edits=[
            (
                "x = x + self.output_dropout(attended, training=training)\n        x = x if "
                "self.norm_first else self.self_attention_norm(x)",
                "x = x + attended\n        x = x if self.norm_first else "
                "self.self_attention_norm(x)",
            )
        ],
        hint=(
            "In training nothing of what self-attention adds is dropped. MultiHeadAttention drops "
            "from its weights; its output is for the block to drop from."
        ),
    ),
    Misconception(
        "residual_from_the_start",
        "blocks.decoder",
        edits=[("x = x + transformed", "x = inputs + transformed")],
        hint="The second residual adds the block's input, so the result of attention gets lost.",
    ),
    Misconception(
        "parallel",
        "blocks.decoder",
        edits=[
            (
                "self.feed_forward_norm(x) if self.norm_first else x, training",
                "self.feed_forward_norm(inputs) if self.norm_first else inputs, training",
            )
        ],
        hint="The feed-forward network reads the block's input; it comes after attention.",
    ),
    Misconception(
        "always_pre_norm",
        "blocks.decoder",
        edits=[("x = inputs\n", "x, self.norm_first = inputs, True\n")],
        hint="norm_first=False changes nothing: post-norm normalises each sum instead.",
    ),
    Misconception(
        "always_post_norm",
        "blocks.decoder",
        edits=[("x = inputs\n", "x, self.norm_first = inputs, False\n")],
        hint="Each sum is normalised, which is post-norm. The default normalises what enters.",
    ),
    Misconception(
        "norms_exchanged",
        "blocks.decoder",
        edits=[
            (
                "self.feed_forward_norm(x) if self.norm_first else x, training",
                "self.self_attention_norm(x) if self.norm_first else x, training",
            )
        ],
        hint="One norm serves both sub-layers. Each has its own, with its own weights.",
    ),
    Misconception(
        "no_first_norm",
        "blocks.decoder",
        edits=[("self.self_attention_norm(x) if self.norm_first else x,", "x,")],
        hint="Self-attention reads what was not normalised, in the pre-norm form too.",
    ),
    Misconception(
        "no_norm_of_the_context_query",
        "blocks.decoder",
        edits=[("self.context_attention_norm(x) if self.norm_first else x,", "x,")],
        hint="Cross-attention reads what was not normalised, in the pre-norm form too.",
    ),
    Misconception(
        "context_not_dropped",
        "blocks.decoder",
        edits=[
            (
                "x = x + self.output_dropout(attended, training=training)\n            x = x if",
                "x = x + attended\n            x = x if",
            )
        ],
        hint="Dropout is missing between cross-attention and the residual sum.",
    ),
    Misconception(
        "no_second_norm",
        "blocks.decoder",
        edits=[("self.feed_forward_norm(x) if self.norm_first else x, training", "x, training")],
        hint="What enters the feed-forward network is not normalised.",
    ),
    Misconception(
        "normed_at_the_end",
        "blocks.decoder",
        edits=[
            (
                "output = x if self.norm_first else self.feed_forward_norm(x)",
                "output = self.feed_forward_norm(x)",
            )
        ],
        hint="A pre-norm block ends with a sum, not with a normalisation.",
    ),
    Misconception(
        "no_post_norm_of_attention",
        "blocks.decoder",
        edits=[("x = x if self.norm_first else self.self_attention_norm(x)", "x = x")],
        hint="In the post-norm form the sum behind self-attention is not normalised.",
    ),
    Misconception(
        "post_norm_unfinished",
        "blocks.decoder",
        edits=[("output = x if self.norm_first else self.feed_forward_norm(x)", "output = x")],
        hint="Post-norm: the last sum is normalised as well.",
    ),
    Misconception(
        "mask_forgotten",
        "blocks.decoder",
        edits=[("mask=mask,", "mask=None,")],
        hint="Self-attention does not get the mask, so that a token sees its future.",
    ),
    Misconception(
        "context_mask_forgotten",
        "blocks.decoder",
        edits=[("mask=context_mask,", "mask=None,")],
        hint="Cross-attention does not get its mask: padding of the context is seen.",
    ),
    Misconception(
        "context_ignored",
        "blocks.decoder",
        edits=[("context=context,", "context=None,")],
        hint="The second attention looks at its own sequence instead of the context.",
    ),
    Misconception(
        "context_normed",
        "blocks.decoder",
        edits=[
            (
                "context=context,",
                "context=self.context_attention_norm(context) if self.norm_first else context,",
            )
        ],
        hint="The context is normalised again. It is the encoder's output, taken as it is.",
    ),
    Misconception(
        "cross_attention_without_residual",
        "blocks.decoder",
        edits=[
            (
                "    x = x + self.output_dropout(attended, training=training)\n"
                "            x = x if",
                "    x = self.output_dropout(attended, training=training)\n            x = x if",
            )
        ],
        hint="Cross-attention stands in a residual connection too.",
    ),
    Misconception(
        "dropout_always",
        "blocks.decoder",
        edits=[
            (
                "self.feed_forward_norm(x) if self.norm_first else x, training=training",
                "self.feed_forward_norm(x) if self.norm_first else x, training=True",
            )
        ],
        hint="Two calls without training should agree: dropout is active outside training.",
    ),
    Misconception(
        "no_dropout_in_the_network",
        "blocks.decoder",
        edits=[
            (
                "self.feed_forward_norm(x) if self.norm_first else x, training=training",
                "self.feed_forward_norm(x) if self.norm_first else x, training=False",
            )
        ],
        hint="The feed-forward network is told that it is not training, and so never drops.",
    ),
    Misconception(
        "cache_position_lost",
        "blocks.decoder",
        edits=[("cache_index=cache_index,", "cache_index=0 if cache is not None else None,")],
        hint="Every call writes to the beginning of the cache: the index has to be handed on.",
    ),
    Misconception(
        "residual_dropped",
        "blocks.decoder",
        edits=[
            (
                "x = x + self.output_dropout(attended, training=training)\n"
                "        x = x if self.norm_first else self.self_attention_norm(x)",
                "x = self.output_dropout(x, training=training) + attended\n"
                "        x = x if self.norm_first else self.self_attention_norm(x)",
            )
        ],
        hint=(
            "Dropout falls on what bypasses the sub-layer. It belongs on the sub-layer's output: "
            "the residual path carries everything on."
        ),
    ),
]
