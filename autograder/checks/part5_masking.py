"""Checks of Part 5: masks."""

import numpy as np

from autograder.checks import check
from autograder.checks.tools import tensor


@check("masking.causal")
def square(assignment, rng):
    """As many keys as queries."""
    length = int(rng.integers(5, 60))
    causal_mask = assignment.layers.masking.causal_mask
    return {"mask": causal_mask(length), "of a long text": causal_mask(300)}


@check("masking.causal")
def last_queries(assignment, rng):
    """A few queries at the end of many keys, as in cached decoding."""
    queries, keys = int(rng.integers(2, 6)), int(rng.integers(6, 40))
    causal_mask = assignment.layers.masking.causal_mask
    return {"some": causal_mask(queries, keys), "one": causal_mask(1, keys)}


@check("masking.causal")
def one_key_more(assignment, rng):
    """One key more than queries, and both lengths given but equal."""
    causal_mask = assignment.layers.masking.causal_mask
    return {"one more": causal_mask(4, 5), "equal": causal_mask(3, 3), "one token": causal_mask(1)}


@check("masking.causal")
def lengths_as_tensors(assignment, rng):
    """Lengths that are scalar tensors, as tf.shape gives them."""
    causal_mask = assignment.layers.masking.causal_mask
    three, five = tensor(np.int32(3)), tensor(np.int32(5))
    return {"square": causal_mask(five), "last queries": causal_mask(three, five)}


@check("masking.padding")
def padded_rows(assignment, rng):
    """Rows of different lengths; the keys that are padding are hidden from every query."""
    ids = rng.integers(1, 20, (5, 7)).astype(np.int32)
    ids[np.arange(7) >= np.array([[7], [3], [5], [1], [0]])] = 0
    padding_mask = assignment.layers.masking.padding_mask
    return {"mask": padding_mask(tensor(ids)), "of one row": padding_mask(tensor(ids[1:2]))}


@check("masking.padding")
def another_pad_id(assignment, rng):
    """Another pad id, at the end and in front; the id 0 is then a token like any other."""
    ids = np.array([[4, 0, 2, 9, 9], [9, 9, 0, 1, 9], [3, 5, 0, 0, 7]], np.int32)
    return {"mask": assignment.layers.masking.padding_mask(tensor(ids), 9)}


@check("masking.padding")
def causal_and_padding(assignment, rng):
    """The causal and the padding mask joined: what both allow."""
    causal = np.tril(np.ones((5, 5), bool))
    padding = (np.arange(5) < np.array([[5], [2], [4]]))[:, None, None, :]
    combine_masks = assignment.layers.masking.combine_masks
    return {
        "joined": combine_masks(tensor(causal), tensor(padding)),
        "in the other order": combine_masks(tensor(padding), tensor(causal)),
        "as arrays": combine_masks(causal, padding),
    }


@check("masking.padding")
def three_masks(assignment, rng):
    """Three masks of different shapes, each of which hides something that the others allow."""
    masks = [rng.random(shape) < 0.7 for shape in ((2, 1, 1, 6), (4, 6), (2, 3, 4, 6))]
    combined = assignment.layers.masking.combine_masks(*(tensor(mask) for mask in masks))
    return {"joined": combined}


@check("masking.padding")
def none_is_neutral(assignment, rng):
    """None allows everything, wherever it stands; of nothing but None comes None."""
    combine_masks = assignment.layers.masking.combine_masks
    first, second = tensor(rng.random((3, 4)) < 0.6), tensor(rng.random((2, 1, 1, 4)) < 0.6)
    return {
        "first": combine_masks(None, first),
        "last": combine_masks(first, None),
        "between": combine_masks(first, None, second),
        "alone": combine_masks(second),
        "nothing but None is None": np.bool_(combine_masks(None, None) is None),
    }
