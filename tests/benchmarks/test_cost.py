"""What the compiled programs compute, counted in their HLO: guards against becoming slower.

Nothing is timed here. A product that is computed twice, a score that the mask hides, or a sort in
the decoding loop shows up in the program itself, on any machine.
"""

import math
import re
from collections import defaultdict

import pytest
import tensorflow as tf

from assignment.generation.decoding import generate
from assignment.generation.sampling import make_sampler
from assignment.models.building import build_model
from assignment.training.losses import next_token_loss
from assignment.training.step_in_parts import FEWEST_PARTS, TOKENS_OF_A_PART
from benchmarks.training_step import SHAPES, TINY, compiled_step, model_config, step_operations

# Of a batch of these shapes.
PARTS = TINY["batch_size"] * TINY["length"] // TOKENS_OF_A_PART
INSTRUCTION = re.compile(r"^\s*(?:ROOT )?%?(\S+) = \w+\[([\d,]*)\]\S* (\S+?)\((.*)$", re.MULTILINE)
CONTRACTED = re.compile(r"lhs_contracting_dims=\{([\d,]*)\}")


def numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",") if number]


def dot_operations(hlo: str) -> int:
    """The floating-point operations of all matrix products of a program, each counted once."""
    shapes = {name: numbers(shape) for name, shape, _, _ in INSTRUCTION.findall(hlo)}
    total = 0
    for name, _, operation, rest in INSTRUCTION.findall(hlo):
        if operation == "dot":
            left = shapes[re.search(r"%([\w.-]+)", rest)[1]]
            contracted = numbers(CONTRACTED.search(rest)[1])
            total += 2 * math.prod(shapes[name]) * math.prod(left[axis] for axis in contracted)
    return total


@pytest.mark.parametrize("parts", [1, PARTS])
@pytest.mark.parametrize(("name", "share"), [("tiny", 0.75), ("longer", 0.625)])
def test_a_training_step_computes_no_product_twice_and_few_hidden_scores(name, share, parts):
    """Blocks of half (a quarter) of the queries leave 3/4 (5/8) of the scores to compute."""
    shape = SHAPES[name] | {"batch_size": SHAPES[name]["batch_size"] // parts}
    step, batch = compiled_step(shape, in_parts=False)
    counted = dot_operations(step.experimental_get_compiler_ir(*batch)(stage="hlo"))
    tokens = shape["batch_size"] * shape["length"]
    attention = 12 * shape["num_layers"] * shape["length"] * shape["hidden_dim"] * tokens
    dense = step_operations(shape) - attention
    assert counted == pytest.approx(dense + share * attention, rel=1e-3)


def test_steps_on_other_batches_of_a_shape_are_not_compiled_again():
    traced = []

    def loss_fn(logits, targets):
        traced.append(logits.shape[0])
        return next_token_loss(logits, targets)

    shape = TINY | {"num_layers": 1, "length": 16}
    step, (inputs, targets) = compiled_step(shape, loss_fn)
    for _ in range(3):
        step(inputs, targets)
        inputs, targets = targets, inputs
    assert traced == [shape["batch_size"] // FEWEST_PARTS]


def decoding(shape: dict, rows: int, prompt: int, new: int, **sampler):
    """The program that continues prompts by so many tokens, as a function of the stage."""
    model = build_model(model_config(shape))
    prompts, lengths = tf.ones((rows, prompt), tf.int32), tf.fill([rows], prompt)

    @tf.function(jit_compile=True)
    def continue_prompts(seed):
        sample = make_sampler(**sampler)
        return generate(model, prompts, lengths, new, sample, seed, shared_length=prompt)

    return continue_prompts.experimental_get_compiler_ir(tf.constant(0))


@pytest.mark.parametrize("arguments", [{}, {"top_k": 40}])
def test_decoding_sorts_nothing_and_reads_one_token_at_a_time(arguments):
    shape = TINY | {"length": 64}
    program = decoding(shape, rows=4, prompt=8, new=32, **arguments)
    assert " sort(" not in program(stage="optimized_hlo")
    weights = 12 * shape["hidden_dim"] ** 2 * shape["num_layers"]
    weights += shape["vocabulary_size"] * shape["hidden_dim"]
    attention = 4 * shape["num_layers"] * (8 + 32) * shape["hidden_dim"]
    # The prompts' 8 tokens are read at once, then one token of each row in the loop's body.
    operations = dot_operations(program(stage="hlo"))
    assert operations <= 1.01 * (8 + 1) * 4 * (2 * weights + attention)


def test_decoding_reads_the_cache_in_parts_up_to_where_it_is_written():
    shape = TINY | {"num_layers": 1, "length": 256}
    hlo = decoding(shape, rows=3, prompt=8, new=248)(stage="hlo")
    heads = shape["num_heads"]
    results = defaultdict(set)
    for _, dims, operation, _ in INSTRUCTION.findall(hlo):
        results[operation].add(tuple(numbers(dims)))
    # The scores of one token are sums (rows, keys, heads); those of a prompt's 8 tokens a product.
    lengths = {dims[1] for dims in results["reduce"] if len(dims) == 3 and dims[::2] == (3, heads)}
    assert lengths == {43, 86, 129, 172, 215, 256}
    read_at_once = {dims[-1] for dims in results["dot"] if dims[:-1] == (3, heads, 8)}
    assert 43 in read_at_once and 256 not in read_at_once
