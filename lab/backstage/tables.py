"""Tables: with borders in a terminal, as plain text everywhere else.

Callers fill a `rich.table.Table` with strings. Square brackets in them are
no markup.
"""

import sys
from copy import copy
from io import StringIO
from typing import IO, Any

from rich.console import Console
from rich.table import Table

PLAIN_WIDTH = 80  # columns of a table that is not for a terminal, at most


def print_table(table: Table) -> None:
    """Print a table, as plain text where the output is not a terminal."""
    if sys.stdout.isatty():
        _make_console(sys.stdout).print(table)
    else:
        print(format_table(table))


def format_table(table: Table) -> str:
    """Return a table as plain text, without borders and colours.

    Cells that are too long are wrapped. A single word that is too long is
    cut off, or wrapped too if its column has `overflow="fold"`.

    Returns:
        Lines of at most 80 columns, without a line break at the end.
    """
    plain = copy(table)
    plain.box = None
    plain.pad_edge = False
    text = StringIO()
    # Not a terminal, even where FORCE_COLOR is set.
    console = _make_console(text, width=PLAIN_WIDTH, force_terminal=False)
    console.print(plain)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


def _make_console(file: IO[str], **options: Any) -> Console:
    return Console(
        file=file, markup=False, emoji=False, highlight=False, **options
    )
