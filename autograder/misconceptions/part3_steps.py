"""Misconceptions of Part 3: one step of training, and its curve."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "training_flag_missing",
        "training.step",
        edits=[("model(inputs, training=True)", "model(inputs)")],
        hint="The model is not told that it is training, so its dropout would do nothing.",
    ),
    Misconception(
        "not_clipped",
        "training.step",
        edits=[
            ("gradients, norm = clip_by_global_norm", "_, norm = clip_by_global_norm"),
        ],
        hint="The norm is computed, and the gradients are applied as they were before clipping.",
    ),
    Misconception(
        "norm_after_clipping",
        "training.step",
        edits=[
            (
                "    optimizer.apply_gradients",
                "    _, norm = clip_by_global_norm(gradients, max_norm)\n"
                "    optimizer.apply_gradients",
            )
        ],
        hint=(
            "The reported norm is never above max_norm: it is the one after clipping, which hides "
            "what you want to see on the curve."
        ),
    ),
    Misconception(
        "fixed_max_norm",
        "training.step",
        edits=[("(gradients, max_norm)", "(gradients, 1.0)")],
        hint="Gradients are clipped, to a norm of 1 whatever the caller asks for.",
    ),
    Misconception(
        "first_label_only",
        "training.step",
        edits=[("loss_fn(logits, *labels)", "loss_fn(logits, labels[0])")],
        hint="A batch may hold more than targets, a mask for example: the loss takes all labels.",
    ),
    Misconception(
        "loss_after_update",
        "training.step",
        edits=[
            (
                "    return {",
                "    loss = loss_fn(model(inputs, training=True), *labels)\n    return {",
            )
        ],
        hint="The loss is computed a second time, after the update: one forward pass is enough.",
    ),
    Misconception(
        "applied_twice",
        "training.step",
        edits=[
            (
                "    return {",
                "    optimizer.apply_gradients(zip(gradients, variables, strict=True))\n"
                "    return {",
            )
        ],
        hint="The optimizer has counted two updates for one step.",
    ),
    Misconception(
        "plain_descent",
        "training.step",
        body="""
            with tf.GradientTape() as tape:
                loss = loss_fn(model(inputs, training=True), *labels)
            variables = model.trainable_variables
            gradients, norm = clip_by_global_norm(tape.gradient(loss, variables), max_norm)
            for variable, gradient in zip(variables, gradients):
                if gradient is not None:
                    variable.assign_sub(optimizer.learning_rate * gradient)
            return {"loss": loss, "gradient_norm": norm}
        """,
        hint=(
            "The weights are moved by hand, past the optimizer: its moments and its count of "
            "updates stay at zero."
        ),
    ),
    Misconception(
        "ascent",
        "training.step",
        edits=[
            (
                "tape.gradient(loss, variables)",
                "[None if g is None else -g for g in tape.gradient(loss, variables)]",
            )
        ],
        hint="The loss rises from step to step: the optimizer itself subtracts the gradient.",
    ),
    Misconception(
        "never_applied",
        "training.step",
        edits=[("    optimizer.apply_gradients(zip(gradients, variables, strict=True))\n", "")],
        hint="The weights never move: what is done with the gradients?",
    ),
    Misconception(
        "forward_outside_the_tape",
        "training.step",
        body="""
            logits = model(inputs, training=True)
            with tf.GradientTape() as tape:
                loss = loss_fn(logits, *labels)
            variables = model.trainable_variables
            gradients, norm = clip_by_global_norm(tape.gradient(loss, variables), max_norm)
            optimizer.apply_gradients(zip(gradients, variables, strict=True))
            return {"loss": loss, "gradient_norm": norm}
        """,
        hint=(
            "The tape knows only what runs inside its block: the model ran before, so every "
            "gradient is None."
        ),
    ),
    Misconception(
        "no_prefix",
        "training.tracking",
        edits=[('f"{prefix}/{name}"', "name")],
        hint="The prefix is missing: training and validation would share one curve.",
    ),
    Misconception(
        "another_separator",
        "training.tracking",
        edits=[('f"{prefix}/{name}"', 'f"{prefix}_{name}"')],
        hint="TensorBoard groups curves by what stands before a slash in their names.",
    ),
    Misconception(
        "prefix_behind",
        "training.tracking",
        edits=[('f"{prefix}/{name}"', 'f"{name}/{prefix}"')],
        hint="Prefix and name are exchanged.",
    ),
    Misconception(
        "always_step_zero",
        "training.tracking",
        edits=[("as_default(step=step)", "as_default(step=0)")],
        hint="Every value is written at step 0, so the curve is one point.",
    ),
    Misconception(
        "next_step",
        "training.tracking",
        edits=[("as_default(step=step)", "as_default(step=step + 1)")],
        hint="The values are written one step late.",
    ),
    Misconception(
        "writer_left_as_default",
        "training.tracking",
        body="""
            writer.set_as_default(step)
            for name, value in metrics.items():
                tf.summary.scalar(f"{prefix}/{name}", value)
        """,
        hint=(
            "The writer stays the default after the call, so that what anything else logs lands "
            "in this run. `with writer.as_default(...)` gives the place back at its end."
        ),
    ),
    Misconception(
        "metrics_used_up",
        "training.tracking",
        body="""
            with writer.as_default(step=step):
                while metrics:
                    name, value = metrics.popitem()
                    tf.summary.scalar(f"{prefix}/{name}", value)
        """,
        hint="The caller's dictionary is emptied: it may still be needed, so only read it.",
    ),
    Misconception(
        "histograms",
        "training.tracking",
        edits=[("tf.summary.scalar", "tf.summary.histogram")],
        hint="Histograms are written where scalars are asked for.",
    ),
    Misconception(
        "first_metric_only",
        "training.tracking",
        body="""
            with writer.as_default(step=step):
                for name, value in metrics.items():
                    return tf.summary.scalar(f"{prefix}/{name}", value)
        """,
        hint="Only the first metric is written: where does the function return?",
    ),
    Misconception(
        "writer_not_used",
        "training.tracking",
        edits=[
            ("with writer.as_default(step=step):", "with tf.name_scope(''):"),
            ('f"{prefix}/{name}", value', 'f"{prefix}/{name}", value, step=step'),
        ],
        hint="Nothing reaches the file: tf.summary writes to the default writer, and none is set.",
    ),
    Misconception(
        "zeros_left_out",
        "training.tracking",
        edits=[
            (
                'tf.summary.scalar(f"{prefix}/{name}", value)',
                'value and tf.summary.scalar(f"{prefix}/{name}", value)',
            )
        ],
        hint="A metric of 0 is a metric too, and a curve may well go there.",
    ),
]
