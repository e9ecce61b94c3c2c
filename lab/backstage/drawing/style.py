"""Colours and patterns of all pictures, for light pages and for dark ones.

The colours are those of Okabe and Ito (jfly.uni-koeln.de/color), which people
who see few colours can distinguish. Each state also has a pattern of its own.
"""

from typing import NamedTuple
from xml.etree import ElementTree

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


class Pattern(NamedTuple):
    """A background with strokes; the path is in a square of 8 x 8 pixels."""

    background: str
    stroke: str
    path: str


PATTERNS = {
    "ready": Pattern("#f7e463", "#8a7d00", "M0 4H8M4 0V8"),
    "turn": Pattern("#f5c26b", "#a85f00", "M0 8L8 0M-2 2L2 -2M6 10L10 6"),
    "others": Pattern("#d9dde2", "#d9dde2", ""),
    "work": Pattern("#eef0f3", "#a9b1ba", "M2 2h1M6 6h1"),
    "timer": Pattern("#e3cbe0", "#9c5b8c", "M0 4H8"),
    "child": Pattern("#d9dde2", "#8a939c", "M4 0V8"),
    "waiting": Pattern("#eef0f3", "#c3cad1", "M0 0L8 8"),
}


def add_style(picture: ElementTree.Element) -> None:
    """Add the style sheet and the patterns that it names to an SVG."""
    light, dark = (RULES.format_map(colours) for colours in (LIGHT, DARK))
    sheet = f"{light}@media (prefers-color-scheme: dark) {{{dark}}}\n"
    ElementTree.SubElement(picture, "style").text = sheet
    definitions = ElementTree.SubElement(picture, "defs")
    for name, pattern in PATTERNS.items():
        _define(definitions, name, pattern)


def _define(
    definitions: ElementTree.Element, name: str, pattern: Pattern
) -> None:
    size = {"width": "8", "height": "8"}
    element = ElementTree.SubElement(
        definitions, "pattern", {"id": name, **size}
    )
    element.set("patternUnits", "userSpaceOnUse")
    fill = {"fill": pattern.background}
    ElementTree.SubElement(element, "rect", {**size, **fill})
    if pattern.path:
        path = ElementTree.SubElement(element, "path", {"d": pattern.path})
        path.set("stroke", pattern.stroke)
