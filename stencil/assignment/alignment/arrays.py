"""What the functions of this folder share: one float type, and means over the tokens that count."""

import tensorflow as tf


def as_floats(*values) -> list[tf.Tensor]:
    """The values as tensors of one type: float64 if any of them is, else float32."""
    tensors = [tf.convert_to_tensor(value) for value in values]
    dtype = tf.float64 if any(t.dtype == tf.float64 for t in tensors) else tf.float32
    return [tf.cast(tensor, dtype) for tensor in tensors]


def on_mask(mask, *values) -> list[tf.Tensor]:
    """The mask as booleans, then the values as floats that are 0 off the mask.

    Whatever stands on padding is gone before an exponential can make it infinite: 0 · ∞ is NaN, in
    a gradient too.
    """
    mask = tf.cast(mask, tf.bool)
    return [mask, *(tf.where(mask, value, 0.0) for value in as_floats(*values))]


def masked_mean(values: tf.Tensor, mask: tf.Tensor, axis: int | None = None) -> tf.Tensor:
    """The mean of the values where the mask is True, over all of them or along one axis.

    A mean of nothing is 0.
    """
    weights = tf.cast(mask, values.dtype)
    total = tf.reduce_sum(tf.where(mask, values, 0.0), axis)
    return total / tf.maximum(tf.reduce_sum(weights, axis), 1.0)
