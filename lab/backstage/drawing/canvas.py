"""An SVG, and the shapes and texts that are drawn into it.

A place is given in pixels from the left (x) and from the top (y).
"""

from collections.abc import Iterable
from xml.etree import ElementTree

from backstage.drawing.style import add_style
from backstage.drawing.text import printable

WIDTH = 800  # pixels of a picture
MARGIN = 16  # pixels to the left of all text
TITLE_CHARACTERS = 70  # of a title that fits in one line


def canvas(title: str, subtitle: str) -> ElementTree.Element:
    """Return an SVG of WIDTH with a title and a line below it.

    Args:
        title: A text of at most TITLE_CHARACTERS.
        subtitle: The line below the title; may be empty.
    """
    picture = ElementTree.Element("svg", role="img", width=str(WIDTH))
    picture.set("xmlns", "http://www.w3.org/2000/svg")
    ElementTree.SubElement(picture, "title").text = printable(title)
    ElementTree.SubElement(picture, "desc").text = printable(subtitle)
    add_style(picture)
    draw(picture, "rect", "back", width=WIDTH).set("height", "100%")
    write(picture, title, MARGIN, 30, "title")
    if subtitle:
        write(picture, subtitle, MARGIN, 50, "dim")
    return picture


def finish(picture: ElementTree.Element, height: float) -> str:
    """Return the source of an SVG.

    Args:
        picture: The SVG, which gets its indentation here.
        height: Its height in pixels.
    """
    picture.set("viewBox", f"0 0 {WIDTH} {height:g}")
    ElementTree.indent(picture)
    return ElementTree.tostring(picture, "unicode") + "\n"


def draw(
    picture: ElementTree.Element, shape: str, kind: str, **at: float
) -> ElementTree.Element:
    """Draw a shape and return its element.

    Args:
        picture: The SVG, or a group in it.
        shape: The name of an SVG element, such as "rect".
        kind: Its class in the style sheet (`style.RULES`).
        **at: The attributes that place it, in pixels: x, y, width and so on.
    """
    element = ElementTree.SubElement(picture, shape, {"class": kind})
    for name, value in at.items():
        element.set(name, f"{value:.1f}".removesuffix(".0"))
    return element


def draw_horizontal(
    picture: ElementTree.Element, kind: str, x1: float, x2: float, y: float
) -> None:
    """Draw a horizontal line from x1 to x2."""
    draw(picture, "line", kind, x1=x1, x2=x2, y1=y, y2=y)


def draw_vertical(
    picture: ElementTree.Element, kind: str, x: float, y1: float, y2: float
) -> None:
    """Draw a vertical line from y1 to y2."""
    draw(picture, "line", kind, x1=x, x2=x, y1=y1, y2=y2)


def write(
    picture: ElementTree.Element,
    text: str,
    x: float,
    y: float,
    kind: str = "",
    anchor: str = "start",
) -> None:
    """Write a text in one line.

    Args:
        picture: The SVG, or a group in it.
        text: What to write.
        x: Where the text's `anchor` is.
        y: Where the line is on which the letters stand.
        kind: Its class in the style sheet (`style.RULES`).
        anchor: The part of the text that is at x: start, middle or end.
    """
    element = draw(picture, "text", kind, x=x, y=y)
    element.set("text-anchor", anchor)
    element.text = printable(text)


def write_lines(
    picture: ElementTree.Element,
    lines: Iterable[str],
    x: float,
    y: float,
    kind: str = "",
    *,
    height: float,
) -> float:
    """Write lines below each other, `height` pixels apart.

    Returns:
        The y of the line after them.
    """
    for line in lines:
        write(picture, line, x, y, kind)
        y += height
    return y
