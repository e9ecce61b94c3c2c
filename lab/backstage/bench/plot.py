"""Results of the benchmarks as pictures: in text here, as SVG in `chart`.

A group is drawn as bars from zero, as dots if its times need a logarithmic
axis, or as lines if its rows differ in their number of pages.
"""

import re
import string
import textwrap
from collections.abc import Iterable, Sequence
from itertools import cycle, pairwise
from pathlib import Path

from backstage.bench.axes import (
    describe_axes,
    lines_of,
    pages_axis,
    times_axis,
)
from backstage.bench.chart import svg
from backstage.bench.conclusions import Group, value
from backstage.bench.run import Results, Row, by_group
from backstage.drawing.axes import Axis, spread, tick_label
from backstage.files import write_whole

WIDTH = 79  # columns
LINES = 12  # of a plot of lines, or as many as it has labels
BOUND, BOUND_LINE, DOT, GUIDE = "|", "-", "●", "·"
EIGHTHS = " ▏▎▍▌▋▊▉"


def text(rows: Sequence[Row]) -> str:
    """Return the pictures of all groups as lines of at most 80 columns."""
    return "\n\n".join(
        text_group(Group(rows)) for rows in by_group(rows).values()
    )


def text_group(group: Group) -> str:
    """Return the picture of a group, with what explains it."""
    draw_group = text_lines if group.has_counts else text_rows
    above = [group.title, group.subject.measured, describe_axes(group)]
    below = list[str]()
    if group.mark:
        sign = BOUND_LINE if group.has_counts else BOUND
        below.append(f"{sign}  {group.mark}")
    if group.parts:
        below.append(f"{', '.join(sorted(group.parts))}: part of the work")
    below.append(f"{group.source}.")
    lines = [
        group.name.upper(),
        *wrap(above),
        *draw_group(group),
        *wrap([*below, *group.explanations, *group.notes]),
    ]
    return "\n".join(line.rstrip() for line in lines)


def write_svgs(results: Results, file: Path) -> list[Path]:
    """Write the picture of each group as an SVG; return where they are.

    A single group goes to `file`. The pictures of several have the group's
    name before the suffix: FILE-waiting.svg, for example.

    Raises OSError where a file cannot be written.
    """
    pictures = svgs(results)
    paths = {
        name: file.with_stem(f"{file.stem}-{name}")
        if len(pictures) > 1
        else file
        for name in pictures
    }
    for name, path in paths.items():
        write_whole(path, pictures[name])
    return list(paths.values())


def svgs(results: Results) -> dict[str, str]:
    """Return an SVG of each group, by its name as a part of a file's name."""
    pictures: dict[str, str] = {}
    for name, rows in by_group(results.rows).items():
        slug = re.sub(r"\W+", "-", name.lower()).strip("-") or "group"
        while slug in pictures:
            slug += "-2"
        pictures[slug] = svg(Group(rows), results.about)
    return pictures


def wrap(paragraphs: Iterable[str]) -> list[str]:
    """Return paragraphs as lines of the text's width."""
    return [
        line
        for paragraph in paragraphs
        for line in textwrap.wrap(paragraph, WIDTH)
    ]


def text_rows(group: Group) -> list[str]:
    """Return a line with a bar or a dot for each row, and the axis."""
    axis = times_axis(group)
    names = max(len(group.short_name(row)) for row in group.rows)
    times = max(len(group.time(value(row))) for row in group.rows)
    before = names + times + 2
    end = WIDTH - before - 1

    lines = []
    for heading, rows in zip(
        group.headings, group.sections.values(), strict=True
    ):
        if heading:
            lines += wrap([heading])
        for row in rows:
            at = axis.place(value(row)) * end
            shape = f"{'█' * int(at)}{EIGHTHS[int(at % 1 * 8)]}"
            if axis.logarithmic:
                shape = f"{GUIDE * round(at)}{DOT}"
            if row.ideal:
                bound = round(axis.place(row.ideal * row.factor) * end)
                shape = shape.ljust(bound)
                if not (axis.logarithmic and bound == round(at)):
                    shape = shape[:bound] + BOUND + shape[bound + 1 :]
            name, time = group.short_name(row), group.time(value(row))
            lines.append(f"{name:<{names}} {time:>{times}} {shape}")
    return [*lines, text_ticks(axis, before, end)]


def text_ticks(axis: Axis, start: int, end: int) -> str:
    """Return a line with the numbers of a horizontal axis.

    Arguments: `start`, the column of the axis' beginning; `end`, how many
    columns later it line_ends.
    """
    line = ""
    for tick in axis.ticks:
        label = tick_label(tick)
        half = len(label) // 2
        column = start + round(axis.place(tick) * end) - half
        column = min(column, WIDTH - len(label))
        free = len(line) + 1 if line else 0
        column = max(column, free) if column + half >= free else WIDTH
        if column + len(label) <= WIDTH:
            line = f"{line:<{column}}{label}"
    return line


def text_lines(group: Group) -> list[str]:
    """Return a plot of the times by the pages, a letter for each client.

    From the 53rd client on letters are used again.
    """
    x_axis, y_axis = pages_axis(group), times_axis(group)
    kinds = lines_of(group)
    letters = dict(zip(kinds, cycle(string.ascii_letters), strict=False))
    line_ends = sorted(kinds.items(), key=lambda kind: -value(kind[1][-1]))
    labels = [
        f" {letters[kind]} {kind} {group.time(value(rows[-1]))}"
        for kind, rows in line_ends
    ]
    last_line = max(LINES, len(kinds)) - 1
    last = max(WIDTH - 9 - max(map(len, labels)), WIDTH // 3)

    def place(row: Row) -> tuple[float, float]:
        x = x_axis.place(row.more["count"]) * last
        return x, (1 - y_axis.place(value(row))) * last_line

    grid = [[" "] * (last + 1) for _ in range(last_line + 1)]
    for row in group.rows:
        if row.ideal:
            level = 1 - y_axis.place(row.ideal * row.factor)
            grid[round(level * last_line)] = [BOUND_LINE] * (last + 1)
    for kind, rows in kinds.items():
        points = [place(row) for row in rows]
        for (x0, y0), (x1, y1) in pairwise([*points, points[-1]]):
            for step in range(WIDTH + 1):
                share = step / WIDTH
                x = round(x0 + (x1 - x0) * share)
                grid[round(y0 + (y1 - y0) * share)][x] = letters[kind]

    scale = {
        round((1 - y_axis.place(tick)) * last_line): tick_label(tick)
        for tick in y_axis.ticks
    }
    lines = [
        f"{scale.get(n, ''):>7}│{''.join(columns)}"
        for n, columns in enumerate(grid)
    ]
    levels = [place(rows[-1])[1] for _, rows in line_ends]
    rounded = [float(round(level)) for level in levels]
    places = spread(rounded, [1] * len(rounded), last_line + 1)
    for place_of, label in zip(places, labels, strict=True):
        lines[round(place_of)] += label
    return [
        *(line[:WIDTH] for line in lines),
        text_ticks(x_axis, 8, last),
    ]
