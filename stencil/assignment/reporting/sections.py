"""What the report card says, before it is a page: a table, plots with captions, answers."""

import dataclasses
from collections.abc import Callable

from matplotlib.figure import Figure

from assignment.reporting import plots
from assignment.reporting.card import FINE_TUNED, Card
from assignment.reporting.progress import clock
from assignment.reporting.stages import STAGES

MISSING = "\N{EN DASH}"


@dataclasses.dataclass(frozen=True)
class Plot:
    """A plot, what it shows, and what to look for in it."""

    name: str
    title: str
    caption: str
    figure: Figure


def stage_table(card: Card) -> list[list[str]]:
    """A row for each stage, below the titles of the columns."""
    columns: dict[str, Callable[[str, dict], str]] = {
        "loss on stories": lambda name, f: f"{f['loss']:.3f}",
        "instructions followed": lambda name, f: f"{f['followed']:.0%}",
        "gold reward": lambda name, f: f"{f['gold_reward']:.2f} ± {f['gold_reward_interval']:.2f}",
        "reward model": lambda name, f: f"{f['reward_model_score']:.2f}",
        "wins against SFT": _wins,
        "KL to its start": lambda name, f: f"{f['kl_k1']:.1f}",
        "pass@1": lambda name, f: f"{f['pass_at_1']:.0%}",
        "time": lambda name, f: clock(card.records[name].seconds),
    }
    rows = [["stage", *columns]]
    titles = {stage.name: stage.title for stage in STAGES}
    for name in card.records:
        measured = card.measured.get(name)
        figures = (measured.figures if measured else {}) | card.comparisons.get(name, {})
        rows.append([titles[name], *(_cell(cell, name, figures) for cell in columns.values())])
    return rows


def _wins(name: str, figures: dict) -> str:
    low, high = figures["win_rate_low"], figures["win_rate_high"]
    return f"{figures['win_rate']:.0%} ({low:.0%} to {high:.0%})"


def _cell(cell: Callable[[str, dict], str], name: str, figures: dict) -> str:
    try:
        return cell(name, figures)
    except KeyError:  # this was not measured of this stage
        return MISSING


def totals(card: Card) -> str:
    """What all stages have cost."""
    records = card.records.values()
    seconds = sum(record.seconds for record in records)
    peak = max(record.peak_bytes for record in records)
    cost = f"All stages: {clock(seconds)} minutes, at most {peak / 2**30:.1f} GiB of memory."
    if card.preset == "smoke":
        cost += " The preset smoke shows that everything works; so small a model learns little."
    return cost


def reward_model_sentence(card: Card) -> str:
    """What the reward model can do."""
    figures = card.reward_model
    sentence = (
        f"It ranks {figures['accuracy']:.0%} of the held-out pairs as they are labelled, with a "
        f"calibration error of {figures['calibration_error']:.2f}."
    )
    if "gold_accuracy" in figures:
        sentence += (
            f" {figures['labels_that_agree_with_gold']:.0%} of the labels agree with the gold "
            "reward, which is as much as any model can reach; the reward model itself agrees with "
            f"it on {figures['gold_accuracy']:.0%} of the pairs."
        )
    return sentence


def answers(card: Card) -> list[tuple[str, list[tuple[str, str]]]]:
    """For each prompt what each stage has answered."""
    titles = {stage.name: stage.title for stage in STAGES}
    prompts = dict.fromkeys(p for measured in card.measured.values() for p in measured.examples)
    return [
        (
            prompt,
            [
                (titles[name], measured.examples[prompt])
                for name, measured in card.measured.items()
                if prompt in measured.examples
            ],
        )
        for prompt in prompts
    ]


def all_plots(card: Card) -> list[Plot]:
    """The plots of the stages that are finished."""
    made = []
    if "train" in card.metrics:
        made.append(
            Plot(
                "pre-training",
                "Pre-training",
                "The loss falls towards the entropy of the process that wrote the stories. No "
                "model can have a smaller loss on new ones.",
                plots.loss_curves(card.metrics["train"]),
            )
        )
    if FINE_TUNED in card.metrics:
        made.append(
            Plot(
                "fine-tuning",
                "Supervised fine-tuning",
                "The share of held-out instructions that are followed, sampled. Before the first "
                "step the model writes, but does not answer. Sums take longest.",
                plots.instruction_curves(card.metrics[FINE_TUNED]),
            )
        )
    if "ppo" in card.metrics:
        made.append(
            Plot(
                "rewards-against-distance",
                "What optimising a learned reward gives",
                "How far policies have moved from the fine-tuned model, and what it gave them. "
                "Where the reward model's score still rises and the gold reward, which no policy "
                "has seen, no longer does, the reward model is being exploited.",
                plots.rewards_against_distance(
                    card.metrics["ppo"], card.best_of_n, card.metrics.get("dpo", [])
                ),
            )
        )
    if card.best_of_n:
        made.append(
            Plot(
                "best-of-n",
                "The best of n answers",
                "The fine-tuned model answers n times and the reward model chooses: a policy "
                "improved without training, at n times the cost of an answer.",
                plots.best_of_n_plot(card.best_of_n),
            )
        )
    if "grpo" in card.metrics:
        made.append(
            Plot(
                "solving",
                "Reinforcement learning from verifiable rewards",
                "The demonstrations that the model was fine-tuned on were wrong in two of five "
                "cases, and at first so are its answers. It is rewarded for right ones alone.",
                plots.solving_curves(card.metrics["grpo"]),
            )
        )
    return made


EXPLANATIONS = {
    "loss on stories": "nats per token on the held-out stories: what fine-tuning forgets",
    "instructions followed": "the story has what was asked for, the question is answered, the sum "
    "is right, and the answer ends",
    "gold reward": "what the course's own program gives for stories on held-out requests, at most "
    "5, with its 95 % interval",
    "reward model": "what the learned reward model gives for the same stories",
    "wins against SFT": "how often the gold reward prefers its story to the one of the "
    "fine-tuned model (SFT), ties counting half, with the 95 % interval",
    "KL to its start": "nats per story by which it has moved from the model that it started from",
    "pass@1": "the share of right sampled answers to held-out additions",
}
