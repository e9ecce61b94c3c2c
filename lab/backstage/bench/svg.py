"""Pictures of results as SVG.

A group is drawn as bars from zero. It is drawn as dots if its times need a
logarithmic axis, and as lines if its rows differ in their number of pages.
"""

import re
import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from backstage.bench.axes import describe_axes, times_axis
from backstage.bench.conclusions import conclude
from backstage.bench.groups import Group, group_rows
from backstage.bench.labels import (
    describe_rounds,
    describe_source,
    explain_mark,
    list_notes,
)
from backstage.bench.results import Results
from backstage.bench.svg_bars import RADIUS, draw_bars, draw_range
from backstage.bench.svg_lines import draw_lines, draw_vertical_range
from backstage.drawing.canvas import (
    MARGIN,
    canvas,
    draw,
    draw_horizontal,
    draw_vertical,
    finish,
    write,
    write_lines,
)
from backstage.files import write_atomically

# In pixels.
TOP = 88  # above the plot: title, subtitle, axes
LEGEND_LINE = 20
SIGN = 24  # width of a sign of the legend
NOTE_CHARACTERS = 114  # of a line below the legend, at most
RANGE_STROKES = 3  # lines that make up one range


def draw_svgs(results: Results) -> dict[str, str]:
    """Return the picture of each group as the source of an SVG.

    Returns:
        The sources, by the groups' names as a part of a file's name.
    """
    groups = group_rows(results.rows)
    return {
        name: draw_svg(group, results.environment)
        for name, group in zip(_name_files(groups), groups, strict=True)
    }


def write_svgs(results: Results, file: Path) -> None:
    """Write the picture of each group to an SVG file.

    A single group goes to `file`. The pictures of several have the group's
    name before the suffix: FILE-waiting.svg, for example.

    Raises:
        OSError: If a file cannot be written.
    """
    pictures = draw_svgs(results)
    for name, picture in pictures.items():
        path = file
        if len(pictures) > 1:
            path = file.with_stem(f"{file.stem}-{name}")
        write_atomically(path, picture)


def draw_svg(group: Group, environment: str) -> str:
    """Return the picture of a group as the source of an SVG.

    Args:
        group: The group.
        environment: One line on the machine, the Python and the date.
    """
    picture = canvas(conclude(group), group.description.measured)
    write(picture, describe_axes(group), MARGIN, TOP - 18, "dim")
    draw_rows = draw_lines if group.counts_pages else draw_bars
    y = draw_rows(picture, group, TOP) + 22
    y = _draw_legend(picture, group, y)
    for note in [*list_notes(group), f"Measured on {environment}."]:
        lines = textwrap.wrap(note, NOTE_CHARACTERS)
        y = write_lines(picture, lines, MARGIN, y, "dim", height=LEGEND_LINE)
    return finish(picture, y - 4)


def _name_files(groups: Sequence[Group]) -> list[str]:
    """Return a different name for each group, of letters, digits and "-"."""
    names: list[str] = []
    for group in groups:
        name = re.sub(r"\W+", "-", group.name.lower()).strip("-") or "group"
        while name in names:
            name += "-2"
        names.append(name)
    return names


def _draw_legend(picture: Element, group: Group, y: float) -> float:
    """Explain the shapes that were drawn, each in a line of its own.

    Args:
        picture: The SVG, with its plot.
        group: The group that was drawn.
        y: The height of the first line.

    Returns:
        The height of the next line.
    """
    fastest = "fastest of its section" if group.has_sections else "fastest"
    if group.reference:
        fastest += f" (except {group.reference_name})"
    drawn = Counter(shape.get("class") for shape in picture)
    ranges = drawn["range"] // RANGE_STROKES
    measured = sum(row.rounds > 1 for row in group.rows)
    rest = "; not drawn where it is too short" if ranges < measured else ""
    rounds = describe_rounds(group)
    meanings = {
        "fastest": f"{fastest}, or at most 10 % slower",
        "slower": "slower",
        "part": "only a part of the work",
        "bound": explain_mark(group),
        "range": f"from the shortest to the longest of {rounds}{rest}",
    }
    for kind, meaning in meanings.items():
        if kind in drawn:
            _draw_sign(picture, group, kind, y - 4)
            write(picture, meaning, MARGIN + SIGN + 10, y, "dim")
            y += LEGEND_LINE
    if not ranges:
        rest = ", which differ too little to be drawn" if measured else ""
        write(picture, f"{describe_source(group)}{rest}.", MARGIN, y, "dim")
        y += LEGEND_LINE
    return y


def _draw_sign(picture: Element, group: Group, kind: str, y: float) -> None:
    """Draw a sign of the legend as it is in the picture, around a height."""
    first, last = MARGIN, MARGIN + SIGN
    middle = (first + last) / 2
    if kind == "bound" and group.counts_pages:
        draw_horizontal(picture, kind, first, last, y)
    elif kind == "bound":
        draw_vertical(picture, kind, middle, y - 8, y + 8)
    elif kind == "range" and group.counts_pages:
        draw_vertical_range(picture, middle, y - 8, y + 8)
    elif kind == "range":
        draw_range(picture, first, last, y)
    elif times_axis(group).logarithmic:
        draw(picture, "circle", kind, cx=middle, cy=y, r=RADIUS)
    else:
        draw(picture, "rect", kind, x=first, y=y - 6, width=SIGN, height=12)
