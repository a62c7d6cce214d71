"""Variants of Part 2: recurrent baselines."""

from autograder.variants import Variant

VARIANTS = [
    Variant(
        "one_matmul",
        "recurrent.rnn_cell",
        body=(
            """
            inputs = tf.concat([x, h], axis=-1)
            weights = tf.concat([kernel, recurrent_kernel], axis=0)
            return tf.tanh(tf.matmul(inputs, weights) + bias)
            """,
            None,
        ),
    ),
    Variant(
        "einsum",
        "recurrent.rnn_cell",
        body=(
            """
            total = tf.einsum("bd,du->bu", x, kernel) + tf.einsum("bv,vu->bu", h, recurrent_kernel)
            return 2.0 * tf.sigmoid(2.0 * (total + bias)) - 1.0
            """,
            None,
        ),
    ),
    Variant(
        "keras_operations",
        "recurrent.rnn_cell",
        body=(
            "return rnn_update(keras.ops.dot(x, kernel) + bias, h, recurrent_kernel)",
            "return keras.ops.tanh(keras.ops.dot(h, recurrent_kernel) + projected)",
        ),
    ),
    Variant(
        "slices",
        "recurrent.lstm_cell",
        body=(
            """
            z = x @ kernel + h @ recurrent_kernel + bias
            u = z.shape[-1] // 4
            c = tf.nn.sigmoid(z[:, u : 2 * u]) * c + tf.nn.sigmoid(z[:, :u]) * tf.math.tanh(
                z[:, 2 * u : 3 * u]
            )
            return tf.nn.sigmoid(z[:, 3 * u :]) * tf.math.tanh(c), c
            """,
            None,
            None,
        ),
    ),
    Variant(
        "one_sigmoid",
        "recurrent.lstm_cell",
        body=(
            None,
            """
            gates = tf.reshape(projected + h @ recurrent_kernel, [tf.shape(h)[0], 4, -1])
            candidate = tf.tanh(gates[:, 2])
            opened = tf.sigmoid(gates)
            cell = opened[:, 1] * c + opened[:, 0] * candidate
            return opened[:, 3] * tf.tanh(cell), cell
            """,
            """
            return tf.cast(tf.range(4 * self.units) // self.units == 1, dtype or tf.float32)
            """,
        ),
    ),
    Variant(
        "numpy_bias",
        "recurrent.lstm_cell",
        body=(
            """
            parts = zip(
                tf.split(kernel, 4, axis=1),
                tf.split(recurrent_kernel, 4, axis=1),
                tf.split(bias, 4),
            )
            i, f, g, o = (tf.einsum("bd,du->bu", x, w) + tf.matmul(h, u) + b for w, u, b in parts)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            return tf.sigmoid(o) * tf.tanh(c), c
            """,
            None,
            """
            bias = keras.ops.convert_to_numpy(keras.ops.zeros(shape)).copy()
            bias[self.units : 2 * self.units] = 1.0
            return tf.constant(bias)
            """,
        ),
    ),
    Variant(
        "python_loop",
        "recurrent.unroll",
        body="""
            projected = tf.einsum("btd,du->btu", inputs, self.kernel) + self.bias
            state = tuple(initial_state)
            outputs = []
            for t in range(inputs.shape[1]):
                new_state = self.update(projected[:, t], state)
                if mask is not None:
                    keep = tf.cast(mask, projected.dtype)[:, t : t + 1]
                    new_state = tuple(
                        keep * new + (1.0 - keep) * old for new, old in zip(new_state, state)
                    )
                state = new_state
                outputs.append(state[0])
            outputs, last_state = tf.stack(outputs, axis=1), state
        """,
    ),
    Variant(
        "tensor_arrays",
        "recurrent.unroll",
        body="""
            length = tf.shape(inputs)[1]
            projected = keras.ops.matmul(inputs, self.kernel) + self.bias
            if mask is None:
                mask = tf.ones(tf.shape(inputs)[:2], tf.bool)
            history = tf.TensorArray(projected.dtype, size=length)

            def body(t, state, history):
                new = self.update(projected[:, t], state)
                keep = tf.cast(mask, tf.bool)[:, t][:, None]
                state = tuple(tf.where(keep, n, s) for n, s in zip(new, state))
                return t + 1, state, history.write(t, state[0])

            _, last_state, history = tf.while_loop(
                lambda t, *_: t < length, body, (0, tuple(initial_state), history)
            )
            outputs = tf.transpose(history.stack(), [1, 0, 2])
        """,
    ),
    Variant(
        "flattened_projection",
        "recurrent.unroll",
        body="""
            batch, length, width = inputs.shape
            flat = tf.reshape(inputs, [-1, width])
            projected = tf.reshape(flat @ self.kernel, [-1, length, self.kernel.shape[1]])
            states = [tuple(initial_state)]
            for t, step in enumerate(tf.unstack(projected, axis=1)):
                new_state = self.update(step + self.bias, states[-1])
                if mask is not None:
                    keep = tf.cast(mask, tf.bool)[:, t, tf.newaxis]
                    pairs = zip(new_state, states[-1])
                    new_state = tuple(tf.where(keep, new, old) for new, old in pairs)
                states.append(new_state)
            outputs = tf.concat([state[0][:, None] for state in states[1:]], axis=1)
            last_state = states[-1]
        """,
    ),
    Variant(
        "gate_by_gate",
        "recurrent.lstm_cell",
        body=(
            None,
            """
            u = h.shape[-1]

            def gate(k, activation):
                block = slice(k * u, (k + 1) * u)
                return activation(projected[:, block] + h @ recurrent_kernel[:, block])

            c = gate(1, keras.ops.sigmoid) * c + gate(0, keras.ops.sigmoid) * gate(
                2, keras.ops.tanh
            )
            return gate(3, keras.ops.sigmoid) * keras.ops.tanh(c), c
            """,
            """
            import numpy as np

            b = np.zeros(shape, "float32")
            b[shape[0] // 4 : shape[0] // 2] = 1
            return b
            """,
        ),
    ),
    Variant(
        "while_loop",
        "recurrent.unroll",
        body="""
            x = tf.transpose(keras.ops.matmul(inputs, self.kernel) + self.bias, [1, 0, 2])
            time = tf.shape(x)[0]
            keep = None if mask is None else tf.transpose(tf.cast(mask, x.dtype))[:, :, None]
            history = tuple(
                tf.TensorArray(x.dtype, size=time, element_shape=[None, self.units])
                for _ in initial_state
            )

            def body(t, state, history):
                new = self.update(x[t], state)
                if keep is not None:
                    new = tuple(keep[t] * n + (1.0 - keep[t]) * o for n, o in zip(new, state))
                return t + 1, tuple(new), tuple(h.write(t, n) for h, n in zip(history, new))

            _, final, history = tf.while_loop(
                lambda t, *_: t < time,
                body,
                (0, tuple(tf.convert_to_tensor(s) for s in initial_state), history),
            )
            outputs = tf.transpose(history[0].stack(), [1, 0, 2])
            last_state = tuple(final)
        """,
    ),
]
