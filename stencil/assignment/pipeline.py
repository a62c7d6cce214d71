"""Run every stage, and compare what each of them bought: python -m assignment.pipeline

Pre-training, fine-tuning, reward model, DPO, PPO, and GRPO; then a report card, as report.html and
report.md. Run the same command again to go on where it stopped.
"""

import signal
import sys

from assignment import command_line
from assignment.config import PipelineConfig

BLANK = 3
# Of the columns of the report card, those that fit a terminal.
SHOWN_COLUMNS = (0, 2, 3, 5, 7, 8)


def pipeline(config: PipelineConfig) -> None:
    """The stages one after the other, then the report card."""
    config.check()

    from assignment.reporting.progress import ProgressDisplay
    from assignment.reporting.runner import PipelineDirectory, StageFailedError

    directory = PipelineDirectory(config)
    stopped_by = None
    with directory.opened() as lock:
        try:
            with ProgressDisplay(directory) as display:
                try:
                    run_stages(directory, lock, display)
                except StageFailedError as failure:
                    # A student may not have written the later stages yet.
                    if failure.code != BLANK or not directory.finished():
                        raise
                    stopped_by = failure
            report(directory)
        except StageFailedError as failure:
            print(f"error: {failure}", file=sys.stderr)
            sys.exit(failure.code if failure.code > 0 else 128 - failure.code)
        except (SystemExit, KeyboardInterrupt) as stop:
            hint = f"To go on: {command_line.this_command()}"
            print(f"\nstopped, saved. {hint}", file=sys.stderr)
            sys.exit(getattr(stop, "code", 128 + signal.SIGINT))
    if stopped_by:
        print(f"\n{stopped_by}", file=sys.stderr)
        sys.exit(BLANK)


def run_stages(directory, lock: int, display) -> None:
    """Run the stages that are not finished."""
    from assignment.reporting.runner import run_stage
    from assignment.reporting.stages import STAGES

    for stage in STAGES:
        if not directory.record(stage).finished:
            display.begin(stage.name)
            run_stage(directory, stage, lock, lambda record, s=stage: display.show(s.name, record))


def report(directory) -> None:
    """Measure the stages, write the report card, print its table."""
    from rich.console import Console
    from rich.table import Table

    from assignment.reporting.making import CardMaker
    from assignment.reporting.page import write_report
    from assignment.reporting.sections import stage_table, totals

    print("The report card is made …", flush=True)
    card = CardMaker(directory, lambda line: print(f"  {line}", flush=True)).make()
    write_report(card, directory.path)
    rows = [[row[place] for place in SHOWN_COLUMNS] for row in stage_table(card)]
    table = Table(*rows[0])
    for row in rows[1:]:
        table.add_row(*row)
    Console().print(table)
    print(totals(card))
    print(f"The report card: {directory.path / 'report.html'}")


if __name__ == "__main__":
    command_line.run(pipeline, PipelineConfig)
