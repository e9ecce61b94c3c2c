"""The rows of a group as a plot in an SVG: times by numbers of pages."""

import math
import textwrap
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from backstage.bench.axes import pages_axis, rows_by_client, times_axis
from backstage.bench.groups import Group
from backstage.bench.labels import explain_client, label_client
from backstage.bench.results import Row
from backstage.drawing.axes import Axis, spread, tick_label
from backstage.drawing.canvas import (
    draw,
    draw_horizontal,
    draw_vertical,
    write,
    write_lines,
)

# In pixels.
LEFT, RIGHT, HEIGHT = 60, 482, 300  # of the plot
PADDING = 12  # between the axes and the smallest values
LABELS = RIGHT + 20  # where the labels of the lines begin
LABEL_LINE, NOTE_LINE = 20, 15  # heights of a label and of a line below it
DIGIT = 7  # width of a digit below an axis
MARKER = 10  # width of a marker
MIN_RANGE = 3  # a shorter range is not drawn

NOTE_CHARACTERS = 38  # of a line below a label, at most
COLOURS = 6  # classes s0 to s5 of the style sheet
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
HOLLOW = 2  # of the markers


@dataclass(frozen=True)
class Frame:
    """The place of a plot in a picture.

    Attributes:
        pages: The horizontal axis.
        times: The vertical axis.
        top: The height of the longest time.
        bottom: The height at which the plot ends.
    """

    pages: Axis
    times: Axis
    top: float
    bottom: float

    def x(self, pages: float) -> float:
        """Return where a number of pages is."""
        first = LEFT + PADDING
        return first + self.pages.place(pages) * (RIGHT - first)

    def y(self, time: float) -> float:
        """Return where a time is."""
        last = self.bottom - PADDING
        return last - self.times.place(time) * (last - self.top)


@dataclass(frozen=True)
class Line:
    """The line of a client, with its label.

    Attributes:
        number: Which line of the plot it is, from 0. It decides the colour
            and the marker.
        rows: From few pages to many.
        label: The text at the end of the line.
        notes: Lines of text below the label.
    """

    number: int
    rows: list[Row]
    label: str
    notes: list[str]

    @property
    def last(self) -> Row:
        """The row of the most pages."""
        return self.rows[-1]

    @property
    def label_height(self) -> int:
        """The height of the label with its notes, in pixels."""
        return LABEL_LINE + NOTE_LINE * len(self.notes)


def draw_lines(picture: Element, group: Group, y: float) -> float:
    """Draw a line for each client, below a height.

    Returns:
        The height at which the plot and its axis end.
    """
    lines = _make_lines(group)
    labels = sum(line.label_height for line in lines) + LABEL_LINE
    bottom = y + max(HEIGHT, labels)
    frame = Frame(pages_axis(group), times_axis(group), y, bottom)
    _draw_grid(picture, group, frame)
    for ideal in {row.ideal for row in group.rows if row.ideal}:
        level = frame.y(ideal)
        draw_horizontal(picture, "bound", LEFT, RIGHT, level)
        text = f"ideal: {group.format_time(ideal)}"
        write(picture, text, RIGHT - 4, level - 6, "dim halo", "end")
    for line in lines:
        _draw_line(picture, line, frame)
    for line in lines:  # above all lines
        for row in line.rows:
            x, level = frame.x(row.pages), frame.y(row.median)
            _draw_marker(picture, line, x, level)
    _draw_labels(picture, lines, frame)
    return bottom + 44


def draw_vertical_range(
    picture: Element, x: float, first: float, last: float
) -> None:
    """Draw a vertical line with a short stroke at each end."""
    draw_vertical(picture, "range", x, first, last)
    for y in first, last:
        draw_horizontal(picture, "range", x - 4, x + 4, y)


def _make_lines(group: Group) -> list[Line]:
    return [
        Line(
            number,
            rows,
            label_client(group, rows[-1]),
            [
                text
                for note in explain_client(group, rows[-1])
                for text in textwrap.wrap(note, NOTE_CHARACTERS)
            ],
        )
        for number, rows in enumerate(rows_by_client(group).values())
    ]


def _draw_grid(picture: Element, group: Group, frame: Frame) -> None:
    """Draw the ticks of both axes, with labels where there is room."""
    free = math.inf  # to the left of this
    for tick in reversed(frame.pages.ticks):
        x = frame.x(tick)
        draw_vertical(picture, "grid", x, frame.top, frame.bottom)
        label = tick_label(tick)
        half = DIGIT * len(label) / 2
        if x + half < free:
            write(picture, label, x, frame.bottom + 18, "dim", "middle")
            free = x - half
    middle = (LEFT + RIGHT) / 2
    y = frame.bottom + 36
    write(picture, "pages at the same time", middle, y, anchor="middle")
    for tick in frame.times.ticks:
        y = frame.y(tick)
        draw_horizontal(picture, "grid", LEFT, RIGHT, y)
        label = f"{tick_label(tick)} {group.symbol}"
        write(picture, label, LEFT - 8, y + 4, "dim", "end")


def _draw_line(picture: Element, line: Line, frame: Frame) -> None:
    """Draw the line of a client, with the range of each row."""
    path = " ".join(
        f"{frame.x(row.pages):.1f},{frame.y(row.median):.1f}"
        for row in line.rows
    )
    shape = draw(picture, "polyline", f"line s{line.number % COLOURS}")
    shape.set("points", path)
    for row in line.rows:
        longest, shortest = frame.y(row.longest), frame.y(row.shortest)
        if shortest - longest >= MIN_RANGE + MARKER:
            draw_vertical_range(picture, frame.x(row.pages), longest, shortest)


def _draw_marker(picture: Element, line: Line, x: float, y: float) -> None:
    """Draw the marker of a client's line around a point."""
    shape = line.number % len(MARKERS)
    kind = "line" if shape < HOLLOW else "marker"
    marker = draw(picture, "path", f"{kind} s{line.number % COLOURS}")
    marker.set("d", MARKERS[shape])
    marker.set("transform", f"translate({x:.1f} {y:.1f})")


def _draw_labels(picture: Element, lines: list[Line], frame: Frame) -> None:
    """Write a label at the end of each line, with its notes below."""
    from_top = sorted(lines, key=lambda line: frame.y(line.last.median))
    places = spread(
        [frame.y(line.last.median) for line in from_top],
        [line.label_height for line in from_top],
        frame.bottom,
    )
    for line, place in zip(from_top, places, strict=True):
        level = frame.y(line.last.median)
        x = {"x1": frame.x(line.last.pages) + 10, "x2": LABELS - 10}
        draw(picture, "line", "leader", y1=level, y2=place, **x)
        _draw_marker(picture, line, LABELS, place)
        write(picture, line.label, LABELS + 13, place + 4)
        write_lines(
            picture,
            line.notes,
            LABELS + 13,
            place + 4 + NOTE_LINE,
            "dim",
            height=NOTE_LINE,
        )
