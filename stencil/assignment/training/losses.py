"""The losses of pre-training and supervised fine-tuning: cross-entropy of tokens that count.

Shapes: B batch, T time, V vocabulary.
"""

import tensorflow as tf


def next_token_loss(logits, targets, mask=None) -> tf.Tensor:
    """The mean cross-entropy of the tokens that count, in nats.

        L = −(1/|M|) Σ_{t ∈ M} log p(y_t),   p = softmax(logits_t)

    The targets are the inputs shifted by one already, so that `logits[:, t]` predicts
    `targets[:, t]`. At least one token counts.

    Args:
        logits: `(…, V)`, unnormalised.
        targets: `(…,)` integers in [0, V).
        mask: Broadcasts to `(…,)`, True = counts; None counts every token.

    Returns:
        A scalar, float32 (float64 if the logits are).
    """
    logits, targets, mask = _as_tensors(logits, targets, mask)
    raise NotImplementedError("training.loss: average the cross-entropy over the tokens that count")


def response_loss(logits, targets, response_mask, per_sequence: bool = False) -> tf.Tensor:
    """The loss of supervised fine-tuning: the prompt is read, only the response is learned.

        per token:     −Σ_b Σ_{t ∈ y_b} log p(y_bt) / Σ_b |y_b|
        per sequence:  −(1/B) Σ_b (1/|y_b|) Σ_{t ∈ y_b} log p(y_bt)

    where y_b are the response tokens of example b, its end-of-text token included. The first gives
    every token the same weight, the second every example, however long it is. Each has
    at least one.

    Args:
        logits: `(B, T, V)`, unnormalised.
        targets: `(B, T)` integers in [0, V).
        response_mask: `(B, T)`, True where the target belongs to the response.
        per_sequence: The second form instead of the first.

    Returns:
        A scalar.
    """
    logits, targets, response_mask = _as_tensors(logits, targets, response_mask)
    raise NotImplementedError("sft.loss: average over response tokens, or over sequences")


def _as_tensors(logits, targets, mask) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Logits in at least float32, targets in int32, the mask in booleans of the targets' shape."""
    logits = tf.convert_to_tensor(logits)
    if logits.dtype != tf.float64:  # half precision cannot add up a vocabulary
        logits = tf.cast(logits, tf.float32)
    targets = tf.cast(targets, tf.int32)
    mask = True if mask is None else tf.cast(mask, tf.bool)
    return logits, targets, tf.broadcast_to(mask, tf.shape(targets))
