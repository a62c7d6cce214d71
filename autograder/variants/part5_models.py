"""Variants of Part 5: the decoder block and the language model."""

from autograder.variants import Variant

VARIANTS = [
    Variant(
        "two_branches",
        "blocks.decoder",
        body="""
            options = {"cache": cache, "cache_index": cache_index, "return_weights": True}
            drop = self.output_dropout
            if self.norm_first:
                normed = self.self_attention_norm(inputs)
                result = self.self_attention(normed, mask=mask, training=training, **options)
                attended, extras = result[0], list(result[1:])
                x = inputs + drop(attended, training=training)
                if self.cross_attention:
                    y = self.context_attention(
                        self.context_attention_norm(x), context, context_mask, training=training
                    )
                    x = x + drop(y, training=training)
                output = x + self.feed_forward(self.feed_forward_norm(x), training=training)
            else:
                result = self.self_attention(inputs, mask=mask, training=training, **options)
                attended, extras = result[0], list(result[1:])
                x = self.self_attention_norm(inputs + drop(attended, training=training))
                if self.cross_attention:
                    y = self.context_attention(x, context, context_mask, training=training)
                    x = self.context_attention_norm(x + drop(y, training=training))
                output = self.feed_forward_norm(x + self.feed_forward(x, training=training))
        """,
    ),
    Variant(
        "one_helper",
        "blocks.decoder",
        body="""
            def residual(x, norm, sub_layer):
                if self.norm_first:
                    return x + sub_layer(norm(x))
                return norm(x + sub_layer(x))

            extras = []

            def own(x):
                attended, *rest = self.self_attention(
                    x,
                    mask=mask,
                    cache=cache,
                    cache_index=cache_index,
                    training=training,
                    return_weights=True,
                )
                extras.extend(rest)
                return self.output_dropout(attended, training=training)

            def other(x):
                attended = self.context_attention(
                    x, context=context, mask=context_mask, training=training
                )
                return self.output_dropout(attended, training=training)

            x = residual(inputs, self.self_attention_norm, own)
            if self.cross_attention:
                x = residual(x, self.context_attention_norm, other)
            output = residual(
                x, self.feed_forward_norm, lambda x: self.feed_forward(x, training=training)
            )
        """,
    ),
    Variant(
        "reduce",
        "models.transformer_lm",
        body=(
            """
            mask = causal_mask(token_ids.shape[1])[tf.newaxis, tf.newaxis]
            if padding_mask is not None:
                mask = mask & padding_mask
            hidden = self.embed(token_ids, 0, training)
            for block in self.blocks:
                hidden = block(hidden, None, mask, training=training)
            return self.project(hidden)
            """,
            """
            width = self.config.hidden_dim
            x = tf.gather(tf.convert_to_tensor(self.token_embedding.embeddings), token_ids)
            if self.config.positions == "sinusoidal":
                table = sinusoidal_encoding(self.config.max_sequence_length, width)
                places = first_position + tf.range(token_ids.shape[1])
                x = tf.sqrt(float(width)) * x + tf.gather(table, places)[tf.newaxis]
            if self.config.positions == "learned":
                x += self.position_embedding(x, first_position=first_position)
            return self.embedding_dropout(x, training=training)
            """,
            """
            if self.config.norm_first:
                x = self.final_norm(x)
            if not self.config.tie_embeddings:
                return self.output_dense(x)
            return keras.ops.matmul(x, keras.ops.transpose(self.token_embedding.embeddings))
            """,
        ),
    ),
    Variant(
        "everything_in_place",
        "models.transformer_lm",
        body=(
            """
            length = token_ids.shape[1]
            mask = tf.linalg.band_part(tf.ones([length, length], tf.bool), -1, 0)
            mask = combine_masks(padding_mask, mask)
            x = self.embed(token_ids, training=training)
            index = 0
            while index < self.config.num_layers:
                x = self.blocks[index](x, mask=mask, training=training)
                index += 1
            return self.project(x)
            """,
            """
            length = token_ids.shape[1]
            x = self.token_embedding(token_ids)
            if self.config.positions == "sinusoidal":
                table = sinusoidal_encoding(first_position + length, self.config.hidden_dim)
                x = tf.math.sqrt(tf.cast(x.shape[-1], x.dtype)) * x + table[-length:]
            elif self.config.positions == "learned":
                x = x + self.position_embedding(x, first_position=first_position)
            return self.embedding_dropout(x, training=training)
            """,
            """
            normed = self.final_norm(x) if self.config.norm_first else x
            if self.config.tie_embeddings:
                return tf.matmul(normed, self.token_embedding.embeddings, transpose_b=True)
            return tf.einsum("btd,dv->btv", normed, self.output_dense.kernel)
            """,
        ),
    ),
    Variant(
        "norm_where_it_belongs",
        "blocks.decoder",
        body="""
            def norm(layer, value, before):
                return layer(value) if self.norm_first == before else value

            result = self.self_attention(
                norm(self.self_attention_norm, inputs, True),
                mask=mask,
                cache=cache,
                cache_index=cache_index,
                training=training,
                return_weights=True,
            )
            attended, extras = result[0], list(result[1:])
            attended = self.output_dropout(attended, training=training)
            x = norm(self.self_attention_norm, inputs + attended, False)
            if self.cross_attention:
                asking = norm(self.context_attention_norm, x, True)
                seen = self.context_attention(asking, context, context_mask, training=training)
                seen = self.output_dropout(seen, training=training)
                x = norm(self.context_attention_norm, x + seen, False)
            before = norm(self.feed_forward_norm, x, True)
            output = x + self.feed_forward(before, training=training)
            output = norm(self.feed_forward_norm, output, False)
        """,
    ),
    Variant(
        "own_mask",
        "models.transformer_lm",
        edits=[
            (
                "mask = combine_masks(causal_mask(keras.ops.shape(token_ids)[1]), padding_mask)",
                (
                    "T = tf.shape(token_ids)[1]\n"
                    "        mask = tf.linalg.band_part(tf.ones([T, T]), -1, 0) > 0\n"
                    "        if padding_mask is not None:\n"
                    "            mask = mask & padding_mask"
                ),
            )
        ],
    ),
]
