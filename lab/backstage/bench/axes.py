"""The axes of the pictures of a group of results."""

from backstage.bench.conclusions import Group, kind_of
from backstage.bench.run import Row
from backstage.drawing.axes import Axis


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
