"""What is on the screen of a terminal, as rows of text with colours."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

import pyte
from pyte.screens import Char

from backstage.takes.session import COLUMNS, Output

RESET = "\x1b[0m"
# The colours of pyte's names, as a dark terminal shows them (those of GitHub).
COLOURS = {
    "default": "e6edf3",
    "black": "484f58",
    "red": "ff7b72",
    "green": "3fb950",
    "brown": "d29922",
    "blue": "58a6ff",
    "magenta": "bc8cff",
    "cyan": "39c5cf",
    "white": "b1bac4",
    "brightblack": "8b949e",
    "brightred": "ffa198",
    "brightgreen": "56d364",
    "brightbrown": "e3b341",
    "brightblue": "79c0ff",
    "brightmagenta": "d2a8ff",
    "brightcyan": "56d4dd",
    "brightwhite": "ffffff",
}


class Run(NamedTuple):
    """Neighbours in a row that look alike.

    Attributes:
        column: The column of the first one, from 0 on.
        text: Their characters.
        colour: Six hexadecimal digits.
        bold: Whether they are bold.
    """

    column: int
    text: str
    colour: str
    bold: bool


Row = tuple[Run, ...]


class Frame(NamedTuple):
    """What a terminal shows from a time on, row by row."""

    time: float
    rows: tuple[Row, ...]


class VirtualTerminal:
    """A terminal that shows nothing, but knows what it would show."""

    def __init__(self, rows: int) -> None:
        self._screen = pyte.Screen(COLUMNS, rows)
        self._stream = pyte.Stream(self._screen)

    def write(self, text: str) -> None:
        """Write a text to the terminal."""
        self._stream.feed(text)

    def read_rows(self) -> tuple[Row, ...]:
        """Return what is on the screen."""
        return tuple(
            _find_runs([line[column] for column in range(COLUMNS)])
            for line in map(
                self._screen.buffer.__getitem__, range(self._screen.lines)
            )
        )


def find_frames(
    outputs: Iterable[Output], rows: int, interval: float
) -> list[Frame]:
    """Return the screens that a viewer sees one after the other.

    Args:
        outputs: What the terminal was told to show.
        rows: The height of the terminal.
        interval: The seconds for which each screen is shown, at least.
    """
    terminal = VirtualTerminal(rows)
    frames = [Frame(0.0, terminal.read_rows())]
    for output in outputs:
        terminal.write(output.text)
        shown = terminal.read_rows()
        if shown == frames[-1].rows:
            continue
        if output.time - frames[-1].time < interval and len(frames) > 1:
            frames[-1] = Frame(frames[-1].time, shown)
        else:
            frames.append(Frame(output.time, shown))
    return frames


def draw_changes(
    before: Sequence[Row], after: Sequence[Row], first: int
) -> str:
    """Return the text that makes a terminal show rows in place of others.

    Args:
        before: The rows as they are.
        after: The rows as they shall be.
        first: The number of the first of them, from 1 on.
    """
    text = ""
    pairs = zip(before, after, strict=True)
    for number, (old, new) in enumerate(pairs, first):
        if new != old:
            text += f"\x1b[{number};1H\x1b[2K{_format_row(new)}"
    return text


def _format_row(row: Row) -> str:
    """Return a row as text with control sequences for its colours."""
    text = ""
    for run in row:
        red, green, blue = bytes.fromhex(run.colour)
        bold = ";1" if run.bold else ""
        text += f"\x1b[{run.column + 1}G\x1b[38;2;{red};{green};{blue}{bold}m"
        text += run.text + RESET
    return text


def _find_runs(line: Sequence[Char]) -> Row:
    """Return the runs of a line, without blanks at their ends."""
    runs = []
    column = 0
    for (name, bold), group in groupby(line, lambda x: (x.fg, x.bold)):
        text = "".join(char.data for char in group)
        if text.strip():
            blanks = len(text) - len(text.lstrip())
            colour = COLOURS.get(name, name)
            runs.append(Run(column + blanks, text.strip(), colour, bold))
        column += len(text)
    return tuple(runs)
