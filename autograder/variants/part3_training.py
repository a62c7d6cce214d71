"""Variants of Part 3: training."""

from autograder.variants import Variant

VARIANTS = [
    Variant(
        "log_softmax",
        "training.loss",
        body="""
            log_probs = tf.nn.log_softmax(logits)
            picked = tf.reduce_sum(log_probs * tf.one_hot(targets, tf.shape(logits)[-1]), axis=-1)
            kept = tf.cast(mask, picked.dtype)
            return -tf.reduce_sum(picked * kept) / tf.reduce_sum(kept)
        """,
    ),
    Variant(
        "boolean_mask",
        "training.loss",
        body="""
            entropy = tf.keras.losses.sparse_categorical_crossentropy
            losses = entropy(targets, logits, from_logits=True)
            return tf.reduce_mean(tf.boolean_mask(losses, mask))
        """,
    ),
    Variant(
        "log_sum_exp",
        "training.loss",
        body="""
            picked = tf.gather(logits, targets, batch_dims=targets.shape.rank)
            losses = tf.reduce_logsumexp(logits, axis=-1) - picked
            return tf.reduce_mean(losses[mask])
        """,
    ),
    Variant(
        "branches",
        "training.schedule",
        body="""
            step = tf.cast(step, tf.float64)
            if warmup_steps > 0:
                rising = peak * step / warmup_steps
            else:
                rising = tf.constant(peak, tf.float64)
            progress = tf.minimum((step - warmup_steps) / (total_steps - warmup_steps), 1.0)
            low = floor * peak
            falling = low + (peak - low) * tf.square(tf.cos(math.pi * progress / 2))
            return tf.cast(tf.cond(step < warmup_steps, lambda: rising, lambda: falling), "float32")
        """,
    ),
    Variant(
        "keras_operations",
        "training.schedule",
        body="""
            step = keras.ops.cast(step, "float32")
            progress = (step - warmup_steps) / max(1, total_steps - warmup_steps)
            progress = keras.ops.clip(progress, 0.0, 1.0)
            decayed = floor + 0.5 * (1.0 - floor) * (1.0 + keras.ops.cos(math.pi * progress))
            warm = keras.ops.minimum(1.0, step / max(1, warmup_steps))
            return keras.ops.where(step >= warmup_steps, peak * decayed, peak * warm)
        """,
    ),
    Variant(
        "folded_correction",
        "training.adamw",
        body=(
            """
            name = variable.name.split(":")[0]
            return not ("bias" in name or "gamma" in name or "beta" in name or "embed" in name)
            """,
            """
            self.assign_sub(variable, rate * decay_rate * variable)
            self.assign_add(first_moment, (gradient - first_moment) * (1.0 - self.beta_1))
            self.assign_add(second_moment, (gradient**2 - second_moment) * (1.0 - self.beta_2))
            scale = tf.sqrt(1.0 - self.beta_2**t) / (1.0 - self.beta_1**t)
            update = first_moment / (tf.sqrt(second_moment) + self.epsilon)
            self.assign_sub(variable, rate * scale * update)
            """,
        ),
    ),
    Variant(
        "by_rank",
        "training.adamw",
        body=(
            'return len(variable.shape) > 1 and "embeddings" not in variable.path',
            """
            first_moment.assign(self.beta_1 * first_moment + (1 - self.beta_1) * gradient)
            second_moment.assign(
                self.beta_2 * second_moment + (1 - self.beta_2) * gradient * gradient
            )
            m_hat = first_moment / (1 - self.beta_1**t)
            v_hat = second_moment / (1 - self.beta_2**t)
            step = m_hat / (keras.ops.sqrt(v_hat) + self.epsilon)
            variable.assign(variable * (1 - rate * decay_rate) - rate * step)
            """,
        ),
    ),
    Variant(
        "global_norm",
        "training.clip",
        body="""
            norm = tf.linalg.global_norm(gradients)
            scale = tf.where(norm > max_norm, max_norm / norm, 1.0)
            return [g if g is None else g * scale for g in gradients], norm
        """,
    ),
    Variant(
        "one_vector",
        "training.clip",
        body="""
            gradients = [g if g is None else tf.convert_to_tensor(g) for g in gradients]
            flat = tf.concat([tf.reshape(g, [-1]) for g in gradients if g is not None], axis=0)
            norm = tf.norm(flat)
            if norm > max_norm:
                gradients = [None if g is None else g / norm * max_norm for g in gradients]
            return list(gradients), norm
        """,
    ),
    Variant(
        "watched",
        "training.step",
        body="""
            weights = model.trainable_weights
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch([weight.value for weight in weights])
                loss = loss_fn(model(inputs, training=True), *labels)
            found = tape.gradient(loss, [weight.value for weight in weights])
            clipped, norm = clip_by_global_norm(found, max_norm)
            pairs = [(g, w) for g, w in zip(clipped, weights) if g is not None]
            optimizer.apply_gradients(pairs)
            return dict(gradient_norm=norm, loss=loss)
        """,
    ),
    Variant(
        "apply",
        "training.step",
        body="""
            with tf.GradientTape() as tape:
                loss = loss_fn(model(inputs, training=True), *labels)
            values = [variable.value for variable in model.trainable_variables]
            gradients = tape.gradient(
                loss, values, unconnected_gradients=tf.UnconnectedGradients.ZERO
            )
            norm = tf.linalg.global_norm(gradients)
            gradients, _ = tf.clip_by_global_norm(gradients, max_norm, use_norm=norm)
            optimizer.apply(gradients, model.trainable_variables)
            return {"loss": tf.identity(loss), "gradient_norm": norm}
        """,
    ),
    Variant(
        "by_path",
        "training.checkpoint",
        body=(
            """
            variables = [*model.variables, *optimizer.variables]
            numbered = {f"v{i}": variable.value for i, variable in enumerate(variables)}
            self.checkpoint = tf.train.Checkpoint(
                step=self.step, best_metric=self.best_metric, **numbered
            )
            self.latest = tf.train.CheckpointManager(
                self.checkpoint, str(self.directory), max_to_keep=keep, checkpoint_name="step"
            )
            self.best = tf.train.CheckpointManager(
                self.checkpoint, str(self.directory / "best"), max_to_keep=1
            )
            """,
            """
            self.step.assign(step)
            if metric is not None and metric < self.best_metric.numpy():
                self.best_metric.assign(metric)
                self.best.save(step)
            self.latest.save(step)
            """,
            """
            paths = list(self.latest.checkpoints)
            while paths:
                if self._restore(paths.pop()):
                    return int(self.step.numpy())
            if self.latest.checkpoints:
                raise DamagedCheckpointsError(self.directory)
            return None
            """,
            """
            if self.best.latest_checkpoint is None:
                return None
            self._restore(self.best.latest_checkpoint)
            return int(self.step.numpy())
            """,
        ),
    ),
    Variant(
        "own_names",
        "training.checkpoint",
        body=(
            """
            state = {
                "weights": {str(i): v.value for i, v in enumerate(model.variables)},
                "slots": {str(i): v.value for i, v in enumerate(optimizer.variables)},
            }
            self.checkpoint = tf.train.Checkpoint(
                state=state, counter=self.step, metric=self.best_metric
            )
            manager = tf.train.CheckpointManager
            self.latest = manager(self.checkpoint, self.directory, keep)
            self.best = manager(self.checkpoint, self.directory / "best", 1)
            """,
            """
            self.step.assign(step)
            better = metric is not None and bool(self.best_metric > metric)
            if better:
                self.best_metric.assign(metric)
            self.latest.save(checkpoint_number=step)
            if better:
                self.best.save()
            """,
            """
            found = [path for path in self.latest.checkpoints[::-1] if self._restore(path)][:1]
            if found:
                self._restore(found[0])
                return int(self.step)
            if self.latest.checkpoints:
                raise DamagedCheckpointsError(self.directory)
            """,
            None,
        ),
    ),
    Variant(
        "step_argument",
        "training.tracking",
        body="""
            with writer.as_default():
                for name in sorted(metrics):
                    tf.summary.scalar(prefix + "/" + name, metrics[name], step=step)
        """,
    ),
    Variant(
        "raw",
        "training.tracking",
        body="""
            for name, value in metrics.items():
                with writer.as_default(step):
                    tf.summary.scalar("/".join([prefix, name]), float(value), description=name)
            writer.flush()
        """,
    ),
]
