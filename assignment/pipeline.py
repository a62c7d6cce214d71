"""Run every stage, and compare what each of them bought: python -m assignment.pipeline

Pre-training, fine-tuning, reward model, DPO, PPO, and GRPO; then a report card, as report.html and
report.md. Run the same command again to go on where it stopped.
"""

import signal
import sys

from assignment import command_line
from assignment.config import PipelineConfig
from assignment.quiet_start import import_tensorflow

BLANK = 3
# Of the columns of the report card, those that fit a terminal.
SHOWN_COLUMNS = (0, 2, 3, 5, 7, 8)


def pipeline(config: PipelineConfig) -> None:
    """The stages one after the other, then the report card."""
    config.check()

    from assignment.reporting.progress import ProgressDisplay
    from assignment.reporting.runner import PipelineDirectory, StageFailedError

    directory = PipelineDirectory(config)
    with directory.opened() as lock:
        try:
            with ProgressDisplay(directory) as display:
                blank = run_stages(directory, lock, display)
            report(directory)
        except StageFailedError as failure:
            print(f"error: {failure}", file=sys.stderr)
            sys.exit(failure.code if failure.code > 0 else 128 - failure.code)
        except (SystemExit, KeyboardInterrupt) as stop:
            hint = f"To go on: {command_line.this_command()}"
            print(f"\nstopped, saved. {hint}", file=sys.stderr)
            sys.exit(getattr(stop, "code", 128 + signal.SIGINT))
    if blank:
        print("\n".join(str(failure) for failure in blank), file=sys.stderr)
        sys.exit(BLANK)


def run_stages(directory, lock: int, display) -> list:
    """Run the stages that are not finished, as far as the exercises are filled in.

    Returns:
        How the stages ended that met a blank exercise; a student may not have come so far. Those
        that need them are left out.
    """
    from assignment.reporting.runner import StageFailedError, run_stage
    from assignment.reporting.stages import STAGES

    blank = []
    for stage in STAGES:
        finished = {other.name for other in directory.finished()}
        if stage.name in finished or not finished.issuperset(stage.parents):
            continue
        display.begin(stage.name)
        try:
            run_stage(directory, stage, lock, lambda record, s=stage: display.show(s.name, record))
        except StageFailedError as failure:
            if failure.code != BLANK or not finished:
                raise
            blank.append(failure)
    return blank


def report(directory) -> None:
    """Measure the stages, write the report card, print its table."""
    import_tensorflow()

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
