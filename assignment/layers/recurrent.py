"""Recurrent layers and additive attention.

Shapes: B batch, T sequence length, D input width, n units of the hidden state, K key length.
"""

import keras
import tensorflow as tf


def rnn_step(x, h, kernel, recurrent_kernel, bias) -> tf.Tensor:
    """One step of a simple recurrent network (Elman 1990): h' = tanh(x W + h U + b).

    Args:
        x: `(B, D)`, the input of this step.
        h: `(B, n)`, the hidden state of the step before.
        kernel: W `(D, n)`.
        recurrent_kernel: U `(n, n)`.
        bias: b `(n,)`.

    Returns:
        The new hidden state `(B, n)`.
    """
    # BEGIN SOLUTION recurrent.rnn_cell
    return rnn_update(tf.matmul(x, kernel) + bias, h, recurrent_kernel)
    # END SOLUTION


def rnn_update(projected, h, recurrent_kernel) -> tf.Tensor:
    """`rnn_step` with x W + b computed before: `projected (B, n)` needs no earlier step."""
    # BEGIN SOLUTION recurrent.rnn_cell
    return tf.tanh(projected + tf.matmul(h, recurrent_kernel))
    # END SOLUTION


def lstm_step(x, h, c, kernel, recurrent_kernel, bias) -> tuple[tf.Tensor, tf.Tensor]:
    """One step of a long short-term memory (Hochreiter and Schmidhuber 1997; Gers 2000).

        [i, f, g, o] = x W + h U + b                 four blocks along the last axis
        c' = σ(f) ⊙ c + σ(i) ⊙ tanh(g)
        h' = σ(o) ⊙ tanh(c')

    Args:
        x: `(B, D)`, the input of this step.
        h: `(B, n)`, the hidden state.
        c: `(B, n)`, the cell state.
        kernel: W `(D, 4U)`.
        recurrent_kernel: U `(n, 4n)`.
        bias: b `(4U,)`.

    Returns:
        The new hidden state and the new cell state, `(B, n)` each.
    """
    # BEGIN SOLUTION recurrent.lstm_cell
    return lstm_update(tf.matmul(x, kernel) + bias, h, c, recurrent_kernel)
    # END SOLUTION


def lstm_update(projected, h, c, recurrent_kernel) -> tuple[tf.Tensor, tf.Tensor]:
    """`lstm_step` with x W + b computed before: `projected (B, 4U)` needs no earlier step."""
    # BEGIN SOLUTION recurrent.lstm_cell
    gates = projected + tf.matmul(h, recurrent_kernel)
    i, f, g, o = tf.split(gates, 4, axis=-1)
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
    return tf.sigmoid(o) * tf.tanh(c), c
    # END SOLUTION


def kernel_gradient_after_loop(steps, kernel):
    """For a loop over z_t = steps_t + h_{t−1} U: take the gradient of U out of the loop.

        dU = Σ_t h_{t−1}ᵀ dz_t,   and dz_t is the gradient of steps_t

    As one product over all steps. Inside the loop each step of the backward pass would read and
    write a gradient of the kernel's size, which takes longer than the step itself.

    Args:
        steps: `(T, B, G)`.
        kernel: U `(units, G)`.

    Returns:
        `steps` and U to be used in the loop, and a function that has to be called after the loop
        with the hidden states before each step, `(T, B, units)`.
    """
    states_before = []

    @tf.custom_gradient
    def identity(steps, kernel):
        def gradient(d_steps):
            return d_steps, tf.einsum("tbu,tbg->ug", states_before[0], d_steps)

        return tf.identity(steps), gradient

    kernel = tf.convert_to_tensor(kernel)
    return identity(steps, kernel), tf.stop_gradient(kernel), states_before.append


class _Recurrent(keras.layers.Layer):
    """What the two layers share: the weights, and the loop over time.

    Args:
        units: n.
    """

    NUM_GATES: int
    NUM_STATES: int

    def __init__(self, units: int, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, inputs_shape):
        width = self.NUM_GATES * self.units
        self.kernel = self.add_weight(
            name="kernel", shape=(inputs_shape[-1], width), initializer="glorot_uniform"
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel", shape=(self.units, width), initializer="orthogonal"
        )
        self.bias = self.add_weight(name="bias", shape=(width,), initializer=self.initial_bias)

    def initial_bias(self, shape, dtype=None):
        return tf.zeros(shape, dtype)

    def update(self, projected, state: tuple[tf.Tensor, ...], recurrent_kernel=None):
        """The tuple of states after one step, hidden state first; U is the layer's when None."""
        raise NotImplementedError

    def compute_mask(self, inputs, previous_mask=None):
        return None  # masks are explicit arguments here: none travels on with the output

    def call(self, inputs, mask=None, initial_state=None, return_state=False):
        """Run over time.

        Args:
            inputs: `(B, T, D)`.
            mask: `(B, T)` booleans; a step where it is False leaves the state as it was.
            initial_state: The state before the first step, `(B, n)` or a tuple of such; zeros when
                None.
            return_state: Also return the tuple of states after the last step.

        Returns:
            The hidden states `(B, T, n)`.
        """
        if initial_state is None:
            zeros = tf.zeros([tf.shape(inputs)[0], self.units], self.compute_dtype)
            initial_state = (zeros,) * self.NUM_STATES
        elif not isinstance(initial_state, tuple | list):
            initial_state = (initial_state,)

        # BEGIN SOLUTION recurrent.unroll
        # TODO project all inputs in one matmul; then loop over time with self.update.
        # TODO when it is right, kernel_gradient_after_loop makes training faster; it may stay out.
        projected = tf.matmul(inputs, self.kernel) + self.bias  # (B, T, gates · n)
        steps = tf.transpose(projected, [1, 0, 2])  # time first, to loop over
        steps, kernel, set_states_before = kernel_gradient_after_loop(steps, self.recurrent_kernel)
        kept = None if mask is None else tf.transpose(tf.cast(mask, tf.bool))[:, :, tf.newaxis]

        def step(state, x):
            if kept is None:
                return self.update(x, state, kernel)
            x, keep = x
            new_state = self.update(x, state, kernel)
            return tuple(
                tf.where(keep, new, old) for new, old in zip(new_state, state, strict=True)
            )

        elements = steps if kept is None else (steps, kept)
        states = tf.scan(step, elements, initializer=tuple(initial_state))
        first = tf.convert_to_tensor(initial_state[0])
        set_states_before(tf.concat([first[tf.newaxis], states[0][:-1]], axis=0))
        outputs = tf.transpose(states[0], [1, 0, 2])  # (B, T, n)
        last_state = tuple(history[-1] for history in states)
        # END SOLUTION
        return (outputs, last_state) if return_state else outputs


class SimpleRNN(_Recurrent):
    """A recurrent layer of `rnn_step`; its state is (h,)."""

    NUM_GATES = 1
    NUM_STATES = 1

    def update(self, projected, state, recurrent_kernel=None):
        kernel = self.recurrent_kernel if recurrent_kernel is None else recurrent_kernel
        return (rnn_update(projected, state[0], kernel),)


class LSTM(_Recurrent):
    """A recurrent layer of `lstm_step`; its state is (h, c).

    The bias of the forget gate starts at 1, so that a fresh cell remembers.
    """

    NUM_GATES = 4
    NUM_STATES = 2

    def initial_bias(self, shape, dtype=None):
        # BEGIN SOLUTION recurrent.lstm_cell
        gate = shape[0] // 4
        return tf.concat(
            [tf.zeros(gate, dtype), tf.ones(gate, dtype), tf.zeros(2 * gate, dtype)], 0
        )
        # END SOLUTION

    def update(self, projected, state, recurrent_kernel=None):
        kernel = self.recurrent_kernel if recurrent_kernel is None else recurrent_kernel
        return lstm_update(projected, *state, kernel)


def additive_attention(query, keys, values, w_query, w_key, v, mask=None):
    """Additive attention (Bahdanau, Cho and Bengio 2015).

        score(q, k) = vᵀ tanh(W_q q + W_k k),   context = Σ_k softmax(score)_k · value_k

    Args:
        query: `(…, D_q)`, the decoder's state; any leading axes, usually (B,).
        keys: `(…, K, D_k)`.
        values: `(…, K, D_v)`.
        w_query: W_q `(D_q, A)`.
        w_key: W_k `(D_k, A)`.
        v: `(A,)`.
        mask: `(…, K)` booleans, True = may attend.

    Returns:
        The context `(…, D_v)` and the weights `(…, K)`.
    """
    # BEGIN SOLUTION recurrent.bahdanau
    # One plain product for all rows. TensorFlow 2.21's batched product of keys (B, 1, K, D_k) with
    # a matrix is wrong outside XLA, and may crash: github.com/tensorflow/tensorflow/issues/117700.
    projected_query = tf.tensordot(query, w_query, 1)[..., tf.newaxis, :]  # (…, 1, A)
    energies = tf.tanh(projected_query + tf.tensordot(keys, w_key, 1))  # (…, K, A)
    scores = tf.tensordot(energies, v, 1)
    if mask is not None:
        scores = tf.where(mask, scores, scores.dtype.min / 2)
    weights = tf.nn.softmax(scores, axis=-1)
    return tf.einsum("...k,...kd->...d", weights, values), weights
    # END SOLUTION
