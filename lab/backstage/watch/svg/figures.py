"""Memory, and what the lesson printed, in an SVG."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from backstage.drawing.canvas import MARGIN, draw, draw_horizontal, write
from backstage.drawing.text import NO_BREAK_SPACE, printable
from backstage.watch.figures import Bar
from backstage.watch.svg.timeline import (
    LEFT,
    LINE_HEIGHT,
    RIGHT,
    TimeAxis,
    write_name,
)

CURVE_HEIGHT, BAR_HEIGHT = 70, 20  # pixels
FIGURE_WIDTH = 120  # pixels to the right of the longest bar
PRINTED = "What the lesson printed:"


def draw_memory(
    picture: Element,
    memory: Sequence[tuple[float, int]],
    axis: TimeAxis,
    y: float,
) -> float:
    """Draw the memory of all processes as a curve from zero on.

    Args:
        picture: The SVG.
        memory: Pairs of a time in seconds and the bytes held then.
        axis: The time axis.
        y: Where the curve begins.

    Returns:
        The y of what is drawn next.
    """
    peak = max(size for _, size in memory)
    bottom = y + CURVE_HEIGHT
    points = " ".join(
        f"{axis.x(time):.1f},{bottom - size / peak * (CURVE_HEIGHT - 8):.1f}"
        for time, size in memory
    )
    write_name(picture, "memory", y + 18)
    write_name(picture, f"peak {peak / 1e6:,.0f} MB", y + 34, "dim")
    write_name(picture, "0", bottom, "dim")
    draw_horizontal(picture, "grid", LEFT, RIGHT, bottom)
    draw(picture, "polyline", "curve").set("points", points)
    return bottom + 6


def draw_bars(picture: Element, bars: Sequence[Bar], y: float) -> float:
    """Draw the figures that the lesson printed as bars from zero on.

    Returns:
        The y of what is drawn next.
    """
    write(picture, PRINTED, MARGIN, y, "dim")
    y += 8
    largest = max(bar.value for bar in bars) or 1
    for bar in bars:
        width = bar.value / largest * (RIGHT - LEFT - FIGURE_WIDTH)
        kind = "bad" if bar.name == "lost" else "bar"
        size = {"width": max(width, 1), "height": BAR_HEIGHT - 5}
        write_name(picture, bar.name, y + 13)
        draw(picture, "rect", kind, x=LEFT, y=y + 1, **size)
        write(picture, bar.figure, LEFT + width + 8, y + 13)
        y += BAR_HEIGHT
    return y + 18


def draw_table(picture: Element, lines: Sequence[str], y: float) -> float:
    """Write the table that the lesson printed.

    Returns:
        The y of what is drawn next.
    """
    write(picture, PRINTED, MARGIN, y, "dim")
    for line in lines:
        y += LINE_HEIGHT + 1
        text = draw(picture, "text", "table", x=MARGIN + 24, y=y)
        # SVGs drop the spaces by which columns are aligned.
        text.text = printable(line).replace(" ", NO_BREAK_SPACE)
    return y + 26
