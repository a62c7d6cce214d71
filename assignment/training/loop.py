"""One training step."""

import tensorflow as tf

from assignment.training.optimizers import clip_by_global_norm


def train_step(model, optimizer, batch, loss_fn, max_norm) -> dict[str, tf.Tensor]:
    """One step of gradient descent.

    Args:
        model: `model(inputs, training=True) -> logits`.
        optimizer: A Keras optimizer.
        batch: `(inputs, *labels)`.
        loss_fn: `loss_fn(logits, *labels) -> scalar`.
        max_norm: The global norm to which the gradients are clipped.

    Returns:
        `loss` and `gradient_norm`, the norm before clipping.
    """
    inputs, *labels = batch
    # BEGIN SOLUTION training.step
    with tf.GradientTape() as tape:
        logits = model(inputs, training=True)
        loss = loss_fn(logits, *labels)
    variables = model.trainable_variables
    gradients = tape.gradient(loss, variables)
    gradients, norm = clip_by_global_norm(gradients, max_norm)
    optimizer.apply_gradients(zip(gradients, variables, strict=True))
    return {"loss": loss, "gradient_norm": norm}
    # END SOLUTION
