"""Variants of Part 3: the loss, the schedule, the optimizer, the step and the checkpointer."""

from autograder.variants import Variant

VARIANTS = [
    Variant(
        "cond",
        "training.schedule",
        body="""
            s = tf.cast(step, tf.float32)

            def warm():
                return s / tf.maximum(float(warmup_steps), 1.0)

            def decay():
                span = tf.maximum(float(total_steps - warmup_steps), 1.0)
                x = tf.minimum((s - float(warmup_steps)) / span, 1.0)
                return floor + (1.0 - floor) * (1.0 + tf.cos(x * math.pi)) / 2.0

            return peak * tf.cond(s < float(warmup_steps), warm, decay)
        """,
    ),
    Variant(
        "half_angle",
        "training.schedule",
        body="""
            s = tf.convert_to_tensor(tf.cast(step, tf.float32))
            ratio = tf.clip_by_value(
                (s - warmup_steps) / max(1, total_steps - warmup_steps), 0.0, 1.0
            )
            low = peak * floor
            decayed = low + (peak - low) * tf.square(tf.cos(ratio * (math.pi / 2)))
            ramp = peak * s / max(1, warmup_steps)
            return tf.where(tf.less(s, float(warmup_steps)), ramp, decayed)
        """,
    ),
    Variant(
        "factored_rate",
        "training.adamw",
        body=(
            """
            return not any(
                part in variable.path.lower() for part in ("bias", "gamma", "beta", "embedding")
            )
            """,
            """
            self.assign_add(
                first_moment,
                keras.ops.multiply(keras.ops.subtract(gradient, first_moment), 1 - self.beta_1),
            )
            self.assign_add(
                second_moment,
                keras.ops.multiply(
                    keras.ops.subtract(keras.ops.square(gradient), second_moment), 1 - self.beta_2
                ),
            )
            alpha = (
                rate
                * keras.ops.sqrt(1 - keras.ops.power(tf.cast(self.beta_2, t.dtype), t))
                / (1 - keras.ops.power(tf.cast(self.beta_1, t.dtype), t))
            )
            self.assign_sub(variable, rate * decay_rate * variable)
            self.assign_sub(
                variable,
                alpha
                * first_moment
                / (
                    keras.ops.sqrt(second_moment)
                    + self.epsilon
                    * keras.ops.sqrt(1 - keras.ops.power(tf.cast(self.beta_2, t.dtype), t))
                ),
            )
            """,
        ),
    ),
    Variant(
        "direct_assign",
        "training.adamw",
        body=(
            None,
            """
            first_moment.assign(self.beta_1 * first_moment + (1 - self.beta_1) * gradient)
            second_moment.assign(self.beta_2 * second_moment + (1 - self.beta_2) * gradient**2)
            m_hat = first_moment / (1 - self.beta_1**t)
            v_hat = second_moment / (1 - self.beta_2**t)
            variable.assign(
                variable
                - rate * m_hat / (tf.sqrt(v_hat) + self.epsilon)
                - rate * decay_rate * variable
            )
            """,
        ),
    ),
    Variant(
        "norm_of_norms",
        "training.clip",
        body="""
            dense = [None if g is None else tf.convert_to_tensor(g) for g in gradients]
            norm = tf.norm(tf.stack([tf.norm(g) for g in dense if g is not None]))
            factor = tf.cond(norm > max_norm, lambda: max_norm / norm, lambda: tf.ones_like(norm))
            return [g if g is None else tf.multiply(g, factor) for g in dense], norm
        """,
    ),
    Variant(
        "persistent_tape",
        "training.step",
        body="""
            from assignment.training import optimizers

            variables = list(model.trainable_variables)
            with tf.GradientTape(persistent=True) as tape:
                value = loss_fn(model(inputs, training=True), *labels)
            raw = [tape.gradient(value, variable) for variable in variables]
            del tape
            clipped, before = optimizers.clip_by_global_norm(raw, max_norm)
            optimizer.apply_gradients(list(zip(clipped, variables)))
            return dict(loss=value, gradient_norm=before)
        """,
    ),
    Variant(
        "one_hot",
        "training.loss",
        body="""
            log_p = tf.nn.log_softmax(logits, axis=-1)
            picked = tf.reduce_sum(
                log_p * tf.one_hot(targets, tf.shape(logits)[-1], dtype=log_p.dtype), -1
            )
            w = tf.cast(mask, log_p.dtype)
            return -tf.math.divide_no_nan(
                tf.reduce_sum(tf.where(mask, picked, 0.0)), tf.reduce_sum(w)
            )
        """,
    ),
    Variant(
        "module",
        "training.checkpoint",
        body=(
            """
            class _State(tf.Module):
                pass

            state = _State()
            state.weights = plain_variables(model)
            state.slots = plain_variables(optimizer)
            state.step, state.metric = self.step, self.best_metric
            self.checkpoint = tf.train.Checkpoint(state=state)
            self.latest = tf.train.CheckpointManager(
                self.checkpoint, self.directory, max_to_keep=keep, checkpoint_name="step"
            )
            self.best = tf.train.CheckpointManager(
                self.checkpoint, self.directory / "best", max_to_keep=1, checkpoint_name="best"
            )
            """,
            """
            self.step.assign(step)
            if metric is not None:
                if float(metric) < self.best_metric.numpy():
                    self.best_metric.assign(metric)
                    self.best.save(step)
            self.latest.save(step)
            """,
            """
            found = list(self.latest.checkpoints)
            while found:
                if self._restore(found.pop()):
                    return int(self.step.numpy())
            if self.latest.latest_checkpoint is not None:
                raise DamagedCheckpointsError(self.directory)
            """,
            """
            newest = self.best.latest_checkpoint
            if newest is None or not self._restore(newest):
                return None
            return int(self.step.numpy())
            """,
        ),
    ),
]
