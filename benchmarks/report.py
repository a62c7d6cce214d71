"""Writes docs/performance.md from the measured results: python -m benchmarks.report [--check]"""

# ruff: noqa: RUF001 (the page has multiplication signs)

import functools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import tyro

from benchmarks.turns import read_results

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"

HEAD = """\
# Performance

Written by `python -m benchmarks.report` from `benchmarks/results/`; not part of the handout. All
sides of a comparison take turns in one process or in processes side by side, each ratio is taken
turn by turn, and its median is shown: 1.10 means that ours is 1.10 times faster. Between runs the
rates of a machine that others share differ by 10 % and more, so read nothing into the last digit,
and compare times within one table only: the machines below the tables differ.
"""
TRAINING = """\
## A training step

```
python -m benchmarks.training_step --peer-python PEER_ENVIRONMENT/bin/python
```

Forward and backward pass, clipping and AdamW of a GPT-2 of the tiny preset's shape (width 128, 4
layers, 16 × 128 tokens), of twice the width, and of four times the length. The peers are
`transformers`' GPT-2 under PyTorch, and KerasNLP's `TransformerDecoder` under Keras' own compiled
step. The limit is a float32 product of 2048 × 1024 × 1024, measured in the same turns.
"""
TRAINING_END = """\
The AMD without AVX-512 was measured last. The other two tables are older than the step that goes
through its batch in parts, of which more below; without it this machine gave 0.99 to 1.15 × of
PyTorch, compiled, on several days.

Where the time of a tiny step goes was found on the AMD without AVX-512, by leaving pieces out: the
matrix products of the dense layers take two thirds and run at the limit; attention takes a fifth,
because its products are small (a head is 32 wide) and run at a third of the limit; the norms take
7 %, GELU and the cross-entropy 4 % each, AdamW and clipping next to nothing. Four things made a
difference:

- the C library gives large blocks back to the system after each step and maps them again, which
  cost 45 % of a step until `command_line.keep_freed_memory` told it to keep them;
- under the causal mask half of the scores are hidden: `attention_in_blocks` does not compute most
  of those;
- cut up among the cores, each operation ends with the cores waiting for one another, which on the
  AMD with AVX-512 was a tenth of a step. `training/step_in_parts.py` gives each core rows of its
  own: a tiny step takes 0.8 to 0.9 times as long. A wide one gains less, and a recurrent one
  nothing;
- a recurrent kernel's gradient is one product behind the loop instead of one for each token.

Fused projections of queries, keys and values, XLA's flags for fast mathematics and vector widths,
and huge pages made no difference, and are not used.

The Intel has AVX-512, and there PyTorch is ahead. Its products come from MKL, which reaches 150 to
270 GFLOP/s on the shapes of the dense layers; XLA's come from Eigen and reach 80 to 200, those of
attention 30 to 80. By XLA's own trace products are two thirds of the step here too, and sums over
all tokens (gradients of biases and gains) 8 %. YNNPACK's products
(`xla_cpu_experimental_ynn_fusion_type`), blocks of attention of other sizes, and wider vectors
changed nothing that could be told from the noise.

On the AMD with AVX-512, by the same trace, products take 79 of 103 ms and run at 190 to 207 GFLOP/s
where they are dense, which is the limit; sums over all tokens take 7 ms, everything else 17.
"""
RECURRENT = """\
## Recurrent layers

```
python -m benchmarks.recurrent_step
```

Forward and backward pass over 16 × 128 vectors of width 128, against Keras' layers with the same
weights, both compiled by XLA.
"""
GENERATION = """\
## Generation

```
python -m benchmarks.generation --peer-python PEER_ENVIRONMENT/bin/python
```

The tiny shape continues prompts of 16 tokens by 256, with a cache of keys and values, greedily and
with top-k sampling (k = 40). The peers are `GPT2CausalLM.generate` of KerasNLP, compiled, and
`generate` of `transformers`. Several rows are decoded in parts, by `compile_in_parts`, as all
commands decode them; the table of the Intel was measured when there were none.
"""
GENERATION_END = """\
The keys and values have room for the whole text, and most of it is empty at the beginning.
`attention_over_cache` reads them in parts, up to where they are written, which took a quarter off
the time of 64 rows. For one new token the products with keys and values are sums, because XLA would
copy the cache into another order for each matrix product: another quarter. Smaller parts, and sums
of at most 32 keys, whose products are not written to memory, took off a tenth more.

A token is a chain of hundreds of small operations, after each of which the cores wait for each
other, and the keys and values of 64 rows are more than a cache holds. `compile_in_parts` gives each
core rows of its own, 16 at a time, from the first token to the last: 64 rows take 0.7 times as
long, 256 short rollouts 0.75 times, and a part whose rows have all ended waits for no other.
"""
STAGES = """\
## Stages after pre-training

```
python -m benchmarks.stage_steps --peer-python PEER_ENVIRONMENT/bin/python
```

A step of supervised fine-tuning, of DPO (the reference's log-probabilities are at hand on both
sides) and of GRPO (sampling, rewards and one update; no KL penalty on either side) of the tiny
shape, against the trainers of `trl`.
"""
STAGES_END = """\
The AMD without AVX-512 was measured last; the other table is older than the two things that make
the difference here besides the parts. Where every row still reads its prompt no logits are computed
(`models/last_logits.py`): 6 to 10 % of a step, which grows with the share of the prompts. And a
single update of GRPO takes the old policy's log-probabilities from its own forward pass, as trl's
does. It goes through all responses at once: in parts it was 0 to 8 % faster, and took longer to
compile than that saves in a run.
"""
PIECES = """\
## Pieces

```
python -m benchmarks.pieces
```

An AdamW update of the tiny model; the cross-entropy of one batch with its gradient; a sampled token
for each of 64 rows of logits. Against Keras and KerasNLP, compiled alike.
"""
GROWTH = """\
## Growth

```
python -m benchmarks.growth
```

A training step of 2,048 tokens when one size changes and the others stay those of the tiny preset.

![Milliseconds of a training step over context length, width, layers and vocabulary, each on
logarithmic axes](pictures/performance-growth.svg)
"""
CORPUS = """\
## Large texts

```
python -m benchmarks.corpus
```

The bundled stories in random orders, as one file: training a tokenizer and tokenising, in a process
of its own, then a training run of 100 steps on the tokens, from start to end. The text is read in
pieces and the tokens are mapped from their file, so memory does not grow with it.
"""
CORPUS_TITLE = """\
| text | tokenised in, s | MB per second | memory, MB | trained in, s | memory, MB |
|---|---:|---:|---:|---:|---:|"""
START_UP = """\
## Waiting

```
python -m benchmarks.start_up
```
"""
START_UP_TITLE = """\
| until | seconds |
|---|---:|"""


def render() -> str:
    """The whole page."""
    training = functools.partial(_compared, columns=("tokens_per_second", "share_of_matmul_rate"))
    stages = functools.partial(_compared, columns=("responses_per_second",))
    corpus = functools.partial(_rows, title=CORPUS_TITLE)
    start_up = functools.partial(_rows, title=START_UP_TITLE)
    lines = [
        *(HEAD, _versions(read_results("training_step")[-1]), ""),
        *(TRAINING, *_tables("training_step", training), TRAINING_END),
        *(RECURRENT, *_tables("recurrent_step", _compared)),
        *(GENERATION, *_tables("generation", _generated), GENERATION_END),
        *(STAGES, *_tables("stage_steps", stages), STAGES_END),
        *(PIECES, *_tables("pieces", _compared)),
        *(GROWTH, _machine(read_results("growth")[-1]), ""),
        *(CORPUS, *_tables("corpus", corpus)),
        *(START_UP, *_tables("start_up", start_up)),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _tables(name: str, table: Callable[[dict], Iterator[str]]) -> Iterator[str]:
    """A table for each machine that a benchmark has run on."""
    for measured in read_results(name):
        yield from (*table(measured["results"]), "", _machine(measured), "")


def _machine(measured: dict) -> str:
    return f"Machine: {measured['machine']}."


def _versions(measured: dict) -> str:
    versions = ", ".join(f"{package} {number}" for package, number in measured["versions"].items())
    return f"Versions: {versions}; the peers' stand in benchmarks/requirements.txt."


def _rows(results: dict, title: str) -> Iterator[str]:
    """A table: what was measured, and its figure or figures."""
    yield title
    for what, figures in results.items():
        cells = figures.values() if isinstance(figures, dict) else [figures]
        yield f"| {what} | {' | '.join(f'{figure:,}' for figure in cells)} |"


def _compared(results: dict, columns: tuple[str, ...] = ()) -> Iterator[str]:
    """A table: what was measured, our time, other figures of ours, the ratio to each peer."""
    peers = list(next(iter(results.values()))["times_faster"])
    titles = ["what", "ours, ms", *(column.replace("_", " ") for column in columns)]
    yield f"| {' | '.join([*titles, *(f'faster than {peer}' for peer in peers)])} |"
    yield f"|---|{'---:|' * (len(titles) - 1 + len(peers))}"
    for name, result in results.items():
        milliseconds = float(f"{1e3 * result['seconds']['ours']:.3g}")
        cells = [f"{milliseconds:,g}", *(f"{result[column]:,}" for column in columns)]
        cells += [f"{result['times_faster'][peer]:.2f} ×" for peer in peers]
        yield f"| {name} | {' | '.join(cells)} |"


def _generated(results: dict) -> Iterator[str]:
    """The table of generation, and what a position costs over the length."""
    yield from _compared(results["compared"], ("tokens_per_second",))
    costs = ", ".join(
        f"{milliseconds:.1f} ms in a text of {length} new tokens"
        for length, milliseconds in results["milliseconds_per_position_over_length"].items()
    )
    yield from ("", f"A position (16 rows) costs {costs}.")


def main(check: bool = False) -> None:
    """Writes the page.

    Args:
        check: write nothing; exit with 1 when the page is stale.
    """
    page = render()
    if not check:
        PAGE.write_text(page, encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page:
        print(f"{PAGE} is stale; run python -m benchmarks.report", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
