"""What a model does on the panel of tasks, and how it compares with another one."""

import contextlib
import dataclasses
from collections.abc import Iterator

from assignment import command_line
from assignment.evaluation.win_rates import (
    length_controlled_win_rate,
    outcomes,
    wilson_interval,
)


@dataclasses.dataclass(frozen=True)
class Measured:
    """What a model does on the panel."""

    figures: dict[str, float]
    golds: list[float] = dataclasses.field(default_factory=list)
    """The gold reward of its story for each request."""
    lengths: list[int] = dataclasses.field(default_factory=list)
    """The tokens of each story."""
    examples: dict[str, str] = dataclasses.field(default_factory=dict)
    """Some of the prompts, and what it answered."""
    blanks: list[str] = dataclasses.field(default_factory=list)
    """The exercises for want of which something could not be measured."""

    @contextlib.contextmanager
    def as_far_as_possible(self) -> Iterator[None]:
        """Go on behind this block when an exercise in it is blank: a student may not be so far."""
        try:
            yield
        except NotImplementedError as error:
            if (blank := command_line.blank_behind(error)) is None:
                raise
            self.blanks.append(blank[0])


def comparison_figures(measured: Measured, other: Measured) -> dict[str, float]:
    """How often the gold judge prefers the story of the first of two models; ties count half."""
    wins = outcomes(measured.golds, other.golds)
    rate = float(wins.mean())
    low, high = wilson_interval(rate, len(wins))
    controlled, (controlled_low, controlled_high) = length_controlled_win_rate(
        wins, measured.lengths, other.lengths
    )
    return {
        "win_rate": rate,
        "win_rate_low": low,
        "win_rate_high": high,
        "length_controlled_win_rate": controlled,
        "length_controlled_win_rate_low": controlled_low,
        "length_controlled_win_rate_high": controlled_high,
    }
