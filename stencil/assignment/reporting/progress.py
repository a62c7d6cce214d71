"""How far the pipeline is, on the terminal: a line for each stage, and when it will be done."""

import time

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from assignment.config import PipelineConfig
from assignment.reporting.runner import PipelineDirectory, Record
from assignment.reporting.stages import STAGES, progress_of

LOG_SECONDS = 30.0
MEASURING = "report card"
MEASURING_SECONDS = {"smoke": 60, "tiny": 120}
START_UP_SECONDS = 25.0  # of a stage, however few steps it makes: importing and compiling
# With less of a stage done, its own speed says little about how long it will take.
TELLING_SHARE = 0.1


class Estimate:
    """When the pipeline will be done, from how fast it was so far.

    The first guess is the time that the stages took on the machine that they were made on. What was
    finished here tells how much slower or faster this machine is.

    Args:
        config: The pipeline.
    """

    def __init__(self, config: PipelineConfig):
        self.expected = {
            stage.name: START_UP_SECONDS
            + config.effort * max(stage.seconds[config.preset] - START_UP_SECONDS, 0.0)
            for stage in STAGES
        }
        self.expected[MEASURING] = MEASURING_SECONDS[config.preset]
        self.taken: dict[str, float] = {}
        self.share: dict[str, float] = {}

    def update(self, name: str, seconds: float, share: float) -> None:
        """Note that a stage has taken so long, and which share of it is done."""
        self.taken[name], self.share[name] = seconds, share

    @property
    def elapsed(self) -> float:
        return sum(self.taken.values())

    @property
    def remaining(self) -> float:
        """In seconds."""
        done = [name for name, share in self.share.items() if share == 1]
        usual = sum(self.expected[name] for name in done)
        factor = sum(self.taken[name] for name in done) / usual if usual else 1.0
        left = 0.0
        for name, expected in self.expected.items():
            seconds, share = self.taken.get(name, 0.0), self.share.get(name, 0.0)
            if share >= TELLING_SHARE:
                left += seconds / share * (1 - share)
            else:
                left += max(expected * factor - seconds, 0.0)
        return left


class ProgressDisplay:
    """Shows the state of every stage: live in a terminal, now and then in a log file.

    Args:
        directory: The pipeline's.
    """

    def __init__(self, directory: PipelineDirectory):
        self.directory = directory
        self.estimate = Estimate(directory.config)
        self.console = Console()
        # Refreshed by hand: the process is forked, so it should have no second thread.
        self.live = Live(console=self.console, auto_refresh=False)
        self.printed_at = 0.0
        for stage in STAGES:
            record = directory.record(stage)
            if record.finished:
                self.estimate.update(stage.name, record.seconds, 1.0)

    def __enter__(self):
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(self, *_):
        self.live.stop()

    def begin(self, title: str) -> None:
        """Say in a log file what comes next; a terminal shows it anyway."""
        if not self.console.is_terminal:
            print(f"{title} …", flush=True)

    def show(self, name: str, record: Record) -> None:
        """Show the state of the stage that is running, or has ended."""
        steps, total = progress_of(self.directory.path / name)
        self.estimate.update(name, record.seconds, 1.0 if record.finished else 0.99 * steps / total)
        if self.console.is_terminal:
            self.live.update(self._table(), refresh=True)
        elif record.finished or time.monotonic() - self.printed_at > LOG_SECONDS:
            self.printed_at = time.monotonic()
            state = f"step {steps} of {total}" if steps else "starting"
            state = "finished" if record.finished else state
            print(f"{name}: {state} after {clock(record.seconds)}; {self._outlook()}", flush=True)

    def _outlook(self) -> str:
        return (
            f"{clock(self.estimate.elapsed)} so far, about {clock(self.estimate.remaining)} to go"
        )

    def _table(self) -> Group:
        table = Table.grid(padding=(0, 2))
        for name in self.estimate.expected:
            share = self.estimate.share.get(name, 0.0)
            seconds = self.estimate.taken.get(name)
            bar = ProgressBar(total=1.0, completed=share, width=30)
            table.add_row(name, bar, clock(seconds) if seconds else "", f"{share:.0%}")
        return Group(table, self._outlook())


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
