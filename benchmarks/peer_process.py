"""The peer's side of `benchmarks.training_step`: GPT-2 of `transformers` under PyTorch.

Runs in an environment of its own (`benchmarks/requirements.txt`), as a process that makes one
training step for each line that it reads, so that the two sides take turns.
"""

import json
import sys

import numpy as np
import torch
import transformers


def main(shape: dict, compiled: bool) -> None:
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
    model = transformers.GPT2LMHeadModel(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)

    def loss_of(inputs, targets):
        logits = model(inputs).logits
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())

    if compiled:
        loss_of = torch.compile(loss_of)
    shape_of_batch = (shape["batch_size"], shape["length"] + 1)
    tokens = np.random.default_rng(0).integers(0, shape["vocabulary_size"], shape_of_batch)
    inputs, targets = torch.tensor(tokens[:, :-1]), torch.tensor(tokens[:, 1:])
    for _ in sys.stdin:
        loss = loss_of(inputs, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        print(json.dumps(loss.item()), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2] == "compiled")
