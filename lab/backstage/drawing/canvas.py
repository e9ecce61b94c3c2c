"""The parts of an SVG that all pictures of the lab share: colours, text, axes.

The colours are those of Okabe and Ito (jfly.uni-koeln.de/color), which people
who see few colours can distinguish. Each state also has a pattern of its own.
"""

import math
from xml.etree import ElementTree

WIDTH = 800  # pixels of a picture
MARGIN = 16  # pixels to the left of all text
TITLE_CHARACTERS = 70  # of a title that fits in one line
MAX_TICKS = 8  # steps on a time axis

RULES = """
text {{ font: 13px system-ui, sans-serif; fill: {text}; }}
.title {{ font-size: 18px; font-weight: 600; }}
.dim {{ font-size: 12px; fill: {dim}; }}
.inside {{ font-size: 12px; fill: #1f2328; stroke: #ffffff; stroke-width: 3px;
  paint-order: stroke; }}
.strong {{ font-weight: 600; }}
.back {{ fill: {back}; }}
.grid {{ stroke: {line}; }}
.band {{ fill: {track}; opacity: 0.5; }}
.edge {{ stroke: {dim}; stroke-dasharray: 4 3; }}
.bracket {{ stroke: {dim}; stroke-width: 2; }}
.baseline {{ fill: none; stroke: {dim}; stroke-dasharray: 4 3; }}
.table {{ font: 12px ui-monospace, monospace; white-space: pre; }}
.dotted {{ stroke: {text}; stroke-width: 2; stroke-dasharray: 1 4; }}
.bad {{ fill: #d55e00; }}
.bound {{ stroke: #d55e00; stroke-width: 2; }}
.range {{ stroke: {text}; }}
.curve {{ fill: none; stroke: #0072b2; stroke-width: 2; }}
.request {{ fill: #3274b5; }} .bar {{ fill: #0072b2; }}
.fastest {{ fill: #0072b2; }} .slower {{ fill: #56b4e9; }}
.reference {{ fill: #d55e00; }} .part {{ fill: none; stroke: {dim}; }}
.halo {{ stroke: {back}; stroke-width: 4px; paint-order: stroke; }}
.s0 {{ fill: #0072b2; stroke: #0072b2; }}
.s1 {{ fill: #e69f00; stroke: #e69f00; }}
.s2 {{ fill: #009e73; stroke: #009e73; }}
.s3 {{ fill: #cc79a7; stroke: #cc79a7; }}
.s4 {{ fill: #56b4e9; stroke: #56b4e9; }}
.s5 {{ fill: {text}; stroke: {text}; }}
.line {{ fill: none; stroke-width: 2; }}
.marker {{ stroke: {back}; }}
.leader {{ stroke: {dim}; stroke-dasharray: 1 3; }}
.computing {{ fill: #00704f; }}
.ready {{ fill: url(#ready); }}
.network {{ fill: #9fd4f2; }}
.turn {{ fill: url(#turn); }}
.others {{ fill: url(#others); }}
.work {{ fill: url(#work); }}
.timer {{ fill: url(#timer); }}
.child {{ fill: url(#child); }}
.waiting {{ fill: url(#waiting); }}
"""
# The greys of GitHub's own pages, light and dark (primer.style).
LIGHT = {
    "back": "#ffffff",
    "text": "#1f2328",
    "dim": "#59636e",
    "line": "#d1d9e0",
    "track": "#e6eaef",
}
DARK = {
    "back": "#0d1117",
    "text": "#f0f6fc",
    "dim": "#9198a1",
    "line": "#3d444d",
    "track": "#21262d",
}
# Of each pattern: its background, its strokes' colour and path (8 x 8 pixels).
PATTERNS = {
    "ready": ("#f7e463", "#8a7d00", "M0 4H8M4 0V8"),
    "turn": ("#f5c26b", "#a85f00", "M0 8L8 0M-2 2L2 -2M6 10L10 6"),
    "others": ("#d9dde2", "#d9dde2", ""),
    "work": ("#eef0f3", "#a9b1ba", "M2 2h1M6 6h1"),
    "timer": ("#e3cbe0", "#9c5b8c", "M0 4H8"),
    "child": ("#d9dde2", "#8a939c", "M4 0V8"),
    "waiting": ("#eef0f3", "#c3cad1", "M0 0L8 8"),
}


def canvas(title: str, subtitle: str) -> ElementTree.Element:
    """Return an SVG of WIDTH with a title and a line below it."""
    picture = ElementTree.Element("svg", role="img", width=str(WIDTH))
    picture.set("xmlns", "http://www.w3.org/2000/svg")
    ElementTree.SubElement(picture, "title").text = printable(title)
    ElementTree.SubElement(picture, "desc").text = printable(subtitle)
    ElementTree.SubElement(picture, "style").text = _style()
    definitions = ElementTree.SubElement(picture, "defs")
    for name, (background, colour, path) in PATTERNS.items():
        _define_pattern(definitions, name, background, colour, path)
    draw(picture, "rect", "back", width=WIDTH).set("height", "100%")
    write(picture, title, MARGIN, 30, "title")
    if subtitle:
        write(picture, subtitle, MARGIN, 50, "dim")
    return picture


def finish(picture: ElementTree.Element, height: float) -> str:
    """Return the source of an SVG that is `height` pixels high."""
    picture.set("viewBox", f"0 0 {WIDTH} {height:g}")
    ElementTree.indent(picture)
    return ElementTree.tostring(picture, "unicode") + "\n"


def write(
    picture: ElementTree.Element,
    text: str,
    x: float,
    y: float,
    kind: str = "",
    anchor: str = "start",
) -> None:
    """Write a text into an SVG; its `anchor` (start, middle, end) is at x."""
    element = draw(picture, "text", kind, x=x, y=y)
    element.set("text-anchor", anchor)
    element.text = printable(text)


def printable(text: str) -> str:
    """Return a text with "?" for what no terminal and no SVG can show."""
    return "".join(char if char.isprintable() else "?" for char in text)


def draw(
    picture: ElementTree.Element, shape: str, kind: str, **at: float
) -> ElementTree.Element:
    """Add a shape to an SVG and return it; `kind` is its class in RULES."""
    element = ElementTree.SubElement(picture, shape, {"class": kind})
    for name, value in at.items():
        element.set(name, f"{value:.1f}".removesuffix(".0"))
    return element


def ticks(seconds: float) -> list[float]:
    """Return round times from 0 to `seconds`, with at most MAX_TICKS steps."""
    least = seconds / MAX_TICKS
    power = 10 ** math.floor(math.log10(least))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= least)
    return [n * step for n in range(int(seconds / step) + 1)]


def _style() -> str:
    """Return the style sheet, for light pages and for dark ones."""
    light, dark = (RULES.format_map(colours) for colours in (LIGHT, DARK))
    return f"{light}@media (prefers-color-scheme: dark) {{{dark}}}\n"


def _define_pattern(
    definitions: ElementTree.Element,
    name: str,
    background: str,
    colour: str,
    path: str,
) -> None:
    size = {"width": "8", "height": "8"}
    pattern = ElementTree.SubElement(
        definitions, "pattern", {"id": name, **size}
    )
    pattern.set("patternUnits", "userSpaceOnUse")
    ElementTree.SubElement(pattern, "rect", {**size, "fill": background})
    if path:
        line = ElementTree.SubElement(pattern, "path", {"d": path})
        line.set("stroke", colour)
