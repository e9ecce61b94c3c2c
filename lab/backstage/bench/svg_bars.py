"""The rows of a group as bars or dots in an SVG, in sections."""

from xml.etree.ElementTree import Element

from backstage.bench.axes import times_axis
from backstage.bench.conclusions import conclude_section
from backstage.bench.groups import Group
from backstage.bench.labels import label_row
from backstage.bench.results import Row
from backstage.drawing.axes import Axis, tick_label
from backstage.drawing.canvas import (
    MARGIN,
    draw,
    draw_horizontal,
    draw_vertical,
    write,
)

# In pixels.
LEFT, RIGHT = 170, 540  # of the bars: names to the left, times to the right
ROW, SECTION = 24, 32  # heights of a row and of a section's heading
REASON = 20  # height of a reason below one of them
RADIUS = 5  # of a dot
MIN_RANGE = 3  # a shorter range is not drawn


def draw_bars(picture: Element, group: Group, y: float) -> float:
    """Draw a bar or a dot for each row, below a height.

    Returns:
        The height at which the plot and its axis end.
    """
    axis = times_axis(group)
    _draw_axis(picture, group, axis, y)
    reasons = group.description.reasons
    for section, rows in group.sections.items():
        if section:
            heading = conclude_section(group, section)
            write(picture, heading, MARGIN, y + 20, "strong halo")
            y += SECTION
        if section in reasons:
            write(picture, reasons[section], MARGIN, y + 6, "dim halo")
            y += REASON
        for row in rows:
            _draw_row(picture, group, row, axis, y)
            y += ROW
            if row.name in reasons:
                write(picture, reasons[row.name], LEFT, y + 8, "dim halo")
                y += REASON
    return y + 24


def draw_range(picture: Element, first: float, last: float, y: float) -> None:
    """Draw a horizontal line with a short stroke at each end."""
    draw_horizontal(picture, "range", first, last, y)
    for x in first, last:
        draw_vertical(picture, "range", x, y - 4, y + 4)


def _draw_axis(picture: Element, group: Group, axis: Axis, top: float) -> None:
    """Draw the axis of the times, with a line at each tick."""
    sections = [section for section in group.sections if section]
    names = [*sections, *(row.name for row in group.rows)]
    reasons = [name for name in names if name in group.description.reasons]
    bottom = top + len(sections) * SECTION + len(group.rows) * ROW
    bottom += len(reasons) * REASON
    for tick in axis.ticks:
        x = _place(axis, tick)
        draw_vertical(picture, "grid", x, top, bottom + 4)
        label = f"{tick_label(tick)} {group.symbol}" if tick else "0"
        write(picture, label, x, bottom + 18, "dim", "middle")


def _draw_row(
    picture: Element, group: Group, row: Row, axis: Axis, y: float
) -> None:
    """Draw a row's name, its bar or dot, its range, its ideal and its time."""
    middle = y + ROW / 2
    median = _place(axis, row.median)
    kind = _choose_class(group, row)
    name = group.short_name(row)
    write(picture, name, LEFT - 8, middle + 4, anchor="end")
    if axis.logarithmic:
        draw_horizontal(picture, "grid", LEFT, RIGHT, middle)
        end = median + RADIUS
    else:
        size = {"width": median - LEFT, "height": ROW - 8}
        draw(picture, "rect", kind, x=LEFT, y=y + 4, **size)
        end = median
    if row.ideal:
        x = _place(axis, row.ideal)
        draw_vertical(picture, "bound", x, y, y + ROW)
        end = max(end, x)
    shortest, longest = _place(axis, row.shortest), _place(axis, row.longest)
    hidden = 2 * RADIUS if axis.logarithmic else 0  # behind the dot
    if longest - shortest >= MIN_RANGE + hidden:
        draw_range(picture, shortest, longest, middle)
        end = max(end, longest)
    if axis.logarithmic:
        draw(picture, "circle", kind, cx=median, cy=middle, r=RADIUS)
    write(picture, label_row(group, row), end + 8, middle + 4, "halo")


def _place(axis: Axis, time: float) -> float:
    """Return where a time is on the axis, in pixels."""
    return LEFT + axis.place(time) * (RIGHT - LEFT)


def _choose_class(group: Group, row: Row) -> str:
    """Return the class of a row's bar or dot in the style sheet."""
    if group.is_part(row):
        return "part"
    if row is group.reference:
        return "reference"
    return "fastest" if group.is_fastest(row) else "slower"
