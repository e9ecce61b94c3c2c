"""Results of the benchmarks as pictures: bars, and lines where it scales."""

import math
import string
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import cycle, groupby, pairwise
from xml.etree import ElementTree

from .bench import Row, figure
from .picture import canvas, draw, finish, write

WIDTH = 79  # columns of the text
LINES = 12  # of the text, for a plot with two logarithmic axes
LEFT, RIGHT, MARGIN = 215, 640, 16  # pixels of the SVG, figures between them
BAR, HIGH = 18, 200  # pixels: a bar with its gap, a plot's height
BOUND, BOUND_LINE = "|", "-"  # of the text

Curve = list[tuple[float, float]]  # (pages, seconds), both more than 0


def text(rows: Sequence[Row]) -> str:
    """Return the pictures of all groups as lines of at most 80 columns."""
    found = []
    for own in by_group(rows):
        found.append(heading(own, BOUND_LINE if scales(own) else BOUND))
        found += text_curves(own) if scales(own) else text_bars(own)
        found.append("")
    return "\n".join(line.rstrip() for line in found[:-1])


def svg(rows: Sequence[Row], about: str) -> str:
    """Return the pictures of all groups as one SVG, 800 pixels wide.

    Arguments: `about`, a line on where and when they were measured.
    """
    picture = canvas("Benchmarks", about)
    y = 84.0
    for own in by_group(rows):
        write(picture, heading(own, "red"), MARGIN, y)
        draw_group = draw_curves if scales(own) else draw_bars
        y = draw_group(picture, own, y + 12) + 34
    return finish(picture, y - 20)


def by_group(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the rows of each group, in the order of the file."""
    groups = groupby(rows, key=lambda row: row.group)
    return [list(own) for _, own in groups]


def scales(rows: Sequence[Row]) -> bool:
    """Tell whether a group is one of more and more pages."""
    return any("count" in row.more for row in rows)


def heading(rows: Sequence[Row], sign: str) -> str:
    """Return the heading of a group, with the sign of the ideal."""
    told = f"{rows[0].group}, {rows[0].unit}; {sign}: the ideal"
    ideals = {row.about for row in rows}
    if len(ideals) == 1:
        told += f", {ideals.pop()}"
    if scales(rows):
        told += "; both axes logarithmic"
    return told


def longest(rows: Iterable[Row]) -> float:
    """Return the longest time in a group's own unit."""
    return max(row.most * row.factor for row in rows)


def text_bars(rows: Sequence[Row]) -> list[str]:
    """Return a bar for each median, from zero on."""
    wide = max(len(row.name) for row in rows)
    columns = WIDTH - wide - 10
    scale = columns / longest(rows)
    lines = []
    for row in rows:
        length = row.median * row.factor * scale
        bar = f"{'█' * int(length)}{' ▏▎▍▌▋▊▉'[int(length % 1 * 8)]}"
        if row.ideal:
            at = min(round(row.ideal * row.factor * scale), columns - 1)
            bar = f"{bar:<{columns}}"
            bar = bar[:at] + BOUND + bar[at + 1 :]
        shown = figure(row.median * row.factor)
        lines.append(f"{row.name:<{wide}} {shown:>7} {bar}")
    return lines


def draw_bars(
    picture: ElementTree.Element, rows: Sequence[Row], y: float
) -> float:
    """Draw a bar for each median, from zero on; return where they end.

    A thin line goes from the shortest time to the longest.
    """
    scale = (RIGHT - LEFT) / longest(rows)
    for row in rows:
        low, middle, high, ideal = (
            LEFT + seconds * row.factor * scale
            for seconds in (row.least, row.median, row.most, row.ideal or 0)
        )
        write(picture, row.name, LEFT - 8, y + 12, anchor="end")
        size = {"width": middle - LEFT, "height": BAR - 5}
        draw(picture, "rect", "busy", x=LEFT, y=y + 2, **size)
        half = y + BAR / 2
        draw(picture, "line", "range", x1=low, x2=high, y1=half, y2=half)
        if row.ideal:
            draw(
                picture, "line", "bound", x1=ideal, x2=ideal, y1=y, y2=y + BAR
            )
        shown = figure(row.median * row.factor)
        if row.times:
            shown += f" ({figure(row.times)} times)"
        write(picture, shown, max(high, ideal) + 6, y + 12, "dim")
        y += BAR
    return y


def curves(rows: Sequence[Row]) -> dict[str, Curve]:
    """Return the medians by the number of pages, for each kind of client."""
    found = defaultdict[str, Curve](list)
    for row in rows:
        kind = row.name.rpartition(", ")[0]
        found[kind].append((row.more["count"], row.median))
    return found


class Axis:
    """A logarithmic axis from one power of ten to another."""

    def __init__(self, numbers: Iterable[float]) -> None:
        logs = [math.log10(number) for number in numbers]
        self.first = math.floor(min(logs))
        self.last = max(math.ceil(max(logs)), self.first + 1)

    def place(self, number: float) -> float:
        """Return where a number is, 0 being the beginning and 1 the end."""
        return (math.log10(number) - self.first) / (self.last - self.first)

    def powers(self) -> list[float]:
        """Return the powers of ten on it."""
        return [10.0**n for n in range(self.first, self.last + 1)]


def axes(rows: Sequence[Row]) -> tuple[Axis, Axis]:
    """Return the axes of the pages and of the seconds."""
    seconds = [row.median for row in rows]
    seconds += [row.ideal for row in rows if row.ideal]
    return Axis(row.more["count"] for row in rows), Axis(seconds)


def between(first: float, last: float, count: int) -> list[float]:
    """Return so many numbers from one to another, at equal ratios."""
    ratio = (last / first) ** (1 / (count - 1))
    return [first * ratio**n for n in range(count)]


def text_curves(rows: Sequence[Row]) -> list[str]:
    """Return a plot of the seconds by the pages, a letter for each client.

    From the 53rd client on letters are used again.
    """
    columns = WIDTH - 8
    x_axis, y_axis = axes(rows)
    grid = [[" "] * columns for _ in range(LINES)]

    def put(sign: str, pages: float, seconds: float) -> None:
        x = round(x_axis.place(pages) * (columns - 1))
        y = round((1 - y_axis.place(seconds)) * (LINES - 1))
        grid[y][x] = sign

    first, last = x_axis.powers()[0], x_axis.powers()[-1]
    for ideal in {row.ideal for row in rows if row.ideal}:
        for pages in between(first, last, columns):
            put(BOUND_LINE, pages, ideal)
    found = curves(rows)
    signs = dict(zip(found, cycle(string.ascii_letters), strict=False))
    for kind, curve in found.items():
        for (n0, s0), (n1, s1) in pairwise(curve):
            steps = zip(
                between(n0, n1, columns), between(s0, s1, columns), strict=True
            )
            for point in steps:
                put(signs[kind], *point)
        put(signs[kind], *curve[-1])
    lines = ["".join(line) for line in grid]
    shown = {
        round((1 - y_axis.place(power)) * (LINES - 1)): f"{power:g} s"
        for power in y_axis.powers()
    }
    lines = [f"{shown.get(n, ''):>7}│{line}" for n, line in enumerate(lines)]
    scale = " " * 7
    for power in x_axis.powers():
        at = 8 + round(x_axis.place(power) * (columns - 1))
        label = f"{power:,.0f}"
        scale = f"{scale:<{min(at, WIDTH - len(label))}}{label}"
    legend = ", ".join(f"{sign}: {kind}" for kind, sign in signs.items())
    return [
        *lines,
        f"{scale} pages"[:WIDTH],
        *textwrap.wrap(legend, WIDTH),
    ]


def draw_curves(
    picture: ElementTree.Element, rows: Sequence[Row], y: float
) -> float:
    """Draw the seconds by the pages; return where the plot ends."""
    x_axis, y_axis = axes(rows)

    def place(pages: float, seconds: float) -> tuple[float, float]:
        wide = x_axis.place(pages) * (RIGHT - LEFT)
        return LEFT + wide, y + (1 - y_axis.place(seconds)) * HIGH

    for power in x_axis.powers():
        x, bottom = place(power, y_axis.powers()[0])
        draw(picture, "line", "grid", x1=x, x2=x, y1=y, y2=bottom)
        write(picture, f"{power:,.0f} pages", x, bottom + 16, "dim", "middle")
    for power in y_axis.powers():
        x, level = place(x_axis.powers()[0], power)
        draw(picture, "line", "grid", x1=x, x2=RIGHT, y1=level, y2=level)
        write(picture, f"{power:g} s", x - 8, level + 4, "dim", "end")
    for ideal in {row.ideal for row in rows if row.ideal}:
        x, level = place(x_axis.powers()[0], ideal)
        draw(picture, "line", "bound", x1=x, x2=RIGHT, y1=level, y2=level)
    ends: list[float] = []
    for kind, curve in sorted(
        curves(rows).items(), key=lambda one: one[1][-1][1]
    ):
        points = [place(*point) for point in curve]
        path = " ".join(f"{x:.1f},{level:.1f}" for x, level in points)
        draw(picture, "polyline", "curve").set("points", path)
        for x, level in points:
            draw(picture, "circle", "ok", cx=x, cy=level, r=3.5)
        x, level = points[-1]
        if ends:  # the labels do not cover each other
            level = min(level, ends[-1] - 13)
        ends.append(level)
        told = f"{kind}, {figure(curve[-1][1])} s"
        write(picture, told, x + 8, level + 4)
    return y + HIGH + 16
