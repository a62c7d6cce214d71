"""Variants of Part 6: packing, the loss on responses, low-rank adapters."""

from autograder.variants import Variant

VARIANTS = [
    Variant(
        "lists",
        "sft.response_mask",
        body="""
            head, tail = [tokenizer.bos_id, tokenizer.user_id], [tokenizer.assistant_id]
            fits = max(length + 1 - len(head) - len(tail) - len(response_ids) - 1, 0)
            kept = prompt_ids[len(prompt_ids) - min(fits, len(prompt_ids)) :]
            tokens = head + kept + tail + response_ids + [tokenizer.eos_id]
            learned = [False] * (len(kept) + 3) + [True] * (len(response_ids) + 1)
            tokens, learned = tokens[: length + 1], learned[: length + 1]
            if len(response_ids) == 0 or not any(learned):
                raise ValueError("there is nothing to learn")
            missing = length + 1 - len(tokens)
            inputs = tokens[:-1] + [tokenizer.pad_id] * missing
            targets = tokens[1:] + [tokenizer.pad_id] * missing
            mask = learned[1:] + [False] * missing
            return np.array(inputs), np.array(targets), np.array(mask)
        """,
    ),
    Variant(
        "one_token_at_a_time",
        "sft.response_mask",
        body="""
            prompt, response = list(prompt_ids), [*response_ids, tokenizer.eos_id]
            while len(prompt) + len(response) + 3 > length + 1 and prompt:
                prompt.pop(0)
            while len(response) + 3 > length + 1 and response:
                response.pop()
            if not response or not response_ids:
                raise ValueError("no response")
            start = [tokenizer.bos_id, tokenizer.user_id, *prompt, tokenizer.assistant_id]
            row = np.array([*start, *response], np.int64)
            pad = (0, length + 1 - len(row))
            row_of_ids = np.pad(row, pad, constant_values=tokenizer.pad_id)
            places = np.arange(1, length + 1)
            mask = (places >= len(start)) & (places < len(row))
            return row_of_ids[:-1], row_of_ids[1:], mask
        """,
    ),
    Variant(
        "tensors",
        "sft.response_mask",
        body="""
            import tensorflow as tf

            over = len(prompt_ids) + len(response_ids) + 4 - (length + 1)
            prompt = prompt_ids[over:] if over > 0 else prompt_ids
            tokens = tf.constant(
                format_prompt(prompt, tokenizer) + response_ids + [tokenizer.eos_id]
            )[: length + 1]
            if not response_ids or tokens.shape[0] < len(prompt) + 4:
                raise ValueError("no response token fits")
            inputs = tf.pad(
                tokens[:-1], [[0, length - len(tokens) + 1]], constant_values=tokenizer.pad_id
            )
            targets = tf.pad(
                tokens[1:], [[0, length - len(tokens) + 1]], constant_values=tokenizer.pad_id
            )
            places = tf.range(length)
            mask = (places > len(prompt) + 1) & (places < len(tokens) - 1)
            return inputs, targets, mask
        """,
    ),
    Variant(
        "log_softmax",
        "sft.loss",
        body="""
            log_probs = tf.nn.log_softmax(logits)
            one_hot = tf.one_hot(targets, tf.shape(logits)[-1], dtype=logits.dtype)
            losses = -tf.reduce_sum(log_probs * one_hot, axis=-1)
            mask = tf.cast(response_mask, losses.dtype)
            if per_sequence:
                return tf.reduce_mean(tf.reduce_sum(losses * mask, 1) / tf.reduce_sum(mask, 1))
            return tf.reduce_sum(losses * mask) / tf.reduce_sum(mask)
        """,
    ),
    Variant(
        "weights",
        "sft.loss",
        body="""
            weights = tf.cast(response_mask, logits.dtype)
            if per_sequence:
                weights /= tf.reduce_sum(weights, axis=1, keepdims=True)
            weights /= tf.reduce_sum(weights)
            chosen = tf.gather(logits, targets, axis=2, batch_dims=2)
            return tf.reduce_sum(weights * (tf.reduce_logsumexp(logits, axis=2) - chosen))
        """,
    ),
    Variant(
        "boolean_mask",
        "sft.loss",
        body="""
            losses = keras.losses.sparse_categorical_crossentropy(
                targets, logits, from_logits=True
            )
            if not per_sequence:
                return tf.reduce_mean(tf.boolean_mask(losses, response_mask))
            rows = [
                tf.reduce_mean(tf.boolean_mask(losses[b], response_mask[b]))
                for b in range(losses.shape[0])
            ]
            return tf.add_n(rows) / len(rows)
        """.replace("losses = keras", "import keras\n\n            losses = keras"),
    ),
    Variant(
        "merged_kernel_each_call",
        "sft.lora",
        body=(
            """
            self.base.trainable = False
            width = int(inputs_shape[-1])
            self.lora_a = self.add_weight(
                name="down", shape=(width, self.rank), initializer="glorot_uniform"
            )
            self.lora_b = self.add_weight(
                name="up", shape=(self.rank, self.base.units), initializer="zeros"
            )
            """,
            """
            outputs = keras.ops.matmul(inputs, self.merged_kernel())
            if self.base.bias is not None:
                outputs = outputs + self.base.bias
            return outputs if self.base.activation is None else self.base.activation(outputs)
            """,
            """
            change = keras.ops.matmul(self.lora_a, self.lora_b) * (self.alpha / self.rank)
            return keras.ops.add(self.base.kernel, change)
            """,
        ),
    ),
    Variant(
        "einsum",
        "sft.lora",
        body=(
            """
            self.base.trainable = False
            # B first: the order in which weights are made is free.
            self.up = self.add_weight(shape=(self.rank, self.base.units), initializer="zeros")
            self.down = self.add_weight(
                shape=(inputs_shape[-1], self.rank),
                initializer=keras.initializers.RandomNormal(stddev=0.02, seed=self.seed),
            )
            """,
            """
            scaled = inputs * (self.alpha / self.rank)
            before = tf.einsum("...d,dr,ro->...o", scaled, self.down, self.up)
            before += tf.einsum("...d,do->...o", inputs, self.base.kernel)
            if self.base.use_bias:
                before = tf.nn.bias_add(before, self.base.bias)
            return self.base.activation(before)
            """,
            """
            scale = self.alpha / self.rank
            return tf.einsum("dr,ro->do", self.down * scale, self.up) + self.base.kernel
            """,
        ),
    ),
    Variant(
        "cut_first",
        "sft.response_mask",
        body="""
            answer = [*response_ids, tokenizer.eos_id]
            full = [tokenizer.bos_id, tokenizer.user_id, *prompt_ids, tokenizer.assistant_id]
            spare = length + 1 - len(full) - len(answer)
            if spare < 0:
                cut = min(-spare, len(prompt_ids))
                full = full[:2] + full[2 + cut :]
            row = (full + answer)[: length + 1]
            if not response_ids or len(row) == len(full) or len(row) < len(full):
                raise ValueError("nothing to learn")
            mask = np.zeros(length + 1, dtype=np.bool_)
            mask[len(full) : len(row)] = True
            row = np.pad(
                np.asarray(row, np.int32),
                (0, length + 1 - len(row)),
                constant_values=tokenizer.pad_id,
            )
            return row[:-1], row[1:], mask[1:]
        """,
    ),
    Variant(
        "weights_of_tokens",
        "sft.loss",
        body="""
            w = tf.cast(response_mask, logits.dtype)
            row = tf.maximum(tf.reduce_sum(w, -1, keepdims=True), 1.0)
            w = (
                w / row / tf.cast(tf.shape(w)[0], w.dtype)
                if per_sequence
                else w / tf.maximum(tf.reduce_sum(w), 1.0)
            )
            nll = tf.reduce_logsumexp(logits, -1) - tf.gather(logits, targets, batch_dims=2)
            return tf.reduce_sum(tf.where(response_mask, w * nll, 0.0))
        """,
    ),
    Variant(
        "tensordot",
        "sft.lora",
        body=(
            None,
            """
            base = tf.tensordot(inputs, self.base.kernel, axes=1)
            low = tf.tensordot(inputs, self.lora_a, axes=1)
            total = base + tf.tensordot(low, self.lora_b, axes=1) * self.alpha / self.rank
            total = tf.nn.bias_add(total, self.base.bias) if self.base.use_bias else total
            return self.base.activation(total)
            """,
            None,
        ),
    ),
]
