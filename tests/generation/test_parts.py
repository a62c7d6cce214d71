import functools

import numpy as np
import pytest
import tensorflow as tf
from random_models import random_model_of

from assignment.config import TransformerConfig
from assignment.generation.decoding import generate
from assignment.generation.parts import (
    MOST_WEIGHTS,
    ROWS_OF_A_PART,
    compile_in_parts,
    rows_of_a_part,
)
from assignment.generation.sampling import make_sampler

V, N, STOP = 13, 6, 4
SIZES = [1, 2, 5, ROWS_OF_A_PART + 3, 2 * ROWS_OF_A_PART + 5]


class Weights:
    """All that a part's size is taken from."""

    def __init__(self, count):
        self.count_params = lambda: count


def random_model():
    return random_model_of(TransformerConfig(V, 12, 2, 3, 20, 16, positions="rotary"))


def random_prompts(rows):
    rng = np.random.default_rng(rows)
    return rng.integers(5, V, (rows, 5), np.int32), rng.integers(2, 6, rows, np.int32)


def decoder(model, temperature):
    sampler = make_sampler(temperature)
    return functools.partial(
        generate, model, max_new_tokens=N, sampler=sampler, stop_id=STOP, pad_id=0
    )


@pytest.mark.parametrize("rows", SIZES)
def test_each_row_is_what_it_is_in_the_whole_batch(rows):
    decode, prompts = decoder(random_model(), temperature=0), random_prompts(rows)
    in_parts = compile_in_parts(random_model(), decode)(*prompts, seed=0)
    for part, whole in zip(in_parts, decode(*prompts, seed=0), strict=True):
        np.testing.assert_array_equal(part, whole)


def test_no_part_repeats_the_draws_of_another():
    model, rows = random_model(), 3 * ROWS_OF_A_PART
    decode = compile_in_parts(model, decoder(model, temperature=20.0))
    prompts = np.full((rows, 1), 7, np.int32), np.ones(rows, np.int32)
    ids, _ = decode(*prompts, seed=5)
    first, *others = np.split(ids, 3)
    for other in others:
        assert np.mean(np.all(first == other, axis=1)) < 0.2
    np.testing.assert_array_equal(ids, decode(*prompts, seed=(5, 5))[0])
    assert np.any(ids != decode(*prompts, seed=6)[0])


@pytest.mark.parametrize("group_size", [1, 3, 2 * ROWS_OF_A_PART])
def test_groups_stay_together_and_in_order(group_size):
    sizes = []

    def repeat(ids, lengths, seed):
        sizes.append(ids.shape[0])
        return {
            "ids": tf.repeat(ids, group_size, axis=0),
            "lengths": tf.repeat(lengths, group_size),
        }

    ids, lengths = random_prompts(21)
    result = compile_in_parts(Weights(1), repeat, group_size)(ids, lengths, seed=0)
    np.testing.assert_array_equal(result["ids"], np.repeat(ids, group_size, axis=0))
    np.testing.assert_array_equal(result["lengths"], np.repeat(lengths, group_size))
    assert sizes == [max(1, min(ROWS_OF_A_PART // group_size, 11))]  # traced once, for one shape


def test_other_limits_are_compiled_anew_and_other_batches_of_a_shape_are_not():
    limits = []

    def decode(ids, lengths, seed, limit):
        limits.append(limit)
        return ids[:, :limit]

    run = compile_in_parts(Weights(1), decode)
    for seed, limit in enumerate((2, 2, 3, 2, 3)):
        prompts = np.full((40, 5), seed, np.int32), np.full(40, 5, np.int32)
        assert run(*prompts, seed=tf.constant(seed), limit=limit).shape == (40, limit)
    assert limits == [2, 3]


@pytest.mark.parametrize(
    ("rows", "group_size", "size"),
    [(1, 1, 1), (2, 1, 1), (9, 1, 5), (40, 1, ROWS_OF_A_PART), (40, 8, ROWS_OF_A_PART // 8)],
)
def test_parts_are_small_and_there_are_two_at_least(rows, group_size, size):
    assert rows_of_a_part(Weights(MOST_WEIGHTS), rows, group_size) == size


def test_a_large_model_reads_its_weights_once_for_all_rows():
    assert rows_of_a_part(Weights(MOST_WEIGHTS + 1), 64) == 64
