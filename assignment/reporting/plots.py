"""The plots of the report card, from the metrics that the runs have logged."""

import io
import re
from collections.abc import Sequence

import matplotlib
from matplotlib.figure import Figure

# Colours that everybody can tell apart (Okabe and Ito), and that are dark enough on white.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#C04E00", "#007A5A", "#595959"
STYLE = {
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E5E5E5",
    "svg.fonttype": "none",  # the page's own font, and text that can be searched
}


def loss_curves(lines: list[dict]) -> Figure:
    """Pre-training: the loss of the batches, on the validation part, and the entropy floor."""
    train = [line for line in lines if line["prefix"] == "train"]
    validation = [line for line in lines if line["prefix"] == "validation"]
    figure, axis = _figure("training step", "loss, nats per token")
    axis.plot(*_curve(train, "step", "loss"), color=BLUE, alpha=0.5, label="training batches")
    axis.plot(*_curve(validation, "step", "loss"), color=ORANGE, marker="o", label="validation")
    floor = validation[-1].get("floor")
    if floor:
        axis.axhline(floor, color=GREY, linestyle="--", label="entropy floor")
        axis.set_ylim(bottom=0.8 * floor, top=min(5 * floor, train[0]["loss"]))
    axis.legend()
    return figure


def instruction_curves(lines: list[dict]) -> Figure:
    """Fine-tuning: the share of instructions that are followed, by kind."""
    validation = [line for line in lines if line["prefix"] == "validation"]
    figure, axis = _figure("fine-tuning step", "followed")
    for name, label, colour, marker in (
        ("followed_story", "stories have what was asked", BLUE, "o"),
        ("followed_question", "questions answered", ORANGE, "s"),
        ("followed_sum", "sums right", GREEN, "^"),
    ):
        axis.plot(*_curve(validation, "step", name), color=colour, marker=marker, label=label)
    _share_axis(axis)
    axis.legend()
    return figure


def rewards_against_distance(ppo: list[dict], best_of_n: Sequence[dict], dpo: list[dict]) -> Figure:
    """What optimising against a learned reward gives, over √KL (Gao et al. 2023).

    Args:
        ppo: The metrics of the run.
        best_of_n: For each n its `kl`, `score` and `gold`.
        dpo: The metrics of the run, for the gold reward of its end.
    """
    validation = [line for line in ppo if line["prefix"] == "validation"]
    figure, axis = _figure("√KL from the fine-tuned model, √nats", "change since the start")

    def draw(points, kl, names, style, marker, how):
        for name, label, colour in (
            (names[0], "reward model", ORANGE),
            (names[1], "gold reward", BLUE),
        ):
            if points and name in points[0]:
                x = [max(point[kl], 0.0) ** 0.5 for point in points]
                y = [point[name] - points[0][name] for point in points]
                axis.plot(x, y, style, marker=marker, color=colour, label=f"{label}, {how}")

    draw(validation, "kl", ("reward", "gold_reward"), "-", "o", "PPO")
    draw(best_of_n, "kl", ("score", "gold"), "--", "s", "best of n")
    ends = [line for line in dpo if line["prefix"] == "validation" and "gold_reward" in line]
    if ends:
        start, end = ends[0], ends[-1]
        change = end["gold_reward"] - start["gold_reward"]
        x = max(end["kl"], 0.0) ** 0.5
        axis.plot(x, change, "*", color=GREEN, markersize=12, label="gold reward, DPO")
    axis.axhline(0, color=GREY, linewidth=0.8)
    axis.legend(fontsize=9)
    return figure


def best_of_n_plot(best_of_n: Sequence[dict]) -> Figure:
    """The reward of the best of n answers, by the reward model and by the gold reward."""
    figure, axis = _figure("n, answers to choose from", "mean reward of the chosen answer")
    n = [point["n"] for point in best_of_n]
    scores, golds = ([point[name] for point in best_of_n] for name in ("score", "gold"))
    axis.plot(n, golds, color=BLUE, marker="o", label="gold reward")
    axis.plot(n, scores, color=ORANGE, marker="s", label="reward model")
    axis.set_xscale("log", base=2)
    axis.set_xticks(n, [str(value) for value in n])
    axis.legend()
    return figure


def solving_curves(lines: list[dict]) -> Figure:
    """GRPO: the share of right answers, in training and held out."""
    train = [line for line in lines if line["prefix"] == "train"]
    validation = [line for line in lines if line["prefix"] == "validation"]
    figure, axis = _figure("GRPO step", "right answers")
    axis.plot(*_curve(train, "step", "right"), color=BLUE, alpha=0.5, label="in training")
    axis.plot(
        *_curve(validation, "step", "pass_at_1"), color=ORANGE, marker="o", label="held-out pass@1"
    )
    _share_axis(axis)
    axis.legend(loc="lower right")
    return figure


def to_svg(figure: Figure, name: str, description: str) -> str:
    """The figure as an `svg` element for a page: the same bytes for the same figure.

    Args:
        figure: The figure.
        name: Keeps the element's inner names apart from those of other figures of a page.
        description: What it shows, for somebody who cannot see it.
    """
    file = io.StringIO()
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": name}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r' width="[^"]*pt"| height="[^"]*pt"', "", svg, count=2)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\1{name}-", svg)
    return svg.replace("<svg", f'<svg role="img" aria-label="{description}"', 1).strip()


def _figure(x_label: str, y_label: str):
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(5.4, 3.6), layout="constrained")
        axis = figure.subplots()
    axis.set(xlabel=x_label, ylabel=y_label)
    return figure, axis


def _curve(lines: list[dict], x: str, y: str) -> tuple[list, list]:
    kept = [line for line in lines if x in line and y in line]
    return [line[x] for line in kept], [line[y] for line in kept]


def _share_axis(axis) -> None:
    axis.set_ylim(-0.03, 1.03)
    axis.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
