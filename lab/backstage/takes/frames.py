"""What is on the screen of a terminal, as rows of text with colours."""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import pyte
from pyte.screens import Char, wcwidth

from backstage.takes.session import COLUMNS, Output

RESET = "\x1b[0m"
CONTROLS = "\x07\x08\t\n\v\f\r\x0e\x0f\x18\x1a\x1b"  # that a terminal obeys
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
        columns: How many columns they take: a wide character takes two.
        text: Their characters.
        colour: Six hexadecimal digits.
        bold: Whether they are bold.
    """

    column: int
    columns: int
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
        self._rows: list[Row] = [()] * rows

    def write(self, text: str) -> None:
        """Write a text to the terminal."""
        # Where pyte meets a character that takes no place, it ignores the
        # rest of the text.
        self._stream.feed("".join(filter(_is_understood, text)))

    def read_rows(self) -> tuple[Row, ...]:
        """Return what is on the screen."""
        for number in self._screen.dirty:
            line = self._screen.buffer[number]
            row = _find_runs([line[column] for column in range(COLUMNS)])
            self._rows[number] = row
        self._screen.dirty.clear()
        return tuple(self._rows)


def find_frames(
    outputs: Iterable[Output], rows: int, interval: float
) -> list[Frame]:
    """Return the screens that a viewer sees one after the other.

    Args:
        outputs: What was written to the terminal.
        rows: The height of the terminal.
        interval: The seconds for which each screen is shown, at least.
    """
    terminal = VirtualTerminal(rows)
    frames = [Frame(0.0, terminal.read_rows())]
    for output in outputs:
        terminal.write(output.text)
        shown = terminal.read_rows()
        if shown != frames[-1].rows:
            _add_frame(frames, Frame(output.time, shown), interval)
    return frames


def merge_frames(frames: Iterable[Frame], interval: float) -> list[Frame]:
    """Return fewer screens, each of which is shown for a longer time.

    Args:
        frames: All screens.
        interval: The seconds for which each screen is shown, at least.
    """
    merged: list[Frame] = []
    for frame in frames:
        _add_frame(merged, frame, interval)
    return merged


def draw_changes(
    before: Sequence[Row], after: Sequence[Row], first: int
) -> str:
    """Return the text that makes a terminal show rows in place of others.

    Args:
        before: The rows as they are.
        after: The rows as they should be.
        first: The number of the first of them, from 1 on.
    """
    text = ""
    pairs = zip(before, after, strict=True)
    for number, (old, new) in enumerate(pairs, first):
        if new != old:
            text += f"\x1b[{number};1H\x1b[2K{_format_row(new)}"
    return text


def _add_frame(frames: list[Frame], frame: Frame, interval: float) -> None:
    """Add a screen, in place of the last one if that was too short."""
    time = frame.time
    if frames and time - frames[-1].time < interval:
        time = frames.pop().time
    frames.append(Frame(time, frame.rows))


@lru_cache(maxsize=1000)
def _is_understood(char: str) -> bool:
    """Return whether a terminal shows a character, or obeys it."""
    return (
        char in CONTROLS
        or wcwidth(char) > 0
        or bool(unicodedata.combining(char))
    )


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
    end = 0
    for (name, bold), group in groupby(line, lambda x: (x.fg, x.bold)):
        # One for each column; the second one of a wide character is empty.
        cells = [char.data for char in group]
        column = end
        end += len(cells)
        while cells and cells[-1] == " ":
            cells.pop()
        text = "".join(cells).lstrip(" ")
        if text:
            blanks = next(n for n, cell in enumerate(cells) if cell != " ")
            colour = COLOURS.get(name, name)
            columns = len(cells) - blanks
            runs.append(Run(column + blanks, columns, text, colour, bold))
    return tuple(runs)
