"""Checks of Part 5: the transformer language model."""

import itertools

import numpy as np

from autograder.checks import check
from autograder.checks.layer_tools import fill_transformer
from autograder.checks.tools import tensor

NEEDS = (
    "masking.causal",
    "masking.padding",
    "attention.scaled_dot_product",
    "attention.multi_head",
    "positional.sinusoidal",
    "normalization.layer_norm",
    "feed_forward.gelu",
    "blocks.decoder",
)
VOCABULARY = 17


def transformer(assignment, rng, **changes):
    """A model of two blocks, width 12 and 3 heads, with weights of the check's own."""
    fields = {
        "vocabulary_size": VOCABULARY,
        "hidden_dim": 12,
        "num_layers": 2,
        "num_heads": 3,
        "intermediate_dim": 20,
        "max_sequence_length": 9,
        "positions": "sinusoidal",
        "norm_first": True,
        "tie_embeddings": True,
    }
    config = assignment.config.TransformerConfig(**{**fields, **changes})
    model = assignment.models.transformer_lm.TransformerLM(config)
    model(tensor(np.ones((1, 2), np.int32)))  # builds it
    fill_transformer(rng, model)
    return model


def tokens(rng, *shape) -> np.ndarray:
    return rng.integers(1, VOCABULARY, shape).astype(np.int32)


@check("models.transformer_lm", needs=NEEDS)
def tied(assignment, rng):
    """Sinusoidal positions, scaled embedding, and the embedding again as the output projection."""
    model = transformer(assignment, rng, num_layers=3)
    ids = tokens(rng, 2, 9)
    ids[0, 3] = ids[1, 0] = 0  # a token like any other: no mask says that it is padding
    return {"logits": model(tensor(ids))}  # as long as it can read


@check("models.transformer_lm", needs=NEEDS)
def untied(assignment, rng):
    """An output projection of its own."""
    model = transformer(assignment, rng, num_layers=1, tie_embeddings=False)
    return {"logits": model(tensor(tokens(rng, 3, 4)))}


@check("models.transformer_lm", needs=NEEDS)
def learned_positions(assignment, rng):
    """Learned positions are added to the embedding, which is not scaled."""
    model = transformer(assignment, rng, num_layers=1, positions="learned")
    return {"logits": model(tensor(tokens(rng, 2, 6)))}


@check("models.transformer_lm", needs=NEEDS)
def nothing_but_the_embedding(assignment, rng):
    """Without blocks: embedding, positions, final norm and projection."""
    results = {}
    for positions in ("sinusoidal", "learned", "rotary"):
        model = transformer(assignment, rng, num_layers=0, positions=positions)
        results[f"logits with {positions} positions"] = model(tensor(tokens(rng, 2, 4)))
    return results


@check("models.transformer_lm", needs=NEEDS)
def post_norm_model(assignment, rng):
    """Post-norm blocks end in a norm of their own: the model adds none."""
    model = transformer(assignment, rng, num_layers=1, norm_first=False, tie_embeddings=False)
    return {"logits": model(tensor(tokens(rng, 2, 5)))}


@check("models.transformer_lm", needs=NEEDS)
def padding(assignment, rng):
    """The padding mask hides padded keys, here in front of the text, from every query."""
    model = transformer(assignment, rng)
    ids = tokens(rng, 2, 6)
    ids[0, 3] = 0  # the mask alone says what is padding, not the number
    mask = np.ones((2, 1, 1, 6), bool)
    mask[1, ..., :2] = False
    logits = np.array(model(tensor(ids), tensor(mask)))
    trained = np.array(model(tensor(ids), padding_mask=tensor(mask), training=True))
    logits[1, :2] = trained[1, :2] = 0  # the padded queries themselves may give anything
    return {"logits": logits, "logits in training": trained}


@check("models.transformer_lm", needs=NEEDS)
def the_future_is_unseen(assignment, rng):
    """A change of a later token leaves the logits before it as they are."""
    model = transformer(assignment, rng, num_layers=1, positions="learned")
    ids = tokens(rng, 2, 7)
    changed = ids.copy()
    changed[:, 4] = (changed[:, 4] + 5) % VOCABULARY
    before, after = (np.asarray(model(tensor(x))) for x in (ids, changed))
    moved = np.abs(before - after).max(axis=(0, 2)) > 1e-4
    return {"logits": before, "positions that change": moved}


@check("models.transformer_lm", needs=NEEDS)
def dropout_of_the_model(assignment, rng):
    """Dropout acts in training alone, and the future has no gradient there either."""
    import tensorflow as tf

    model = transformer(assignment, rng, num_layers=1, dropout=0.3, tie_embeddings=False)
    ids = (np.arange(6) + int(rng.integers(1, 9)))[None].astype(np.int32)  # each token once
    still = np.asarray(model(tensor(ids)))
    embeddings = model.token_embedding.embeddings
    with tf.GradientTape() as tape:
        logits = model(tensor(ids), training=True)
        value = tf.reduce_sum(logits[:, 3] * tf.range(float(VOCABULARY)))
    gradient = tape.gradient(value, embeddings.value)
    reach = np.abs(np.asarray(tf.convert_to_tensor(gradient))).max(axis=-1)[ids[0]] > 0
    again = np.asarray(model(tensor(ids), training=True))
    return {
        "logits": still,
        "logits with training=False": model(tensor(ids), training=False),
        "training changes them": np.bool_(np.abs(np.asarray(logits) - still).max() > 1e-3),
        "each call drops others": np.bool_(np.abs(np.asarray(logits) - again).max() > 1e-3),
        "later tokens have a gradient": reach[4:],
        "the token itself has one": reach[3:4],
    }


@check("models.transformer_lm", needs=NEEDS)
def dropout_of_the_parts(assignment, rng):
    """In training the embedding is dropped from, and so is every block."""
    ids = tensor(tokens(rng, 3, 6))
    found = {}
    cases = {
        "embedding": (0, "learned"),
        "embedding with sinusoidal positions": (0, "sinusoidal"),
        "blocks": (1, "learned"),
    }
    for name, (layers, positions) in cases.items():
        options = {"num_layers": layers, "positions": positions, "tie_embeddings": False}
        model = transformer(assignment, rng, dropout=0.3, **options)
        if layers:  # an embedding of zeros, in which dropout changes nothing
            for table in (model.token_embedding, model.position_embedding):
                table.embeddings.assign(np.zeros(table.embeddings.shape, np.float32))
        still = np.asarray(model(ids))
        change = np.abs(np.asarray(model(ids, training=True)) - still).max()
        found |= {f"{name}, at inference": still, f"{name}, in training": np.bool_(change > 1e-3)}
    return found


@check("models.transformer_lm", needs=NEEDS)
def within_functions(assignment, rng):
    """Within tf.functions, as in training and decoding: ids and the position are symbols."""
    import tensorflow as tf

    model = transformer(assignment, rng, num_layers=1)
    ids = tokens(rng, 2, 4)
    whole, step = tf.function(model), tf.function(model.step)
    state = model.initial_state(2, 5)
    before, state = step(tensor(ids[:, :3]), state, tensor(np.int32(0)))
    last, _ = step(tensor(ids[:, 3:]), state, tensor(np.int32(3)))
    return {"logits": whole(tensor(ids)), "before": before, "last": last}


@check("models.transformer_lm", needs=NEEDS)
def cached_decoding(assignment, rng):
    """One token, two at once, one more, through the cache: the logits of the whole text."""
    model = transformer(assignment, rng)
    ids = tokens(rng, 2, 4)
    stepwise = _stepwise(model, ids, (0, 1, 3, 4))
    same = np.abs(stepwise - np.asarray(model(tensor(ids)))).max() < 1e-3
    return {"logits": stepwise, "as without a cache": np.bool_(same)}


@check("models.transformer_lm", needs=NEEDS)
def cached_decoding_with_learned_positions(assignment, rng):
    """Learned positions go on where the cache ends."""
    model = transformer(assignment, rng, num_layers=1, positions="learned")
    return {"logits": _stepwise(model, tokens(rng, 3, 4), (0, 2, 4))}


def _stepwise(model, ids, cuts) -> np.ndarray:
    state = model.initial_state(len(ids), 6)
    pieces = []
    for first, last in itertools.pairwise(cuts):
        logits, state = model.step(tensor(ids[:, first:last]), state, tensor(np.int32(first)))
        pieces.append(np.asarray(logits))
    return np.concatenate(pieces, axis=1)


@check("models.transformer_lm", needs=NEEDS)
def gradients_of_the_model(assignment, rng):
    """Every block learns, learned positions too, and a tied embedding from both of its uses."""
    import tensorflow as tf

    model = transformer(assignment, rng, positions="learned")
    ids = tokens(rng, 2, 5)
    direction = rng.standard_normal((2, 5, VOCABULARY)).astype(np.float32)
    watched = {
        "positions": model.position_embedding.embeddings,
        "embedding": model.token_embedding.embeddings,
        "first block": model.blocks[0].feed_forward.output_dense.kernel,
        "last block": model.blocks[1].self_attention.value_dense.kernel,
        "final gain": model.final_norm.gamma,
    }
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tensor(direction) * model(tensor(ids)))
    found = tape.gradient(loss, [variable.value for variable in watched.values()])
    return {
        f"gradient of {name}": tf.convert_to_tensor(value)
        for name, value in zip(watched, found, strict=True)
    }
