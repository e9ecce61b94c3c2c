"""Axes of pictures, and where their ticks and labels go."""

import math
from collections.abc import Iterable, Sequence

MAX_TICKS = 8  # steps of a linear axis
MAX_LINEAR_SPAN = 20  # largest value divided by the smallest
MIN_DECADES_SPAN = 100  # with ticks at powers of ten alone


def ticks(last: float) -> list[float]:
    """Return round numbers from 0 to `last`, with at most MAX_TICKS steps.

    Args:
        last: The end of the axis, more than 0.
    """
    min_step = last / MAX_TICKS
    power = 10 ** math.floor(math.log10(min_step))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= min_step)
    return [n * step for n in range(int(last / step) + 1)]


class Axis:
    """A linear axis from zero, or a logarithmic one for a large span.

    Attributes:
        first: The number at its beginning.
        last: The number at its end.
        logarithmic: Whether equal steps on it are equal ratios.
        ticks: The numbers that are marked on it.
    """

    def __init__(self, numbers: Iterable[float]) -> None:
        """Make an axis on which these numbers have a place.

        Args:
            numbers: At least one number; none is negative.
        """
        numbers = list(numbers)
        smallest, largest = min(numbers), max(numbers)
        self.first, self.last = 0.0, largest or 1.0
        self.logarithmic = 0 < smallest * MAX_LINEAR_SPAN < largest
        if not self.logarithmic:
            self.ticks = ticks(self.last)
            return
        lowest_power = math.floor(math.log10(smallest))
        highest_power = math.ceil(math.log10(largest))
        powers = range(lowest_power, highest_power + 1)
        decades = [10.0**power for power in powers]
        marks = [step * decade for decade in decades for step in (1, 2, 5)]
        self.first = max(mark for mark in marks if mark <= smallest)
        shown = decades if largest >= smallest * MIN_DECADES_SPAN else marks
        self.ticks = [tick for tick in shown if self.first <= tick <= largest]

    def place(self, number: float) -> float:
        """Return where a number is, 0 being the beginning and 1 the end."""
        if not self.logarithmic:
            return number / self.last
        return math.log(number / self.first) / math.log(self.last / self.first)

    @property
    def scale(self) -> str:
        """The name of its kind, "logarithmic" or "linear"."""
        return "logarithmic" if self.logarithmic else "linear"


def tick_label(number: float) -> str:
    """Return a number as it is written at an axis."""
    return f"{number:,.0f}" if number >= 1_000 else f"{number:g}"


def spread(
    levels: Sequence[float], heights: Sequence[float], end: float
) -> list[float]:
    """Return places for labels that do not cover each other.

    Args:
        levels: Where the labels should begin, in ascending order.
        heights: The height of each label.
        end: Where the last label may end.

    Returns:
        Where each label begins, in the order of the levels.
    """
    places: list[float] = []
    free = -math.inf
    for level, height in zip(levels, heights, strict=True):
        places.append(max(level, free))
        free = places[-1] + height
    for n in reversed(range(len(places))):
        end = min(places[n], end - heights[n])
        places[n] = end
    return places
