"""A take as an animated SVG, for a page that cannot play asciicasts.

All screens stand side by side, as in a film, and the film moves one screen
further at a time. Equal lines are in the file only once. Where animations are
off, the last screen is shown.
"""

import re
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from backstage.errors import LabError
from backstage.takes.frames import (
    COLOURS,
    Frame,
    Row,
    Run,
    find_frames,
    merge_frames,
)
from backstage.takes.session import COLUMNS, Output

MAX_SIZE = 300_000  # bytes of the file
SHORTEST = 0.1  # seconds for which a screen is shown; longer in a long take
CHARACTER, LINE = 8.4, 18  # pixels: the width of a character, and the height
MARGIN = 12  # pixels around the screen
LAST_PAUSE = 5.0  # seconds that the last screen stays before the first one
FORBIDDEN_IN_XML = re.compile(
    "[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
RULES = """
.back {{ fill: #0d1117; }}
text {{ font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  white-space: pre; }}
.film {{ transform: translateX(-{last}px);
  animation: film {seconds:.2f}s step-end infinite; }}
@keyframes film {{ {steps} }}
@media (prefers-reduced-motion: reduce) {{ .film {{ animation: none; }} }}
"""


def draw_take(outputs: Sequence[Output], rows: int, title: str) -> str:
    """Return an animated SVG of at most MAX_SIZE bytes.

    Args:
        outputs: What the terminal showed.
        rows: The height of the terminal. Lines below the last one that was
            ever used are not drawn.
        title: What is shown, for those who cannot see it.

    Raises:
        LabError: If a single screen is too large.
    """
    interval = SHORTEST
    frames = find_frames(outputs, rows, interval)
    while True:
        svg = _draw_film(frames, title)
        if len(svg.encode()) <= MAX_SIZE:
            return svg
        if len(frames) == 1:
            limit = f"{MAX_SIZE:,} bytes"
            raise LabError(f"no SVG: one screen needs more than {limit}")
        interval *= 1.5
        frames = merge_frames(frames, interval)


def _draw_film(frames: Sequence[Frame], title: str) -> str:
    """Return the SVG of some screens."""
    rows = max(_count_used_rows(frame) for frame in frames)
    width = round(COLUMNS * CHARACTER + 2 * MARGIN)
    height = rows * LINE + 2 * MARGIN
    picture = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width} {height}",
            "width": f"{width}",
            "height": f"{height}",
            "role": "img",
            "fill": f"#{COLOURS['default']}",
            "xml:space": "preserve",  # where white-space has no effect
        },
    )
    SubElement(picture, "title").text = _replace_forbidden(title)
    SubElement(picture, "style").text = _format_rules(frames, width)
    back = {"class": "back", "rx": "8"}
    SubElement(
        picture, "rect", {**back, "width": f"{width}", "height": f"{height}"}
    )
    names = _define_rows(picture, frames)
    film = SubElement(picture, "g", {"class": "film"})
    for number, frame in enumerate(frames):
        screen = SubElement(
            film, "g", transform=f"translate({number * width} 0)"
        )
        for line, row in enumerate(frame.rows):
            if row:
                y = f"{MARGIN + (line + 0.75) * LINE:g}"
                SubElement(screen, "use", href=f"#{names[row]}", y=y)
    return ElementTree.tostring(picture, encoding="unicode")


def _format_rules(frames: Sequence[Frame], width: int) -> str:
    """Return the style sheet, with the times of the screens."""
    seconds = frames[-1].time + LAST_PAUSE
    steps = " ".join(
        f"{100 * frame.time / seconds:.3f}% "
        f"{{ transform: translateX(-{number * width}px); }}"
        for number, frame in enumerate(frames)
    )
    last = (len(frames) - 1) * width
    return RULES.format(last=last, seconds=seconds, steps=steps)


def _define_rows(picture: Element, frames: Sequence[Frame]) -> dict[Row, str]:
    """Add each different row once, and return their names."""
    definitions = SubElement(picture, "defs")
    names: dict[Row, str] = {}
    for frame in frames:
        for row in frame.rows:
            if row and row not in names:
                names[row] = f"r{len(names)}"
                _define_row(definitions, names[row], row)
    return names


def _define_row(definitions: Element, name: str, row: Row) -> None:
    """Add a row: a text, or a group if not all of it looks alike."""
    if len(row) == 1:
        _add_text(definitions, row[0]).set("id", name)
        return
    group = SubElement(definitions, "g", id=name)
    for run in row:
        _add_text(group, run)


def _add_text(parent: Element, run: Run) -> Element:
    text = SubElement(
        parent,
        "text",
        x=f"{MARGIN + run.column * CHARACTER:g}",
        # Fonts differ in width, but the columns must not.
        textLength=f"{run.columns * CHARACTER:g}",
        lengthAdjust="spacingAndGlyphs",
    )
    if run.colour != COLOURS["default"]:
        text.set("fill", f"#{run.colour}")
    if run.bold:
        text.set("font-weight", "bold")
    text.text = _replace_forbidden(run.text)
    return text


def _count_used_rows(frame: Frame) -> int:
    """Return the number of the last row with a text, from 1 on."""
    used = [number for number, row in enumerate(frame.rows, 1) if row]
    return max(used, default=1)


def _replace_forbidden(text: str) -> str:
    """Return a text in which all characters may stand in XML."""
    return FORBIDDEN_IN_XML.sub("\ufffd", text)
