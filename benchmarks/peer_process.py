"""The peer's side of a comparison: GPT-2 of `transformers` under PyTorch, and `trl`'s trainers.

Runs in an environment of its own (`benchmarks/requirements.txt`), as a process that does its work
once for each line that it reads, so that the two sides take turns.
"""

import functools
import json
import sys

import numpy as np
import torch
import transformers


def build(shape: dict) -> transformers.GPT2LMHeadModel:
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=shape["vocabulary_size"],
        n_positions=shape["length"],
        n_embd=shape["hidden_dim"],
        n_layer=shape["num_layers"],
        n_head=shape["num_heads"],
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        use_cache=False,
    )
    return transformers.GPT2LMHeadModel(config)


def training_step(shape: dict, compiled: bool):
    """A function that makes one step of gradient descent."""
    model = build(shape)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)

    def loss_of(inputs, targets):
        logits = model(inputs).logits
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())

    if compiled:
        loss_of = torch.compile(loss_of)
    shape_of_batch = (shape["batch_size"], shape["length"] + 1)
    tokens = np.random.default_rng(0).integers(0, shape["vocabulary_size"], shape_of_batch)
    inputs, targets = torch.tensor(tokens[:, :-1]), torch.tensor(tokens[:, 1:])

    def step():
        loss = loss_of(inputs, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    return step


def generation(shape: dict):
    """A function that continues a batch of prompts by `new_tokens` tokens."""
    model = build(shape).eval()
    prompts = torch.ones((shape["batch_size"], shape["prompt_length"]), dtype=torch.long)

    @torch.no_grad()
    def continue_prompts():
        return model.generate(
            prompts,
            attention_mask=torch.ones_like(prompts),
            min_new_tokens=shape["new_tokens"],
            max_new_tokens=shape["new_tokens"],
            do_sample=shape["top_k"] > 0,
            top_k=shape["top_k"] or None,
            use_cache=True,
            pad_token_id=0,
        ).shape[1]

    return continue_prompts


def stage_step(name: str, shape: dict):
    """A function that makes one step of a stage after pre-training."""
    from peer_stages import STAGES  # trl takes long to import

    return STAGES[name](shape, build(shape))


WORK = {
    "training step, compiled": lambda shape: training_step(shape, compiled=True),
    "training step": lambda shape: training_step(shape, compiled=False),
    "generation": generation,
    **{f"{name} step": functools.partial(stage_step, name) for name in ("SFT", "DPO", "GRPO")},
}


if __name__ == "__main__":
    work = WORK[sys.argv[1]](json.loads(sys.argv[2]))
    for _ in sys.stdin:
        print(json.dumps(work()), flush=True)
