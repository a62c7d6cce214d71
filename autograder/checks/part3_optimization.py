"""Checks of Part 3: the schedule and AdamW."""

import contextlib

import numpy as np

from autograder.checks import check
from autograder.checks.tools import compiled, normal, tensor


@check("training.schedule")
def every_step(assignment, rng):
    """The whole curve: warm-up, cosine, and the floor behind the end."""
    warmup_cosine = assignment.training.optimizers.warmup_cosine
    peak, warmup = float(rng.uniform(0.5, 2)), int(rng.integers(4, 8))
    total = warmup + int(rng.integers(10, 15))
    rates = [float(warmup_cosine(step, peak, warmup, total)) for step in range(30)]
    return {"rates": np.array(rates)}


@check("training.schedule")
def other_floors(assignment, rng):
    """A floor of a third, and of zero; the floor is a fraction of the peak."""
    warmup_cosine = assignment.training.optimizers.warmup_cosine
    peak, third = float(rng.uniform(2, 4)), float(rng.uniform(0.3, 0.4))
    warmup, total = int(rng.integers(3, 6)), int(rng.integers(11, 15))
    rates = [
        [float(warmup_cosine(step, peak, warmup, total, floor)) for floor in (third, 0.0)]
        for step in (2, warmup, 7, total - 1, total, 40)
    ]
    return {"rates": np.array(rates)}


@check("training.schedule")
def no_warmup(assignment, rng):
    """Without warm-up the first rate is the peak."""
    warmup_cosine = assignment.training.optimizers.warmup_cosine
    peak, total, floor = float(rng.uniform(1, 3)), int(rng.integers(7, 11)), rng.uniform(0.2, 0.3)
    steps = (0, 1, 3, total, total + 1)
    rates = [float(warmup_cosine(step, peak, 0, total, float(floor))) for step in steps]
    return {"rates": np.array(rates)}


@check("training.schedule")
def tensor_steps(assignment, rng):
    """The step is a tensor, as an optimizer's counter is, and the function is compiled."""
    import tensorflow as tf

    warmup_cosine = assignment.training.optimizers.warmup_cosine
    peak, floor = float(rng.uniform(1, 2)), float(rng.uniform(0.15, 0.25))
    warmup, total = int(rng.integers(5, 9)), int(rng.integers(18, 24))
    in_training = compiled(warmup_cosine, peak, warmup, total, floor)
    steps = (0, 3, warmup, 13, total, 25)
    whole = [float(in_training(tf.constant(step, tf.int64))) for step in steps]
    counter = tf.Variable(9, dtype=tf.int64)
    return {
        "rates": np.array(whole),
        "of a variable": np.float32(warmup_cosine(counter, peak, warmup, total, floor)),
        "of a float": np.float32(warmup_cosine(tf.constant(2.0), peak, warmup, total, floor)),
    }


def _optimized(assignment, values, gradients, options, in_graph=False):
    """The variables after each of the updates: an array (updates, …) for each variable.

    Args:
        values: arrays by the variable's path, as "layer/name" or "model/block/layer/name".
        gradients: for each update, arrays by path.
        options: of AdamW.
    """
    import keras
    import tensorflow as tf

    variables = {}
    for path, value in values.items():
        *layers, name = path.split("/")
        with contextlib.ExitStack() as scopes:
            for layer in layers:
                scopes.enter_context(keras.name_scope(layer))
            variables[path] = keras.Variable(value, name=name)
    optimizer = assignment.training.optimizers.AdamW(**options)
    optimizer.build(list(variables.values()))

    def update(*found):
        optimizer.apply_gradients(zip(found, variables.values(), strict=True))

    update = tf.function(update) if in_graph else update
    history = {path: [] for path in values}
    for step in gradients:
        update(*(tensor(step[path]) for path in values))
        for path, variable in variables.items():
            history[path].append(np.array(variable))
    return {path.replace("/", " "): np.stack(steps) for path, steps in history.items()}


def _random_gradients(rng, values, updates):
    return [{p: normal(rng, *v.shape) for p, v in values.items()} for _ in range(updates)]


@check("training.adamw")
def first_updates(assignment, rng):
    """Four updates without decay, of gradients that change: bias-corrected moments."""
    values = {"dense/kernel": normal(rng, 3, 4), "output/kernel": normal(rng, 4, 2)}
    gradients = _random_gradients(rng, values, 4)
    gradients[1]["dense/kernel"][0] = gradients[3]["output/kernel"][2] = 0.0  # the moments go on
    options = {"learning_rate": 0.3, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-8}
    return _optimized(assignment, values, gradients, options | {"weight_decay": 0.0})


@check("training.adamw")
def default_options(assignment, rng):
    """Two updates with the default moments, compiled; variables of one shape stay apart."""
    values = {"one/kernel": normal(rng, 2, 3), "two/kernel": normal(rng, 2, 3)}
    gradients = _random_gradients(rng, values, 2)
    options = {"learning_rate": 0.2, "weight_decay": 0.0}
    return _optimized(assignment, values, gradients, options, in_graph=True)


@check("training.adamw")
def large_epsilon(assignment, rng):
    """A large epsilon, late in training, where the correction no longer matters."""
    values = {"dense/kernel": normal(rng, 4, 3, scale=0.1)}
    gradients = _random_gradients(rng, values, 24)
    options = {"learning_rate": 0.2, "beta_1": 0.4, "beta_2": 0.3, "epsilon": 0.7}
    history = _optimized(assignment, values, gradients, options | {"weight_decay": 0.0})
    return {"last moves": np.diff(history["dense kernel"][-4:], axis=0)}


@check("training.adamw")
def tiny_gradients(assignment, rng):
    """Gradients of a millionth, and of exactly zero: epsilon stands outside the root."""
    values = {"dense/kernel": normal(rng, 3, 2), "output/kernel": normal(rng, 5)}
    gradients = _random_gradients(rng, values, 3)
    for step in gradients:
        for path, gradient in step.items():
            step[path] = np.sign(gradient) * (1e-6 + 1e-7 * np.abs(gradient))
        step["output/kernel"][1:3] = 0.0
    # Epsilon is small beside the gradients, so that it does not matter whether it is added to the
    # root of the corrected moment or of the plain one, as some libraries do.
    options = {"learning_rate": 0.5, "beta_1": 0.9, "beta_2": 0.6, "epsilon": 1e-12}
    return _optimized(assignment, values, gradients, options | {"weight_decay": 0.0})


@check("training.adamw")
def decoupled_decay(assignment, rng):
    """Decay moves a weight by rate times decay times its value, past the moments."""
    values = {"dense/kernel": normal(rng, 3, 5, scale=2.0), "output/kernel": normal(rng, 5, 2)}
    gradients = _random_gradients(rng, values, 3)
    for step in gradients:
        step["output/kernel"][:] = 0.0
    options = {"learning_rate": 0.1, "beta_1": 0.9, "beta_2": 0.99, "epsilon": 1e-8}
    return _optimized(assignment, values, gradients, options | {"weight_decay": 0.4})


@check("training.adamw")
def what_does_not_decay(assignment, rng):
    """Biases, the gains of norms and embeddings do not decay; kernels do."""
    shapes = {
        "dense/kernel": (3, 4),
        "dense/bias": (4,),
        "norm/gamma": (4,),
        "norm/beta": (4,),
        "token_embedding/embeddings": (6, 3),
        "position_embedding/embeddings": (5, 3),
        "lstm_0/recurrent_kernel": (2, 8),
        "model/token_embedding/embeddings": (3, 2),
        "model/block_0/self_attention/query_dense/kernel": (2, 2),
        "model/block_0/self_attention/query_dense/bias": (2,),
        "model/block_0/feed_forward_norm/gamma": (2,),
        "attention/w_query": (2, 3),
        "ln_f/gamma": (3,),
        "ln_f/beta": (3,),
        "normal_dense/kernel": (2, 2),
    }
    values = {path: normal(rng, *shape) + 2 for path, shape in shapes.items()}
    gradients = [{path: np.zeros_like(value) for path, value in values.items()}] * 2
    options = {"learning_rate": 0.5, "beta_1": 0.9, "beta_2": 0.99, "epsilon": 1e-8}
    return _optimized(assignment, values, gradients, options | {"weight_decay": 0.3})


@check("training.adamw")
def rate_from_a_schedule(assignment, rng):
    """The rate comes from a schedule, for the update and for the decay; at rate 0 all is still."""
    import keras

    class Steps(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.1 * keras.ops.cast(step, "float32")

        def get_config(self):
            return {}

    values = {"dense/kernel": normal(rng, 4, 2, scale=2.0)}
    gradients = _random_gradients(rng, values, 3)
    options = {"learning_rate": Steps(), "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8}
    return _optimized(assignment, values, gradients, options | {"weight_decay": 0.5})
