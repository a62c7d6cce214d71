"""The table at the end of a run: what came out, how it compares, what to do next."""

from rich.console import Console
from rich.table import Table

from assignment.config import TrainConfig
from assignment.training.reference import ReferenceCurve, load_reference
from assignment.training.runs import RunDirectory
from assignment.training.tracking import read_metrics

CURVES = "tensorboard --logdir runs"


def print_summary(
    run: RunDirectory,
    config: TrainConfig,
    final: dict[str, float],
    reference: ReferenceCurve | None,
    seconds: float,
) -> None:
    """Print the result of a finished run.

    Args:
        run: Its directory.
        config: Its resolved configuration.
        final: The metrics on the validation part; see `Evaluator.evaluate`.
        reference: The curve to compare with.
        seconds: How long this part of the run took.
    """
    table = Table(
        title=f"{run.path}: {config.steps} steps", show_header=False, title_justify="left"
    )
    table.add_row("validation loss", f"{final['loss']:.4f} nats per token")
    if "first_tokens" in final:
        table.add_row("measured on", f"the first {final['first_tokens']:,} held-out tokens")
    table.add_row("perplexity", f"{final['perplexity']:.3f}")
    table.add_row("nats per character", f"{final['nats_per_character']:.4f}")
    if "floor" in final:
        table.add_row("entropy floor", f"{final['floor']:.4f} nats per token")
        table.add_row("gap to the floor", f"{final['floor_gap']:+.2%}")
    metrics = read_metrics(run.metrics)
    if reference:
        table.add_row("against the reference", reference.verdict(metrics))
    if config.model != "transformer":
        comparison = _against_transformer(config, metrics)
        if comparison:
            table.add_row("against the transformer", comparison)
    table.add_row("time", f"{seconds:.0f} s")
    table.add_row("curves", CURVES)
    table.add_row("write with it", f"python -m assignment.sample --run-dir {run.path}")
    if config.model != "transformer":
        same = f" --preset {config.preset}" if config.preset != TrainConfig.preset else ""
        table.add_row("next", f"python -m assignment.train --model transformer{same}")
    Console().print(table)


def print_stage_summary(
    title: str, rows: list[tuple[str, str, str]], seconds: float, hints: dict[str, str]
) -> None:
    """Print what a post-training stage has changed.

    Args:
        title: Above the table.
        rows: For each measure its name, its value before the stage, and after it.
        seconds: How long this part of the run took.
        hints: Command lines for what to do next.
    """
    table = Table("", "before", "after", title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
    for name, command in ({"time": f"{seconds:.0f} s", "curves": CURVES} | hints).items():
        print(f"{name}: {command}")


def _against_transformer(config: TrainConfig, metrics: list[dict]) -> str | None:
    """How much worse than the transformer of the same preset, corpus and number of steps."""
    import dataclasses

    twin, model = dataclasses.replace(config, model="transformer", bahdanau=False).resolve()
    reference = load_reference("train", model, twin.settings())
    last = [line for line in metrics if line["prefix"] == "validation"][-1]
    band = reference and reference.at(last["step"])
    if not band:
        return None
    return (
        f"{last['loss'] / band['mean'] - 1:+.1%}: {last['loss']:.4f} against {band['mean']:.4f} "
        f"after the same {last['step']} steps, at about the same cost per token"
    )
