"""Axes of the pictures of results, and where their labels go."""

import math
from collections.abc import Iterable, Sequence

from backstage.bench.conclusions import Group, kind_of
from backstage.bench.run import Row
from backstage.drawing.canvas import ticks

MAX_LINEAR_SPAN = 20  # largest value divided by the smallest
MIN_DECADES_SPAN = 100  # with ticks at powers of ten alone


class Axis:
    """A linear axis from zero, or a logarithmic one for a large span."""

    def __init__(self, numbers: Iterable[float]) -> None:
        numbers = list(numbers)
        least, most = min(numbers), max(numbers)
        self.first, self.last = 0.0, most or 1.0
        self.logarithmic = 0 < least * MAX_LINEAR_SPAN < most
        if not self.logarithmic:
            self.ticks = ticks(self.last)
            return
        powers = range(
            math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1
        )
        decades = [10.0**power for power in powers]
        marks = [step * decade for decade in decades for step in (1, 2, 5)]
        self.first = max(mark for mark in marks if mark <= least)
        shown = decades if most >= least * MIN_DECADES_SPAN else marks
        self.ticks = [tick for tick in shown if self.first <= tick <= most]

    def place(self, number: float) -> float:
        """Return where a number is, 0 being the beginning and 1 the end."""
        if not self.logarithmic:
            return number / self.last
        return math.log(number / self.first) / math.log(self.last / self.first)

    @property
    def scale(self) -> str:
        """The word for how it grows."""
        return "logarithmic" if self.logarithmic else "linear"


def times_axis(group: Group) -> Axis:
    """Return the axis of the times, in the group's unit."""
    seconds = (
        (time, row.factor)
        for row in group.rows
        for time in (row.least, row.median, row.most, row.ideal)
    )
    return Axis(time * factor for time, factor in seconds if time is not None)


def pages_axis(group: Group) -> Axis:
    """Return the axis of the numbers of pages, with a tick for each."""
    counts = sorted({row.more["count"] for row in group.rows})
    axis = Axis(counts)
    axis.ticks = counts
    return axis


def describe_axes(group: Group) -> str:
    """Return what the axes of a group's picture show, and how they grow."""
    times = f"median time in {group.unit}"
    axis = times_axis(group)
    if group.has_counts:
        return (
            f"x axis: pages at the same time, {pages_axis(group).scale}. "
            f"y axis: {times}, {axis.scale}. Less is better."
        )
    if not axis.logarithmic:
        return f"x axis: {times}. Less is better."
    is_decades = axis.ticks[1] >= axis.ticks[0] * 9
    steps = "; each line is ten times the one before" if is_decades else ""
    return f"x axis: {times}, logarithmic{steps}. Less is better."


def lines_of(group: Group) -> dict[str, list[Row]]:
    """Return the rows of each kind of client, from few pages to many."""
    lines: dict[str, list[Row]] = {}
    for row in sorted(group.rows, key=lambda row: row.more["count"]):
        lines.setdefault(kind_of(row), []).append(row)
    return lines


def spread(
    levels: Sequence[float], heights: Sequence[float], end: float
) -> list[float]:
    """Return places for labels that do not cover each other.

    Arguments: `levels`, where they should begin, in ascending order;
    `heights`, of each label; `end`, where the last may end.
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


def tick_label(number: float) -> str:
    """Return a number as it stands at an axis."""
    return f"{number:,.0f}" if number >= 1_000 else f"{number:g}"
