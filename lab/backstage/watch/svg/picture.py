"""The SVG as a whole, from its headline to its footnotes."""

import textwrap
from xml.etree.ElementTree import Element, SubElement

from backstage.drawing.canvas import (
    MARGIN,
    TITLE_CHARACTERS,
    canvas,
    draw,
    draw_horizontal,
    finish,
    write,
    write_lines,
)
from backstage.drawing.text import printable, wrap_label
from backstage.watch.lanes import STATES
from backstage.watch.layout import Layout
from backstage.watch.svg.figures import draw_bars, draw_memory, draw_table
from backstage.watch.svg.lanes import CHARACTER, draw_lanes
from backstage.watch.svg.requests import draw_rows
from backstage.watch.svg.timeline import (
    LINE_HEIGHT,
    RIGHT,
    TimeAxis,
    draw_baseline,
    draw_phase_bands,
    draw_phase_names,
    draw_time_axis,
)

TITLE_HEIGHT = 24  # pixels of a line
REASON_CHARACTERS = 110  # of a line below the title
SIGN_WIDTH, SIGN_HEIGHT = 18, 12  # pixels, in the legend
HEIGHT_NOTE = "A colour that fills half the height of a row: half of the time."
START_NOTE = "A gap in a row: one worker has ended, and the next one starts."


def draw_svg(layout: Layout) -> str:
    """Return the picture of a run as an SVG of 800 pixels' width."""
    axis = TimeAxis(layout.span)
    title, *more_lines = _wrap_title(layout.headline)
    picture = canvas(title, "")
    picture[0].text = printable(layout.headline)  # the whole title
    y = 54.0
    y = write_lines(
        picture, more_lines, MARGIN, y, "title", height=TITLE_HEIGHT
    )
    reason = textwrap.wrap(layout.reason, REASON_CHARACTERS)
    y = write_lines(picture, reason, MARGIN, y, height=LINE_HEIGHT + 3)
    top = y + 2
    background = SubElement(picture, "g")
    y = draw_phase_names(picture, layout.phases, axis, top)
    y = draw_rows(picture, layout, axis, y)
    y = draw_lanes(picture, layout, axis, y)
    if layout.memory:
        y = draw_memory(picture, layout.memory, axis, y)
    if layout.baseline:
        y = draw_baseline(picture, layout.baseline, axis, y)
    draw_phase_bands(background, layout.phases, axis, top, y)
    y = draw_time_axis(picture, background, axis, top, y)
    y = _draw_legend(picture, layout, y)
    if layout.bars:
        y = draw_bars(picture, layout.bars, y)
    if layout.table:
        y = draw_table(picture, layout.table, y)
    y = write_lines(
        picture, _footnotes(layout), MARGIN, y, "dim", height=LINE_HEIGHT + 2
    )
    return finish(picture, y)


def _wrap_title(title: str) -> list[str]:
    """Return the lines of a title, none much shorter than the others."""
    lines = wrap_label(title, TITLE_CHARACTERS)
    narrowest = len(title) // len(lines)
    for columns in range(narrowest, TITLE_CHARACTERS):
        even_lines = wrap_label(title, columns)
        if len(even_lines) == len(lines):
            return even_lines
    return lines


def _draw_legend(picture: Element, layout: Layout, y: float) -> float:
    """Write what the colours and patterns mean; return the next y."""
    x = float(MARGIN)
    for kind, meaning in _legend(layout):
        width = SIGN_WIDTH + 6 + len(meaning) * CHARACTER + 14
        if x + width > RIGHT:
            x = MARGIN
            y += LINE_HEIGHT + 4
        if kind == "dotted":
            draw_horizontal(picture, kind, x, x + SIGN_WIDTH, y - 4)
        else:
            size = {"width": SIGN_WIDTH, "height": SIGN_HEIGHT}
            draw(picture, "rect", kind, x=x, y=y - 10, **size)
        write(picture, meaning, x + SIGN_WIDTH + 6, y, "dim")
        x += width
    y += LINE_HEIGHT + 4
    write(picture, HEIGHT_NOTE, MARGIN, y, "dim")
    if any(lane.starts for lane in layout.lanes):
        y += LINE_HEIGHT + 2
        write(picture, START_NOTE, MARGIN, y, "dim")
    return y + 26


def _legend(layout: Layout) -> list[tuple[str, str]]:
    """Return the classes of the shapes that occur, with their meanings."""
    entries = [(state, STATES[state]) for state in layout.states]
    pages = [page for row in layout.rows for page in row.pages]
    if pages:
        entries.append(("request", "request"))
    requests = [request for page in pages for request in page]
    if any(request.cancelled for request in requests):
        entries.append(("bad", "request that fails or is cancelled"))
    elif any(request.failed for request in requests):
        entries.append(("bad", "request that fails"))
    if any(len(page) > 1 for page in pages):
        entries.append(("dotted", "delay before another attempt"))
    return entries


def _footnotes(layout: Layout) -> list[str]:
    where = layout.environment + layout.hidden_note
    return [layout.command, layout.summary, where]
