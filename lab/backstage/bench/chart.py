"""A picture of a group of results, as an SVG."""

import math
import textwrap
from collections import Counter
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from backstage.bench.axes import (
    describe_axes,
    lines_of,
    pages_axis,
    times_axis,
)
from backstage.bench.conclusions import Group, value
from backstage.bench.run import Row
from backstage.drawing.axes import Axis, spread, tick_label
from backstage.drawing.canvas import MARGIN, canvas, draw, finish, write

# All in pixels.
LEFT, RIGHT = 170, 540  # of bars and dots: names to the left, times beyond
ROW, SECTION = 24, 32  # heights of a row and of a section's heading
REASON = 20  # height of a reason below one of them
RADIUS = 5  # of a dot
PLOT_LEFT, PLOT_RIGHT, PLOT_HEIGHT = 60, 482, 300
PADDING = 12  # between a plot's axes and its smallest values
LABELS = PLOT_RIGHT + 20  # where the labels of the lines begin
LABEL, LABEL_NOTE = 20, 15  # heights of such a label and of a line below it
LABEL_CHARACTERS = 38  # of a line below a label
DIGIT = 7  # width of a digit below an axis
LEGEND = 20  # height of a line of the legend
MIN_RANGE = 3  # a shorter range is not drawn
RANGE_LINES = 3  # of which a range consists

NOTE_CHARACTERS = 114  # of a line below the legend, or of a section's reason
COLOURS = 6  # classes s0 to s5 in drawing.RULES
# Paths around their centre. At the same point each can be seen in the one
# before, so the first ones are hollow.
MARKERS = [
    "M-8 0a8 8 0 1 0 16 0a8 8 0 1 0-16 0Z",
    "M-5-5H5V5H-5Z",
    "M0-5L5 4H-5Z",
    "M0-4L4 0L0 4L-4 0Z",
    "M0 5L5-4H-5Z",
    "M-5-1.5H-1.5V-5H1.5V-1.5H5V1.5H1.5V5H-1.5V1.5H-5Z",
    "M-5 0L4-5V5Z",
]
HOLLOW = 2  # of these


def svg(group: Group, environment: str) -> str:
    """Return the picture of a group.

    Arguments: `environment`, a line on where and when it was measured.
    """
    picture = canvas(group.title, group.subject.measured)
    write(picture, describe_axes(group), MARGIN, 70, "dim")
    draw_group = draw_lines if group.has_counts else draw_rows
    y = draw_group(picture, group, 88) + 22
    y = draw_legend(picture, group, y)
    for note in [*group.notes, f"Measured on {environment}."]:
        for line in textwrap.wrap(note, NOTE_CHARACTERS):
            write(picture, line, MARGIN, y, "dim")
            y += LEGEND
    return finish(picture, y - 4)


def draw_legend(picture: Element, group: Group, y: float) -> float:
    """Explain the shapes that were drawn, each in a line from y on."""
    fastest = "fastest of its section" if group.headings[0] else "fastest"
    if group.reference:
        fastest += f" (except {group.reference_name})"
    drawn = Counter(shape.get("class") for shape in picture)
    ranges = drawn["range"] // RANGE_LINES
    measured = sum(row.rounds > 1 for row in group.rows)
    rest = "; not drawn where it is too short" if ranges < measured else ""
    meanings = {
        "fastest": f"{fastest}, or at most 10 % slower",
        "slower": "slower",
        "part": "only a part of the work",
        "bound": group.mark,
        "range": f"from the shortest to the longest of {group.rounds}{rest}",
    }
    for kind, meaning in meanings.items():
        if kind in drawn:
            draw_sign(picture, group, kind, y - 4)
            write(picture, meaning, MARGIN + 34, y, "dim")
            y += LEGEND
    if not ranges:
        rest = ", which differ too little to be drawn" if measured else ""
        write(picture, f"{group.source}{rest}.", MARGIN, y, "dim")
        y += LEGEND
    return y


def draw_sign(picture: Element, group: Group, kind: str, y: float) -> None:
    """Draw a sign of the legend as it is in the picture, around a height."""
    first, last = MARGIN, MARGIN + 24
    middle = (first + last) / 2
    if kind == "bound" and group.has_counts:
        draw(picture, "line", kind, x1=first, x2=last, y1=y, y2=y)
    elif kind == "bound":
        draw(picture, "line", kind, x1=middle, x2=middle, y1=y - 8, y2=y + 8)
    elif kind == "range" and group.has_counts:
        draw_vertical_range(picture, y - 8, y + 8, middle)
    elif kind == "range":
        draw_range(picture, first, last, y)
    elif times_axis(group).logarithmic:
        draw(picture, "circle", kind, cx=middle, cy=y, r=RADIUS)
    else:
        size = {"width": last - first, "height": 12}
        draw(picture, "rect", kind, x=first, y=y - 6, **size)


def draw_rows(picture: Element, group: Group, y: float) -> float:
    """Draw a bar or a dot for each row; return where they end."""
    axis = times_axis(group)
    names = [name for name in group.sections if name]
    reasons = filter(None, map(group.reason, [*names, *group.names]))
    bottom = y + len(names) * SECTION + len(group.rows) * ROW
    bottom += len(list(reasons)) * REASON
    for tick in axis.ticks:
        x = LEFT + axis.place(tick) * (RIGHT - LEFT)
        draw(picture, "line", "grid", x1=x, x2=x, y1=y, y2=bottom + 4)
        label = f"{tick_label(tick)} {group.symbol}" if tick else "0"
        write(picture, label, x, bottom + 18, "dim", "middle")
    for heading, (name, rows) in zip(
        group.headings, group.sections.items(), strict=True
    ):
        if heading:
            write(picture, heading, MARGIN, y + 20, "strong halo")
            y += SECTION
            y += write_reason(picture, group.reason(name), MARGIN, y + 6)
        for row in rows:
            draw_row(picture, group, row, axis, y)
            y += ROW
            y += write_reason(picture, group.reason(row.name), LEFT, y + 8)
    return y + 24


def write_reason(picture: Element, reason: str, x: float, y: float) -> int:
    """Write the reason of a row or section, if any; return its height."""
    if not reason:
        return 0
    write(picture, reason, x, y, "dim halo")
    return REASON


def draw_row(
    picture: Element, group: Group, row: Row, axis: Axis, y: float
) -> None:
    """Draw a row's name, its bar or dot, its range, its ideal and its time."""

    def place(seconds: float) -> float:
        return LEFT + axis.place(seconds * row.factor) * (RIGHT - LEFT)

    middle = y + ROW / 2
    median, ideal = place(row.median), place(row.ideal or row.median)
    least, most = place(row.least), place(row.most)
    kind = kind_of_mark(group, row)
    write(picture, group.short_name(row), LEFT - 8, middle + 4, anchor="end")
    if axis.logarithmic:
        draw(picture, "line", "grid", x1=LEFT, x2=RIGHT, y1=middle, y2=middle)
        end, shortest = median + RADIUS, MIN_RANGE + 2 * RADIUS
    else:
        size = {"width": median - LEFT, "height": ROW - 8}
        draw(picture, "rect", kind, x=LEFT, y=y + 4, **size)
        end, shortest = median, MIN_RANGE
    if row.ideal:
        draw(picture, "line", "bound", x1=ideal, x2=ideal, y1=y, y2=y + ROW)
        end = max(end, ideal)
    if most - least >= shortest:
        draw_range(picture, least, most, middle)
        end = max(end, most)
    if axis.logarithmic:
        draw(picture, "circle", kind, cx=median, cy=middle, r=RADIUS)
    write(picture, group.label(row), end + 8, middle + 4, "halo")


def kind_of_mark(group: Group, row: Row) -> str:
    """Return the class of a row's bar or dot."""
    if row.name in group.parts:
        return "part"
    if row is group.reference:
        return "reference"
    return "fastest" if group.is_fastest(row) else "slower"


def draw_range(picture: Element, first: float, last: float, y: float) -> None:
    """Draw a horizontal line with a short stroke at each end."""
    draw(picture, "line", "range", x1=first, x2=last, y1=y, y2=y)
    for x in first, last:
        draw(picture, "line", "range", x1=x, x2=x, y1=y - 4, y2=y + 4)


def draw_vertical_range(
    picture: Element, first: float, last: float, x: float
) -> None:
    """Draw a vertical line with a short stroke at each end."""
    draw(picture, "line", "range", x1=x, x2=x, y1=first, y2=last)
    for y in first, last:
        draw(picture, "line", "range", x1=x - 4, x2=x + 4, y1=y, y2=y)


@dataclass(frozen=True)
class Frame:
    """The place of a plot of times by pages."""

    pages: Axis
    times: Axis
    top: float
    bottom: float

    def across(self, row: Row) -> float:
        """Return where a row's pages are."""
        return self.x(row.more["count"])

    def x(self, pages: float) -> float:
        """Return where a number of pages is."""
        first = PLOT_LEFT + PADDING
        return first + self.pages.place(pages) * (PLOT_RIGHT - first)

    def y(self, time: float) -> float:
        """Return where a time is."""
        last = self.bottom - PADDING
        return last - self.times.place(time) * (last - self.top)


def draw_lines(picture: Element, group: Group, y: float) -> float:
    """Draw the times by the pages; return where the plot ends."""
    lines = list(lines_of(group).values())
    notes = [end_notes(group, rows[-1]) for rows in lines]
    bottom = y + max(PLOT_HEIGHT, sum(map(label_height, notes)) + LABEL)
    frame = Frame(pages_axis(group), times_axis(group), y, bottom)
    draw_grid(picture, group, frame)
    for ideal in {row.ideal * row.factor for row in group.rows if row.ideal}:
        level = frame.y(ideal)
        draw_level(picture, "bound", level)
        text = f"ideal: {group.time(ideal)}"
        write(picture, text, PLOT_RIGHT - 4, level - 6, "dim halo", "end")
    for n, rows in enumerate(lines):
        draw_line(picture, n, rows, frame)
    for n, rows in enumerate(lines):  # above all lines
        for row in rows:
            draw_marker(picture, n, frame.across(row), frame.y(value(row)))

    draw_labels(picture, group, lines, notes, frame)
    return bottom + 44


def end_notes(group: Group, row: Row) -> list[str]:
    """Return the lines below the label of a line that ends with this row."""
    return [
        text
        for note in group.end_notes(row)
        for text in textwrap.wrap(note, LABEL_CHARACTERS)
    ]


def draw_labels(
    picture: Element,
    group: Group,
    lines: list[list[Row]],
    notes: list[list[str]],
    frame: Frame,
) -> None:
    """Write a label at the end of each line, with its notes below."""
    levels = [frame.y(value(rows[-1])) for rows in lines]
    heights = [label_height(text) for text in notes]
    order = sorted(range(len(lines)), key=lambda n: levels[n])  # from the top
    places = spread(
        [levels[n] for n in order],
        [heights[n] for n in order],
        frame.bottom,
    )
    for n, place in zip(order, places, strict=True):
        last = lines[n][-1]
        ends = {"x1": frame.across(last) + 10, "x2": LABELS - 10}
        draw(picture, "line", "leader", y1=levels[n], y2=place, **ends)
        draw_marker(picture, n, LABELS, place)
        write(picture, group.end_label(last), LABELS + 13, place + 4)
        for k, text in enumerate(notes[n], start=1):
            below = place + 4 + k * LABEL_NOTE
            write(picture, text, LABELS + 13, below, "dim")


def label_height(notes: list[str]) -> int:
    """Return the height of a label with these lines below it."""
    return LABEL + LABEL_NOTE * len(notes)


def draw_grid(picture: Element, group: Group, frame: Frame) -> None:
    """Draw the ticks of both axes, with the labels that there is room for."""
    free = math.inf  # to the left of this
    for tick in reversed(frame.pages.ticks):
        x = frame.x(tick)
        draw(
            picture, "line", "grid", x1=x, x2=x, y1=frame.top, y2=frame.bottom
        )
        label = tick_label(tick)
        half = DIGIT * len(label) / 2
        if x + half < free:
            write(picture, label, x, frame.bottom + 18, "dim", "middle")
            free = x - half
    middle = (PLOT_LEFT + PLOT_RIGHT) / 2
    y = frame.bottom + 36
    write(picture, "pages at the same time", middle, y, anchor="middle")
    for tick in frame.times.ticks:
        y = frame.y(tick)
        draw_level(picture, "grid", y)
        label = f"{tick_label(tick)} {group.symbol}"
        write(picture, label, PLOT_LEFT - 8, y + 4, "dim", "end")


def draw_level(picture: Element, kind: str, y: float) -> None:
    """Draw a horizontal line across a plot."""
    draw(picture, "line", kind, x1=PLOT_LEFT, x2=PLOT_RIGHT, y1=y, y2=y)


def draw_line(picture: Element, n: int, rows: list[Row], frame: Frame) -> None:
    """Draw the n-th line of a plot, with the range of each row."""
    points = [(frame.across(row), frame.y(value(row))) for row in rows]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    line = draw(picture, "polyline", f"line s{n % COLOURS}")
    line.set("points", path)
    for row, (x, _) in zip(rows, points, strict=True):
        longest = frame.y(row.most * row.factor)
        shortest = frame.y(row.least * row.factor)
        if shortest - longest >= MIN_RANGE + 2 * RADIUS:
            draw_vertical_range(picture, longest, shortest, x)


def draw_marker(picture: Element, n: int, x: float, y: float) -> None:
    """Draw the marker of the n-th line of a plot around a point."""
    shape = n % len(MARKERS)
    kind = "line" if shape < HOLLOW else "marker"
    marker = draw(picture, "path", f"{kind} s{n % COLOURS}")
    marker.set("d", MARKERS[shape])
    marker.set("transform", f"translate({x:.1f} {y:.1f})")
