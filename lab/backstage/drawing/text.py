"""Text that fits into lines, and that a terminal or an SVG can show."""

import re
import textwrap
from collections.abc import Iterable

COLUMNS = 79  # of a line, so that it fits a terminal of 80
UNIT = re.compile(r"(?<=\d) (?=(?:s|KB|cents)\b)")  # the space before it
NO_BREAK_SPACE = "\xa0"


def wrap(paragraphs: Iterable[str]) -> list[str]:
    """Return paragraphs as lines of at most COLUMNS."""
    return [
        line
        for paragraph in paragraphs
        for line in textwrap.wrap(paragraph, COLUMNS)
    ]


def wrap_label(label: str, columns: int) -> list[str]:
    """Return a label as lines; a number and its unit stay together."""
    kept = UNIT.sub(NO_BREAK_SPACE, label)
    lines = textwrap.wrap(kept, columns)
    return [line.replace(NO_BREAK_SPACE, " ") for line in lines]


def printable(text: str) -> str:
    """Return a text with "?" for what no terminal and no SVG can show."""
    return "".join(char if char.isprintable() else "?" for char in text)
