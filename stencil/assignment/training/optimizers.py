"""AdamW, the learning-rate schedule, and gradient clipping."""

import math

import keras
import tensorflow as tf


def warmup_cosine(step, peak, warmup_steps, total_steps, floor=0.1) -> tf.Tensor:
    """Linear warm-up, then a cosine decay to a floor, which holds from then on.

        step < warmup:  rate = peak · step / warmup
        else:           rate = peak · (floor + (1 − floor) · ½ (1 + cos(π · progress)))

    where progress goes from 0 at the end of the warm-up to 1 at `total_steps` and stays there.

    Args:
        step: How many steps were made; an int or a scalar tensor.
        peak: The rate at the end of the warm-up.
        warmup_steps: The length of the warm-up, possibly 0.
        total_steps: The step at which the floor is reached, behind the warm-up.
        floor: The final rate as a fraction of the peak.

    Returns:
        A float32 scalar.
    """
    raise NotImplementedError("training.schedule: compute the learning rate of this step")


class WarmupCosine(keras.optimizers.schedules.LearningRateSchedule):
    """`warmup_cosine` as a Keras schedule: an optimizer calls it with its own step count.

    The first update has step count 0; it is the schedule's step 1, so that no update is wasted on a
    rate of zero.
    """

    def __init__(self, peak: float, warmup_steps: int, total_steps: int, floor: float = 0.1):
        self.peak = peak
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.floor = floor

    def __call__(self, step):
        return warmup_cosine(
            tf.cast(step, tf.float32) + 1,
            self.peak,
            self.warmup_steps,
            self.total_steps,
            self.floor,
        )

    def get_config(self):
        return {
            "peak": self.peak,
            "warmup_steps": self.warmup_steps,
            "total_steps": self.total_steps,
            "floor": self.floor,
        }


class AdamW(keras.optimizers.Optimizer):
    """Adam with decoupled weight decay (Kingma and Ba 2015; Loshchilov and Hutter 2019).

        m ← β₁ m + (1 − β₁) g          m̂ = m / (1 − β₁ᵗ)
        v ← β₂ v + (1 − β₂) g²         v̂ = v / (1 − β₂ᵗ)
        θ ← θ − η (m̂ / (√v̂ + ε) + λ θ)

    t counts updates from 1. Biases, the gains of norms and embeddings do not decay: λ is 0 there.

    Args:
        learning_rate: η, a number or a schedule.
        beta_1: β₁.
        beta_2: β₂.
        epsilon: ε, outside the root.
        weight_decay: λ.
    """

    NOT_DECAYED = ("bias", "gamma", "beta")

    def __init__(
        self,
        learning_rate=1e-3,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        weight_decay=0.01,
        name="adamw",
        **kwargs,
    ):
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        # Under its usual name the base class would find the rate and decay everything by itself.
        self.decay_rate = weight_decay

    def build(self, variables):
        """Create the moments m and v of each variable, all zero."""
        if self.built:
            return
        super().build(variables)
        self.first_moments, self.second_moments = self.add_optimizer_variables(
            variables, ["first_moment", "second_moment"]
        )
        self.decayed = [self.is_decayed(variable) for variable in variables]

    def is_decayed(self, variable) -> bool:
        """Whether weight decay applies to a variable, judged by its path.

        Its name is the last part of that; an embedding's path has the word "embedding" in it.
        """
        # TODO variable.path is like "transformer_lm/block_0/feed_forward/output_dense/bias".
        raise NotImplementedError("training.adamw: update the moments, then the weights")

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable and its moments in place."""
        index = self._get_variable_index(variable)
        first_moment, second_moment = self.first_moments[index], self.second_moments[index]
        decay_rate = self.decay_rate if self.decayed[index] else 0.0
        gradient = tf.cast(gradient, variable.dtype)
        rate = tf.cast(learning_rate, variable.dtype)
        t = tf.cast(self.iterations + 1, variable.dtype)
        # TODO self.assign(first_moment, …), self.assign(second_moment, …), self.assign_sub(…)
        raise NotImplementedError("training.adamw: update the moments, then the weights")

    def get_config(self):
        return super().get_config() | {
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "weight_decay": self.decay_rate,
        }


def clip_by_global_norm(gradients, max_norm) -> tuple[list, tf.Tensor]:
    """Scale all gradients by one factor, so that together they are no longer than `max_norm`.

        norm = √(Σ_k ‖g_k‖²),   g_k ← g_k · min(1, max_norm / norm)

    Args:
        gradients: A list of tensors; an entry of None (a variable that the loss does not reach)
            stays None.
        max_norm: The largest norm allowed.

    Returns:
        The gradients, and the norm that they had *before* clipping.
    """
    raise NotImplementedError("training.clip: scale all gradients by one factor")


def _densify(gradient):
    """The gradient of an embedding lookup as a plain tensor: its repeated rows are added up."""
    return gradient if gradient is None else tf.convert_to_tensor(gradient)
