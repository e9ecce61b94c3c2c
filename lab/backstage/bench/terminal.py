"""Pictures of results as text, for a terminal.

A group is drawn as bars from zero. It is drawn as dots if its times need a
logarithmic axis, and as lines if its rows differ in their number of pages.
"""

import string
from itertools import cycle, pairwise

from backstage.bench.axes import (
    describe_axes,
    pages_axis,
    rows_by_client,
    times_axis,
)
from backstage.bench.conclusions import conclude, conclude_section
from backstage.bench.groups import Group, group_rows
from backstage.bench.labels import (
    describe_source,
    explain_mark,
    list_explanations,
    list_notes,
)
from backstage.bench.results import Results, Row
from backstage.drawing.axes import Axis, spread, tick_label
from backstage.drawing.text import COLUMNS, wrap

PLOT_LINES = 12  # of a plot with lines, at least
SCALE_COLUMNS = 8  # left of such a plot, with the line of its axis
BAR, BAR_ENDS = "█", " ▏▎▍▌▋▊▉"  # a column, and eighths of one
DOT, GUIDE = "●", "·"
IDEAL, IDEAL_LINE = "|", "-"


def draw_text(results: Results) -> str:
    """Return the pictures of all groups, in lines of at most 79 columns."""
    return "\n\n".join(map(_draw_group, group_rows(results.rows)))


def _draw_group(group: Group) -> str:
    """Return the picture of a group, with its title and explanations."""
    above = [
        conclude(group),
        group.description.measured,
        describe_axes(group),
    ]
    below = []
    mark = explain_mark(group)
    if mark:
        sign = IDEAL_LINE if group.counts_pages else IDEAL
        below.append(f"{sign}  {mark}")
    if group.parts:
        below.append(f"{', '.join(sorted(group.parts))}: part of the work")
    below.append(f"{describe_source(group)}.")
    below += [*list_explanations(group), *list_notes(group)]
    draw_rows = _draw_lines if group.counts_pages else _draw_bars
    lines = [
        group.name.upper(),
        *wrap(above),
        *draw_rows(group),
        *wrap(below),
    ]
    return "\n".join(line.rstrip() for line in lines)


def _draw_bars(group: Group) -> list[str]:
    """Return a line with a bar or a dot for each row, and the axis."""
    axis = times_axis(group)
    names = max(len(group.short_name(row)) for row in group.rows)
    times = max(len(group.format_time(row.median)) for row in group.rows)
    start = names + times + 2
    columns = COLUMNS - start - 1
    lines = []
    for section, rows in group.sections.items():
        lines += wrap([conclude_section(group, section)])
        for row in rows:
            name = f"{group.short_name(row):<{names}}"
            time = f"{group.format_time(row.median):>{times}}"
            lines.append(f"{name} {time} {_draw_bar(row, axis, columns)}")
    return [*lines, _draw_ticks(axis, start, columns)]


def _draw_bar(row: Row, axis: Axis, columns: int) -> str:
    """Return a bar or a dot, with the mark of the ideal.

    Args:
        row: The row whose median is drawn.
        axis: The axis of the times.
        columns: The length of the axis.
    """
    length = axis.place(row.median) * columns
    if axis.logarithmic:
        bar = GUIDE * round(length) + DOT
    else:
        bar = BAR * int(length) + BAR_ENDS[int(length % 1 * len(BAR_ENDS))]
    if not row.ideal:
        return bar
    column = round(axis.place(row.ideal) * columns)
    if axis.logarithmic and column == round(length):
        return bar
    bar = bar.ljust(column)
    return bar[:column] + IDEAL + bar[column + 1 :]


def _draw_ticks(axis: Axis, start: int, columns: int) -> str:
    """Return a line with the numbers along a horizontal axis.

    A number that would cover the one before is left out.

    Args:
        axis: The axis.
        start: The column in which it begins.
        columns: Its length.
    """
    line = ""
    for tick in axis.ticks:
        label = tick_label(tick)
        half = len(label) // 2
        column = start + round(axis.place(tick) * columns) - half
        column = min(column, COLUMNS - len(label))
        free = len(line) + 1 if line else 0
        if column + half < free:
            continue
        column = max(column, free)
        if column + len(label) <= COLUMNS:
            line = f"{line:<{column}}{label}"
    return line


def _draw_lines(group: Group) -> list[str]:
    """Return a plot of the times by the pages, with a letter for each client.

    The 53rd client has the letter of the first one again.
    """
    times, pages = times_axis(group), pages_axis(group)
    clients = rows_by_client(group)
    letters = dict(zip(clients, cycle(string.ascii_letters), strict=False))
    # In the order of the labels, which stand at the ends of the lines.
    order = sorted(clients, key=lambda client: -clients[client][-1].median)
    labels = [
        f" {letters[client]} {client}"
        f" {group.format_time(clients[client][-1].median)}"
        for client in order
    ]
    last_line = max(PLOT_LINES, len(clients)) - 1
    widest = max(map(len, labels))
    last_column = max(COLUMNS - SCALE_COLUMNS - 1 - widest, COLUMNS // 3)

    def line_of(time: float) -> float:
        return (1 - times.place(time)) * last_line

    grid = [[" "] * (last_column + 1) for _ in range(last_line + 1)]
    for row in group.rows:
        if row.ideal:
            line = round(line_of(row.ideal))
            grid[line] = [IDEAL_LINE] * (last_column + 1)
    for client, rows in clients.items():
        points = [
            (pages.place(row.pages) * last_column, line_of(row.median))
            for row in rows
        ]
        _draw_letters(grid, letters[client], points)

    scale = {round(line_of(tick)): tick_label(tick) for tick in times.ticks}
    lines = [
        f"{scale.get(n, ''):>{SCALE_COLUMNS - 1}}│{''.join(columns)}"
        for n, columns in enumerate(grid)
    ]
    levels = [
        float(round(line_of(clients[client][-1].median))) for client in order
    ]
    places = spread(levels, [1] * len(levels), last_line + 1)
    for place, label in zip(places, labels, strict=True):
        lines[round(place)] += label
    return [
        *(line[:COLUMNS] for line in lines),
        _draw_ticks(pages, SCALE_COLUMNS, last_column),
    ]


def _draw_letters(
    grid: list[list[str]], letter: str, points: list[tuple[float, float]]
) -> None:
    """Draw a line through points, made of one letter.

    Args:
        grid: The signs of each line, which are changed.
        letter: The letter of the client.
        points: Pairs of a column and a line.
    """
    for (x0, y0), (x1, y1) in pairwise([*points, points[-1]]):
        for step in range(COLUMNS + 1):
            share = step / COLUMNS
            x = round(x0 + (x1 - x0) * share)
            y = round(y0 + (y1 - y0) * share)
            grid[y][x] = letter
