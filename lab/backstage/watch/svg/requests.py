"""The requests of a run in an SVG, as rows."""

from xml.etree.ElementTree import Element

from backstage.drawing.canvas import MARGIN, draw, draw_horizontal, write
from backstage.watch.layout import Layout
from backstage.watch.request_rows import Row, label_rows, retry_delays
from backstage.watch.svg.timeline import TimeAxis, write_name

ROW_HEIGHT, HIGH_ROW_HEIGHT = 9, 14  # pixels, with the gap below
ROW_GAP = 3  # pixels between two rows
MAX_HIGH_ROWS = 12  # of a picture; labels need more space than rows
MIN_REQUEST = 2  # pixels: a shorter one could not be seen


def draw_rows(
    picture: Element, layout: Layout, axis: TimeAxis, y: float
) -> float:
    """Draw the rows of requests, with one label for equal ones.

    Returns:
        The y of what is drawn next.
    """
    rows = layout.rows
    if not rows:
        return y
    write(picture, layout.requests, MARGIN, y + 12, "dim")
    y += 20
    height = HIGH_ROW_HEIGHT if len(rows) <= MAX_HIGH_ROWS else ROW_HEIGHT
    labels = label_rows(rows)
    first = 0  # of the rows with the same label
    for n, row in enumerate(rows):
        if labels[n]:
            first = n
        _draw_row(picture, row, layout.seconds, axis, y, height)
        y += height
        is_last = n + 1 == len(rows) or labels[n + 1]
        if is_last:
            middle = y - (n + 1 - first) * height / 2
            write_name(picture, labels[first], middle + 4, "dim")
    return y + 12


def _draw_row(
    picture: Element,
    row: Row,
    seconds: float,
    axis: TimeAxis,
    y: float,
    height: float,
) -> None:
    """Draw a row: its pages are below each other.

    Args:
        picture: The SVG.
        row: The row.
        seconds: When a request ends that was under way at the end of the run.
        axis: The time axis.
        y: The top of the row.
        height: Its height, with the gap below it.
    """
    page_height = (height - ROW_GAP) / row.size
    for group in row.groups:
        for n, page in enumerate(group):
            top = y + 1 + n * page_height
            for request in page:
                end = seconds if request.ended is None else request.ended
                x = axis.x(request.started)
                draw(
                    picture,
                    "rect",
                    "bad" if request.failed else "request",
                    x=x,
                    y=top,
                    width=max(axis.x(end) - x, MIN_REQUEST),
                    height=max(page_height - 0.4, 1),
                )
            middle = top + page_height / 2
            for start, end in retry_delays(page):
                x1, x2 = axis.x(start) + 3, axis.x(end)
                draw_horizontal(picture, "dotted", x1, x2, middle)
