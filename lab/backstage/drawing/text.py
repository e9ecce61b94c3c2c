"""Text that fits a terminal, and that a terminal or an SVG can show."""

import textwrap
from collections.abc import Iterable

COLUMNS = 79  # of a line, so that it fits a terminal of 80


def wrap(paragraphs: Iterable[str]) -> list[str]:
    """Return paragraphs as lines of at most COLUMNS."""
    return [
        line
        for paragraph in paragraphs
        for line in textwrap.wrap(paragraph, COLUMNS)
    ]


def printable(text: str) -> str:
    """Return a text with "?" for what no terminal and no SVG can show."""
    return "".join(char if char.isprintable() else "?" for char in text)
