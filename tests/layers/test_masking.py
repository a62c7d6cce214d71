import numpy as np
import pytest
import tensorflow as tf

from assignment.layers.masking import (
    cached_causal_mask,
    causal_mask,
    combine_masks,
    padding_mask,
)


def brute_force_causal_mask(query_length, key_length):
    positions = range(key_length - query_length, key_length)  # of the last queries
    return np.array([[k <= q for k in range(key_length)] for q in positions], bool)


def test_a_token_sees_itself_and_what_came_before():
    assert causal_mask(3).numpy().tolist() == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


@pytest.mark.parametrize(("query_length", "key_length"), [(1, 1), (4, 4), (1, 6), (2, 5), (5, 7)])
def test_queries_are_the_last_of_the_keys(query_length, key_length):
    mask = causal_mask(query_length, key_length)
    assert mask.dtype == tf.bool
    np.testing.assert_array_equal(mask, brute_force_causal_mask(query_length, key_length))


def test_lengths_may_be_tensors():
    mask = tf.function(causal_mask)(tf.constant(2), tf.constant(5))
    np.testing.assert_array_equal(mask, brute_force_causal_mask(2, 5))


def test_a_causal_mask_of_known_lengths_is_known_while_tracing():
    @tf.function
    def values(tokens, length):
        masks = [
            causal_mask(tokens.shape[1]),
            causal_mask(2, key_length=3),
            causal_mask(tf.shape(tokens)[1]),
            causal_mask(length),
        ]
        return [tf.get_static_value(mask) is not None for mask in masks]

    known = values(tf.zeros((2, 5)), tf.constant(5))
    assert list(map(bool, known)) == [True, True, True, False]


@pytest.mark.parametrize("index", [0, 2, 3])
def test_the_unwritten_end_of_a_cache_is_hidden(index):
    expected = brute_force_causal_mask(5, 5)[index : index + 2]
    np.testing.assert_array_equal(cached_causal_mask(index, 2, 5), expected)
    np.testing.assert_array_equal(cached_causal_mask(tf.constant(index), 2, 5), expected)


@pytest.mark.parametrize("pad_id", [0, 9])
def test_padding_is_hidden_as_a_key(pad_id):
    ids = np.array([[5, 7, pad_id, pad_id], [3, pad_id, 4, 1]])
    mask = padding_mask(ids, pad_id)
    assert mask.shape == (2, 1, 1, 4)
    assert mask.dtype == tf.bool
    np.testing.assert_array_equal(mask[:, 0, 0], [[1, 1, 0, 0], [1, 0, 1, 1]])


def test_combined_masks_allow_what_all_allow():
    causal, padding = causal_mask(4), padding_mask([[5, 7, 1, 0], [0, 3, 4, 1]])
    combined = combine_masks(causal, padding)
    assert combined.shape == (2, 1, 4, 4)
    for b, q, k in np.ndindex(2, 4, 4):
        assert combined[b, 0, q, k] == (causal[q, k] and padding[b, 0, 0, k])


def test_none_is_neutral():
    causal = causal_mask(3)
    np.testing.assert_array_equal(combine_masks(None, causal, None), causal)
    assert combine_masks(None, None) is None
    assert combine_masks() is None
