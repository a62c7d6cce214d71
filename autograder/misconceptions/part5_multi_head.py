"""Misconceptions of Part 5: multi-head attention."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "split_by_reshape",
        "attention.multi_head",
        body=(
            """
            length = tf.shape(x)[1]
            return tf.reshape(x, [-1, self.num_heads, length, self.hidden_dim // self.num_heads])
            """,
            None,
            None,
        ),
        hint=(
            "Splitting into heads mixes different tokens: reshape to (B, T, H, d) first, then "
            "exchange two axes."
        ),
    ),
    Misconception(
        "interleaved_heads",
        "attention.multi_head",
        body=(
            """
            width = self.hidden_dim // self.num_heads
            x = tf.reshape(x, [-1, tf.shape(x)[1], width, self.num_heads])
            return tf.transpose(x, [0, 3, 1, 2])
            """,
            None,
            None,
        ),
        hint=(
            "A head takes every H-th column. Head h should take d columns in a row, as "
            "the concatenation of heads in the formula says."
        ),
    ),
    Misconception(
        "merged_by_reshape",
        "attention.multi_head",
        edits=[("x = tf.transpose(x, [0, 2, 1, 3])  # (B, T, H, d)", "x = tf.identity(x)")],
        hint=(
            "Joining the heads mixes different tokens: a token's heads must stand side by side "
            "before the reshape."
        ),
    ),
    Misconception(
        "merged_reversed",
        "attention.multi_head",
        edits=[
            (
                "x = tf.transpose(x, [0, 2, 1, 3])  # (B, T, H, d)",
                "x = tf.transpose(x, [0, 2, 3, 1])",
            )
        ],
        hint="The joined columns take turns between heads; a head's d columns belong together.",
    ),
    Misconception(
        "context_ignored",
        "attention.multi_head",
        edits=[("inputs if context is None else context", "inputs")],
        hint="The context is never used: keys and values come from it when it is given.",
    ),
    Misconception(
        "query_from_context",
        "attention.multi_head",
        edits=[("self.query_dense(inputs)", "self.query_dense(source)")],
        hint="The queries come from the context. They belong to the other sequence, the inputs.",
    ),
    Misconception(
        "values_from_inputs",
        "attention.multi_head",
        edits=[("self.value_dense(source)", "self.value_dense(inputs)")],
        hint="Keys and values come from different sequences, in cross-attention.",
    ),
    Misconception(
        "key_projection_twice",
        "attention.multi_head",
        edits=[("self.value_dense(source)", "self.key_dense(source)")],
        hint="One projection is used twice, and another not at all.",
    ),
    Misconception(
        "no_output_projection",
        "attention.multi_head",
        edits=[("self.output_dense(self._merge_heads(output))", "self._merge_heads(output)")],
        hint="The joined heads are not multiplied by W_O.",
    ),
    Misconception(
        "residual_inside",
        "attention.multi_head",
        edits=[
            (
                "self.output_dense(self._merge_heads(output))",
                "inputs + self.output_dense(self._merge_heads(output))",
            )
        ],
        hint="The input is added to the output. The residual belongs to the block.",
    ),
    Misconception(
        "mask_forgotten",
        "attention.multi_head",
        edits=[
            ("(query, key, value, mask)", "(query, key, value)"),
            ("(query, cache, mask)", "(query, cache)"),
        ],
        hint="The mask is not handed on to the attention of the heads.",
    ),
    Misconception(
        "one_head",
        "attention.multi_head",
        edits=[
            (
                "attention_in_blocks(query, key, value, mask)",
                "scaled_dot_product_attention(query[:, :1], key, value, mask)",
            ),
            ("(query, cache, mask)", "(query[:, :1], cache, mask)"),
        ],
        hint="All heads use the queries of the first one.",
    ),
    Misconception(
        "dropout_always",
        "attention.multi_head",
        edits=[
            ("if self.dropout and training:", "if self.dropout:"),
            ("training=training)", "training=True)"),
        ],
        hint="Two calls without training should agree: dropout is active outside training.",
    ),
    Misconception(
        "no_dropout",
        "attention.multi_head",
        edits=[("if self.dropout and training:", "if False:")],
        hint="Dropout never acts, not even in training.",
    ),
    Misconception(
        "dropout_of_the_output",
        "attention.multi_head",
        edits=[
            (
                "output = tf.matmul(self.weights_dropout(weights, training=training), value)",
                "output = self.weights_dropout(output, training=training)",
            )
        ],
        hint=(
            "Dropout takes single numbers of the output away. It should act on the attention "
            "weights, and so hide whole tokens."
        ),
    ),
    Misconception(
        "cache_at_the_beginning",
        "attention.multi_head",
        edits=[("(0, 0, cache_index, 0, 0)", "(0, 0, 0, 0, 0)")],
        hint="New keys and values overwrite the first ones. They belong at cache_index.",
    ),
    Misconception(
        "cache_not_returned",
        "attention.multi_head",
        edits=[
            ("cache = keras.ops.slice_update(cache", "updated = keras.ops.slice_update(cache"),
            ("(query, cache, mask)", "(query, updated, mask)"),
        ],
        hint="The cache comes back without the new keys and values.",
    ),
    Misconception(
        "cache_written_after_use",
        "attention.multi_head",
        edits=[
            (
                "cache = keras.ops.slice_update(cache",
                "old = cache\n            cache = keras.ops.slice_update(cache",
            ),
            ("(query, cache, mask)", "(query, old, mask)"),
        ],
        hint=(
            "The queries meet the cache as it was before the new tokens, so a token does not see "
            "itself."
        ),
    ),
    Misconception(
        "keys_and_values_swapped",
        "attention.multi_head",
        edits=[("tf.stack([key, value], axis=1)", "tf.stack([value, key], axis=1)")],
        hint="In the cache the keys stand first, at [:, 0], and the values second.",
    ),
    Misconception(
        "cache_without_positions",
        "attention.multi_head",
        edits=[("first = 0 if cache_index is None else cache_index", "first = 0")],
        hint=(
            "Rotary positions restart at 0 with each call: the first token of a call stands at "
            "cache_index."
        ),
    ),
    Misconception(
        "rotary_forgotten",
        "attention.multi_head",
        edits=[("if self.rotary:", "if False:")],
        hint="With rotary=True the order of the tokens should count; here nothing is rotated.",
    ),
    Misconception(
        "queries_alone_rotated",
        "attention.multi_head",
        edits=[("rotate(query, first), rotate(key, first)", "rotate(query, first), key")],
        hint="Only differences of positions should count: queries and keys are both rotated.",
    ),
    Misconception(
        "queries_without_gradient",
        "attention.multi_head",
        edits=[
            (
                "self._split_heads(self.query_dense(inputs))",
                "self._split_heads(self.query_dense(tf.stop_gradient(inputs)))",
            )
        ],
        hint=(
            "No gradient flows through the queries to the inputs: the layers below would not learn "
            "what to look for."
        ),
    ),
    Misconception(
        "one_mask_for_all_heads",
        "attention.multi_head",
        edits=[
            (
                "attention_in_blocks(query, key, value, mask)",
                "attention_in_blocks(query, key, value, "
                "mask if mask is None or len(mask.shape) < 4 else mask[:, :1])",
            )
        ],
        hint="Every head uses the first head's mask: it broadcasts by itself, so leave it alone.",
    ),
    Misconception(
        "index_as_a_number",
        "attention.multi_head",
        edits=[("(0, 0, cache_index, 0, 0)", "(0, 0, int(cache_index), 0, 0)")],
        hint=(
            "The model is compiled, and there cache_index, like what tf.shape gives, is a tensor "
            "without a value: use it as it is, int() and .numpy() need a number."
        ),
    ),
]
