"""Measure a trained model: python -m assignment.evaluate --run-dir runs/NAME"""

import json

from assignment import command_line
from assignment.config import EvaluateConfig
from assignment.quiet_start import import_tensorflow

TASKS = {
    "train": ("text",),
    "sft": ("text", "instructions", "stories", "arithmetic"),
    "reward_model": ("pairs",),
    "dpo": ("text", "instructions", "stories"),
    "ppo": ("text", "instructions", "stories"),
    "grpo": ("text", "arithmetic"),
}


def evaluate(config: EvaluateConfig) -> None:
    """Print the figures that suit the stage of the run, and write them to a file."""
    config.check()
    import_tensorflow()

    from rich.console import Console
    from rich.table import Table

    from assignment.reporting.tasks import RunMeasures
    from assignment.training.runs import RunDirectory

    run = RunDirectory(config.run_dir)
    stage = run.stage()
    tasks = config.tasks or TASKS[stage]
    check(stage, tasks)
    measures = RunMeasures(run, config)
    title = f"{run.path}, stage {stage}"
    table = Table("quantity", "value", title=title, title_justify="left")
    figures = {}
    for task in tasks:
        measured = getattr(measures, task)()
        table.add_section()
        for quantity, value in measured.items():
            shown = f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
            table.add_row(quantity.replace("_", " "), shown)
        figures |= measured
    Console().print(table)
    for exercise in dict.fromkeys(measures.blanks):
        print(f"More could be measured, but the exercise {exercise} is still blank.")
    if config.json:
        config.json.write_text(json.dumps(figures, indent=2) + "\n")


def check(stage: str, tasks) -> None:
    """Raise ValueError if a model of this stage cannot do one of the tasks."""
    scores = stage == "reward_model"
    impossible = [task for task in tasks if (task == "pairs") != scores]
    if impossible:
        raise ValueError(
            f"A run of the stage {stage} cannot be measured on: {', '.join(impossible)}. "
            f"It can on: {', '.join(TASKS[stage])}"
        )


if __name__ == "__main__":
    command_line.run(evaluate, EvaluateConfig)
