"""The time axis of an SVG, and the phases that are marked on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from backstage.drawing.axes import ticks
from backstage.drawing.canvas import (
    draw,
    draw_horizontal,
    draw_vertical,
    write,
)
from backstage.drawing.text import wrap_label
from backstage.watch.phases import Phase

LEFT, RIGHT = 160, 784  # pixels; time is between them
NAME_GAP = 8  # pixels between a name and the time axis
START_UP = "start-up"
MIN_START_UP = 36  # pixels: a shorter start-up has no name
MIN_NAME = 12  # characters of a phase's name in a line, at least
BOLD_CHARACTER = 7.4  # pixels, about
LINE_HEIGHT = 15  # pixels, of small text
BASELINE_HEIGHT = 28  # pixels, with the gap below it


@dataclass(frozen=True)
class TimeAxis:
    """A time axis from LEFT to RIGHT, for times from 0 to `span` seconds."""

    span: float

    @property
    def scale(self) -> float:
        """The pixels of a second."""
        return (RIGHT - LEFT) / self.span

    def x(self, time: float) -> float:
        """Return where a time is, in pixels."""
        return LEFT + time * self.scale


def write_name(picture: Element, name: str, y: float, kind: str = "") -> None:
    """Write a name to the left of the time axis."""
    write(picture, name, LEFT - NAME_GAP, y, kind, "end")


def draw_time_axis(
    picture: Element, background: Element, axis: TimeAxis, top: float, y: float
) -> float:
    """Draw the ticks of the time axis, with a grid above them.

    Args:
        picture: The SVG.
        background: The group behind all shapes, for the grid.
        axis: The time axis.
        top: Where the grid begins.
        y: Where the grid ends.

    Returns:
        The y of what is drawn next.
    """
    for tick in ticks(axis.span):
        x = axis.x(tick)
        draw_vertical(background, "grid", x, top, y + 4)
        write(picture, f"{tick:g} s", x, y + 16, "dim", "middle")
    return y + 34


def draw_phase_names(
    picture: Element, phases: Sequence[Phase], axis: TimeAxis, y: float
) -> float:
    """Write the names of the phases, lower where they would overlap.

    Returns:
        The y of what is drawn next.
    """
    written: list[tuple[float, int]] = []  # the end of a name, and its line
    for phase in _with_start_up(phases, axis):
        space = (phase.end - phase.start) * axis.scale - 8
        columns = max(int(space / BOLD_CHARACTER), MIN_NAME)
        lines = wrap_label(phase.label, columns)
        width = max(map(len, lines)) * BOLD_CHARACTER
        x = min(axis.x(phase.start) + 4, RIGHT - width)
        above = max([line for end, line in written if end > x], default=0)
        # The halo covers the line of another phase that crosses a name.
        kind = "dim halo" if phase.name == START_UP else "dim strong halo"
        for n, text in enumerate(lines, above + 1):
            write(picture, text, x, y + n * LINE_HEIGHT - 3, kind)
        written.append((x + width + 4, above + len(lines)))
    if not written:
        return y
    lowest = max(line for _, line in written)
    return y + lowest * LINE_HEIGHT + 8


def draw_phase_bands(
    background: Element,
    phases: Sequence[Phase],
    axis: TimeAxis,
    top: float,
    bottom: float,
) -> None:
    """Draw a band behind every phase, with a line at its top and edges."""
    for phase in phases:
        x, end = axis.x(phase.start), axis.x(phase.end)
        size = {"width": end - x, "height": bottom - top}
        draw(background, "rect", "band", x=x, y=top, **size)
        draw_horizontal(background, "bracket", x, end, top)
        for edge in (x, end):
            draw_vertical(background, "edge", edge, top, bottom)


def draw_baseline(
    picture: Element, baseline: Phase, axis: TimeAxis, y: float
) -> float:
    """Draw how long another lesson took for the same work.

    Returns:
        The y of what is drawn next.
    """
    x, end = axis.x(baseline.start), axis.x(baseline.end)
    size = {"width": min(end, RIGHT) - x, "height": BASELINE_HEIGHT - 8}
    write_name(picture, "to compare", y + 15)
    draw(picture, "rect", "baseline", x=x, y=y, **size)
    label = f"{baseline.name}, one after the other: {baseline.seconds:.1f} s"
    write(picture, label, x + 8, y + 14, "inside")
    return y + BASELINE_HEIGHT


def _with_start_up(phases: Sequence[Phase], axis: TimeAxis) -> list[Phase]:
    """Return the phases, and before them the start-up if it can be seen."""
    if phases and phases[0].start * axis.scale > MIN_START_UP:
        return [Phase(START_UP, 0.0, phases[0].start), *phases]
    return list(phases)
