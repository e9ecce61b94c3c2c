"""The axes of a group's picture: times, and numbers of pages."""

from backstage.bench.groups import Group, client_of
from backstage.bench.results import Row
from backstage.drawing.axes import Axis


def times_axis(group: Group) -> Axis:
    """Return the axis of the times, in the group's unit."""
    return Axis(
        time
        for row in group.rows
        for time in (row.shortest, row.median, row.longest, row.ideal)
        if time is not None
    )


def pages_axis(group: Group) -> Axis:
    """Return the axis of the numbers of pages, with a tick at each."""
    counts = sorted({float(row.pages) for row in group.rows})
    axis = Axis(counts)
    axis.ticks = counts
    return axis


def describe_axes(group: Group) -> str:
    """Return what the axes of a group's picture show, and how they grow."""
    times = f"median time in {group.unit}"
    axis = times_axis(group)
    if group.counts_pages:
        return (
            f"x axis: pages at the same time, {pages_axis(group).scale}. "
            f"y axis: {times}, {axis.scale}. Less is better."
        )
    if not axis.logarithmic:
        return f"x axis: {times}. Less is better."
    is_decades = axis.ticks[1] >= axis.ticks[0] * 9
    steps = "; each line is ten times the one before" if is_decades else ""
    return f"x axis: {times}, logarithmic{steps}. Less is better."


def rows_by_client(group: Group) -> dict[str, list[Row]]:
    """Return the rows of each client, from few pages to many."""
    clients: dict[str, list[Row]] = {}
    for row in sorted(group.rows, key=lambda row: row.pages):
        clients.setdefault(client_of(row), []).append(row)
    return clients
