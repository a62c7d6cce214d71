"""Throughput of generation, against KerasNLP and `transformers`.

    python -m benchmarks.generation --peer-python PEER_ENVIRONMENT/bin/python

Every side continues the same number of prompts of one length by the same number of tokens, greedily
or with top-k sampling, with a cache of keys and values. Then ours alone: the cost of a token over
the length of the text.
"""

import dataclasses
import functools
from pathlib import Path

import tyro

from assignment import command_line
from benchmarks.peers import Peer
from benchmarks.training_step import TINY, model_config
from benchmarks.turns import comparison, take_turns, write_results

PROMPT_LENGTH, TOP_K = 16, 40


@dataclasses.dataclass(frozen=True)
class GenerationConfig:
    """What is measured."""

    peer_python: Path
    """The Python of an environment made from benchmarks/requirements.txt."""
    batch_sizes: tuple[int, ...] = (1, 16, 64)
    """Numbers of prompts."""
    new_tokens: int = 256
    """How many tokens are written to each."""
    rounds: int = 5
    """How many turns."""


def our_generation(shape: dict):
    """A function that continues a batch with our decoding loop."""
    import tensorflow as tf

    from assignment.generation.decoding import generate
    from assignment.generation.parts import compile_in_parts
    from assignment.generation.sampling import make_sampler
    from assignment.models.building import build_model

    model = build_model(model_config(shape))
    sampler = make_sampler(temperature=float(shape["top_k"] > 0), top_k=shape["top_k"])
    prompts = tf.ones((shape["batch_size"], shape["prompt_length"]), tf.int32)
    lengths = tf.fill([shape["batch_size"]], shape["prompt_length"])

    continue_prompts = compile_in_parts(
        model,
        functools.partial(
            generate,
            model,
            max_new_tokens=shape["new_tokens"],
            sampler=sampler,
            shared_length=shape["prompt_length"],
        ),
    )
    return lambda: continue_prompts(prompts, lengths, seed=tf.constant(0))[0].numpy()


def keras_generation(shape: dict):
    """A function that continues a batch with KerasNLP."""
    import keras_nlp
    import numpy as np

    width = shape["prompt_length"] + shape["new_tokens"]
    backbone = keras_nlp.models.GPT2Backbone(
        vocabulary_size=shape["vocabulary_size"],
        num_layers=shape["num_layers"],
        num_heads=shape["num_heads"],
        hidden_dim=shape["hidden_dim"],
        intermediate_dim=4 * shape["hidden_dim"],
        max_sequence_length=shape["length"],
        dropout=0.0,
    )
    model = keras_nlp.models.GPT2CausalLM(backbone, preprocessor=None)
    sampler = keras_nlp.samplers.TopKSampler(k=shape["top_k"]) if shape["top_k"] else "greedy"
    model.compile(sampler=sampler, jit_compile=True)
    token_ids = np.ones((shape["batch_size"], width), "int32")
    padding_mask = np.zeros((shape["batch_size"], width), "int32")
    padding_mask[:, : shape["prompt_length"]] = 1
    prompts = {"token_ids": token_ids, "padding_mask": padding_mask}
    return lambda: model.generate(prompts, stop_token_ids=None)["token_ids"]


def main(config: GenerationConfig) -> None:
    command_line.keep_freed_memory()
    compared = {}
    for top_k in (0, TOP_K):
        for batch_size in config.batch_sizes:
            shape = TINY | {
                "batch_size": batch_size,
                "prompt_length": PROMPT_LENGTH,
                "new_tokens": config.new_tokens,
                "length": PROMPT_LENGTH + config.new_tokens,
                "top_k": top_k,
            }
            with Peer(config.peer_python, "generation", shape) as peer:
                sides = {
                    "ours": our_generation(shape),
                    "KerasNLP": keras_generation(shape),
                    "transformers": peer,
                }
                name = f"{'top-k' if top_k else 'greedy'}, batch {batch_size}"
                compared[name] = comparison(take_turns(sides, config.rounds))
                seconds = compared[name]["seconds"]["ours"]
                compared[name]["tokens_per_second"] = round(
                    batch_size * config.new_tokens / seconds
                )
                print(name, compared[name], flush=True)
    lengths = {}
    for new_tokens in (64, 256, 512):
        shape = TINY | {"batch_size": 16, "prompt_length": PROMPT_LENGTH, "top_k": 0}
        shape |= {"new_tokens": new_tokens, "length": PROMPT_LENGTH + 512}
        seconds = take_turns({"ours": our_generation(shape)}, config.rounds)
        total = comparison(seconds)["seconds"]["ours"]
        lengths[str(new_tokens)] = round(1e3 * total / new_tokens, 3)
    write_results(
        "generation", {"compared": compared, "milliseconds_per_position_over_length": lengths}
    )


if __name__ == "__main__":
    main(tyro.cli(GenerationConfig, description=__doc__))
