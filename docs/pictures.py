"""Draws the pictures of the pages: python -m docs.pictures [--check]

One for each part, from the formulas of its page. The same program gives the same bytes, so that a
test can hold the committed files against it.
"""

# ruff: noqa: RUF001 (labels have the lecture's letters)

import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib
import matplotlib.patches
import numpy as np
import tyro
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.turns import read_results

ROOT = Path(__file__).resolve().parents[1]
DIRECTORY = ROOT / "docs" / "pictures"
CURVES = ROOT / "data" / "reference_curves"
BLUE, ORANGE, GREEN, RED, GREY = "#0072b2", "#d55e00", "#00795a", "#a3216b", "#8c8c8c"


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def part1_windows(figure: Figure) -> None:
    """Inputs and targets of one window."""
    axes = _blank(figure)
    tokens = ["Once", "there", "was", "a", "cat", ".", "It", "ran"]
    _cells(axes, 0, 2.4, tokens, "#eeeeee")
    _cells(axes, 1, 1.2, tokens[1:6], "#cfe5f5")
    _cells(axes, 2, 0.0, tokens[2:7], "#fbdccb")
    labels = [(2.4, "tokens"), (1.2, "inputs, start 1, length 5"), (0.0, "targets: one later")]
    for height, text in labels:
        axes.text(-0.2, height + 0.4, text, ha="right", va="center", size=10)
    axes.set_xlim(-4.4, 8.1)
    axes.set_ylim(-0.2, 3.4)


def part2_memory(figure: Figure) -> None:
    """How much of a gradient is left after some steps."""
    axes = figure.subplots()
    steps = np.arange(0, 61)
    lines = [
        (0.9, "recurrent weight 0.9", ORANGE, "-"),
        (1.05, "recurrent weight 1.05", RED, "-"),
        (sigmoid(0), "forget gate σ(0) = 0.50", GREY, "--"),
        (sigmoid(1), "forget gate σ(1) = 0.73", BLUE, "--"),
        (sigmoid(4), "forget gate σ(4) = 0.98", BLUE, "-"),
    ]
    for factor, label, colour, style in lines:
        axes.semilogy(steps, factor**steps, style, color=colour, label=label)
    axes.set_ylim(1e-8, 1e2)
    axes.set_xlabel("steps back in time")
    axes.set_ylabel("factor on the gradient")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))


def part3_schedule(figure: Figure) -> None:
    """Warm-up and cosine."""
    axes = figure.subplots()
    warmup, total, floor = 100, 1000, 0.1
    steps = np.arange(0, 1201)
    progress = np.clip((steps - warmup) / (total - warmup), 0, 1)
    cosine = floor + (1 - floor) * (1 + np.cos(np.pi * progress)) / 2
    axes.plot(steps, np.where(steps < warmup, steps / warmup, cosine), color=BLUE)
    for step, name in [(warmup, "w"), (total, "n")]:
        axes.axvline(step, color=GREY, linestyle=":")
        axes.text(step + 12, 1.02, name, style="italic")
    axes.axhline(floor, color=GREY, linestyle=":")
    axes.text(1100, floor + 0.03, "φ · peak", ha="center")
    axes.set_ylim(0, 1.1)
    axes.set_xlabel("step")
    axes.set_ylabel("learning rate, as a share of its peak")


def part4_filters(figure: Figure) -> None:
    """What top-k and top-p keep, where the model is sure and where it is not."""
    sure = np.array([0.80, 0.08, 0.04, 0.03, 0.02, 0.01, 0.01, 0.01])
    unsure = np.array([0.17, 0.16, 0.15, 0.14, 0.12, 0.10, 0.09, 0.07])
    for axes, (p, title) in zip(
        figure.subplots(1, 2), [(sure, "sure"), (unsure, "unsure")], strict=True
    ):
        kept = np.cumsum(p) - p < 0.9
        axes.bar(np.arange(8), p, color=[BLUE if k else "#cccccc" for k in kept])
        axes.axvline(2.5, color=ORANGE, linestyle="--")
        axes.text(2.65, p.max() * 0.95, "k = 3", color=ORANGE)
        axes.set_title(f"{title}: top-p 0.9 keeps {kept.sum()}")
        axes.set_xlabel("tokens, most probable first")
    figure.axes[0].set_ylabel("probability")


def part5_attention(figure: Figure) -> None:
    """Causal masks, and sinusoidal positions."""
    square, cached, positions = figure.subplots(1, 3, width_ratios=[1, 1, 1.6])
    for axes, queries, title in [(square, 6, "training: 6 of 6"), (cached, 2, "decoding: 2 of 6")]:
        first = 6 - queries
        mask = np.arange(6)[None] <= np.arange(first, 6)[:, None]
        axes.imshow(mask, cmap="Blues", vmin=0, vmax=1.4)
        axes.set_title(title, size=10)
        axes.set_xlabel("key")
        axes.set_ylabel("query")
        axes.set_xticks(range(6))
        axes.set_yticks(range(queries), [str(first + i) for i in range(queries)])
    pairs = np.arange(32) // 2
    angles = np.arange(60)[:, None] / 10000 ** (2 * pairs / 32)
    table = np.where(np.arange(32) % 2 == 0, np.sin(angles), np.cos(angles))
    positions.imshow(table.T, cmap="RdBu", aspect="auto")
    positions.set_title("sinusoidal positions, D = 32", size=10)
    positions.set_xlabel("position")
    positions.set_ylabel("column")


def part5_curves(figure: Figure) -> None:
    """The reference curves of pre-training at the default size, with the range over seeds."""
    axes = figure.subplots()
    lines = [("rnn", "RNN", GREY), ("lstm", "LSTM", ORANGE), ("transformer", "transformer", BLUE)]
    for model, label, colour in lines:
        (path,) = CURVES.glob(f"train-stories-{model}-tiny-*.json")
        record = json.loads(path.read_text())
        steps, values = np.array(record["steps"]), np.array(record["values"])
        title = f"{label}, mean of {len(values)} seeds"
        axes.plot(steps, values.mean(axis=0), "o-", color=colour, label=title, markersize=3)
        axes.fill_between(steps, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.25)
    axes.set_xlabel("training step")
    axes.set_ylabel("validation loss, nats per token")
    axes.legend(frameon=False)


def part6_response_mask(figure: Figure) -> None:
    """A packed conversation, and what of it is learned."""
    axes = _blank(figure)
    row = ["bos", "user", "x1", "x2", "assistant", "y1", "y2", "eos"]
    learned = [False] * 4 + [True] * 3
    _cells(axes, 0, 1.4, row[:-1], "#eeeeee")
    for place, (target, counts) in enumerate(zip(row[1:], learned, strict=True)):
        _cells(axes, place, 0.2, [target], "#cdeadf" if counts else "#ffffff")
    axes.text(-0.2, 1.8, "inputs", ha="right", va="center", size=10)
    axes.text(-0.2, 0.6, "targets", ha="right", va="center", size=10)
    axes.text(5.5, -0.35, "learned", ha="center", color=GREEN)
    axes.text(2.0, -0.35, "read, not learned", ha="center", color="#555555")
    axes.set_xlim(-1.2, 7.2)
    axes.set_ylim(-0.7, 2.4)


def part7_clip(figure: Figure) -> None:
    """PPO's clipped objective."""
    ratio, epsilon = np.linspace(0.4, 1.6, 241), 0.2
    clipped = np.clip(ratio, 1 - epsilon, 1 + epsilon)
    for axes, advantage in zip(figure.subplots(1, 2, sharex=True), [1, -1], strict=True):
        axes.plot(ratio, ratio * advantage, ":", color=GREY, label="ρA")
        objective = np.minimum(ratio * advantage, clipped * advantage)
        axes.plot(ratio, objective, color=BLUE, label="min(ρA, clip(ρ)A)")
        axes.plot([1], [advantage], "o", color=ORANGE)
        axes.set_title(f"A {'>' if advantage > 0 else '<'} 0")
        axes.set_xticks([1 - epsilon, 1, 1 + epsilon], ["1 − ε", "1", "1 + ε"])
        axes.set_xlabel("ratio ρ")
        axes.legend(loc="upper left" if advantage > 0 else "upper right")
    figure.axes[0].set_ylabel("objective")


def part8_margins(figure: Figure) -> None:
    """Preference losses over the margin of the log-ratios."""
    axes = figure.subplots()
    margin = np.linspace(-8, 16, 241)
    axes.plot(margin, np.log1p(np.exp(-0.5 * margin)), color=BLUE, label="DPO, β = 0.5")
    axes.plot(margin, (margin - 5) ** 2 / 25, color=ORANGE, label="IPO, τ = 0.1, divided by 25")
    axes.plot([0], [np.log(2)], "o", color=BLUE)
    axes.text(0.4, np.log(2) + 0.12, "ln 2, where training starts")
    axes.axvline(5, color=GREY, linestyle=":")
    axes.text(5.2, 2.4, "1/(2τ)")
    axes.set_ylim(0, 4)
    axes.set_xlabel("margin: log-ratio of the chosen response − that of the rejected one")
    axes.set_ylabel("loss")
    axes.legend(loc="upper center")


def part9_estimators(figure: Figure) -> None:
    """The estimators of the KL divergence, token by token."""
    axes = figure.subplots()
    d = np.linspace(-1.5, 1.5, 241)
    lines = [
        (d, "k1", GREY, "-"),
        (d**2 / 2, "k2", ORANGE, "-"),
        (np.exp(-d) + d - 1, "k3", BLUE, "-"),
        (np.exp(d) - d - 1, "k3 with the ratio upside down", RED, "--"),
    ]
    for values, label, colour, style in lines:
        axes.plot(d, values, style, color=colour, label=label)
    axes.axhline(0, color="black", linewidth=0.6)
    axes.set_xlabel("log π − log π_ref of the sampled token")
    axes.set_ylabel("estimate")
    axes.legend()


def performance_growth(figure: Figure) -> None:
    """How a training step grows with each size, as measured by benchmarks.growth."""
    measured = read_results("growth")[-1]["results"]
    names = {"length": "context length", "hidden_dim": "width", "num_layers": "layers"}
    for axes, (size, seconds) in zip(
        figure.subplots(1, len(measured), sharey=True), measured.items(), strict=True
    ):
        values = [int(value) for value in seconds]
        axes.loglog(values, [1e3 * second for second in seconds.values()], "o-", color=BLUE)
        axes.set_xticks(values, [str(value) for value in values], rotation=45)
        axes.minorticks_off()
        axes.set_xlabel(names.get(size, "vocabulary"))
    figure.axes[0].set_ylabel("ms per step")
    ticks = (30, 100, 300, 1000)
    figure.axes[0].set_yticks(ticks, [str(tick) for tick in ticks])


PICTURES: dict[str, tuple[Callable[[Figure], None], tuple[float, float]]] = {
    "part1-windows": (part1_windows, (8, 2.4)),
    "part2-memory": (part2_memory, (8, 3.4)),
    "part3-schedule": (part3_schedule, (6.4, 3.2)),
    "part4-filters": (part4_filters, (8, 3.2)),
    "part5-attention": (part5_attention, (9, 3.2)),
    "part5-curves": (part5_curves, (8, 3.2)),
    "part6-response-mask": (part6_response_mask, (8, 2.2)),
    "part7-clip": (part7_clip, (8, 3.2)),
    "part8-margins": (part8_margins, (6.4, 3.4)),
    "part9-estimators": (part9_estimators, (6.4, 3.4)),
    "performance-growth": (performance_growth, (9.6, 2.6)),
}


def draw(name: str) -> bytes:
    """The picture as SVG, in which text stays text."""
    function, size = PICTURES[name]
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.size": 10}):
        figure = Figure(figsize=size, layout="constrained", facecolor="white")
        function(figure)
        for axes in figure.axes:
            axes.spines[["top", "right"]].set_visible(False)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    # Matplotlib names shapes by a hash of their places, whose last bit depends on the processor.
    names: dict[bytes, bytes] = {}
    return re.sub(
        rb"\b[a-z][0-9a-f]{10}\b",
        lambda match: names.setdefault(match[0], b"shape%d" % len(names)),
        buffer.getvalue(),
    )


def _blank(figure: Figure) -> Axes:
    axes = figure.subplots()
    axes.axis("off")
    return axes


def _cells(axes: Axes, left: float, bottom: float, texts: list[str], colour: str) -> None:
    for place, text in enumerate(texts):
        box = matplotlib.patches.Rectangle(
            (left + place, bottom), 1, 0.8, facecolor=colour, edgecolor="#555555"
        )
        axes.add_patch(box)
        axes.text(left + place + 0.5, bottom + 0.4, text, ha="center", va="center", size=9)


def main(check: bool = False) -> None:
    """Writes the pictures.

    Args:
        check: write nothing; exit with 1 when a picture is stale.
    """
    DIRECTORY.mkdir(exist_ok=True)
    for name in PICTURES:
        path = DIRECTORY / f"{name}.svg"
        if not check:
            path.write_bytes(draw(name))
        elif not path.is_file() or path.read_bytes() != draw(name):
            print(f"{path.name} is stale; run python -m docs.pictures", file=sys.stderr)
            sys.exit(1)


if __name__ == "__main__":
    tyro.cli(main, description=__doc__)
