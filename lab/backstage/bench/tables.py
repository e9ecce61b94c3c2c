"""A table of each group: times, and what they are compared with."""

from rich.table import Column, Table

from backstage import tables
from backstage.bench.groups import Group, group_rows
from backstage.bench.results import Results

MISSING = "-"  # in the place of a figure that was not measured


def print_tables(results: Results) -> None:
    """Print a table of each group, with an empty line between them."""
    for number, group in enumerate(group_rows(results.rows)):
        if number:
            print()
        tables.print_table(_make_table(group))


def format_table(group: Group) -> str:
    """Return the table of a group as plain text, at most 80 columns wide."""
    return tables.format_table(_make_table(group))


def format_figure(number: float | None) -> str:
    """Return a number as it is shown in a table."""
    if number is None:
        return MISSING
    return f"{number:,.0f}" if number >= 100 else f"{number:.2f}"


def _make_table(group: Group) -> Table:
    """Return the table of a group.

    It has no borders, and a single space between its columns, because the
    widest group fills 80 columns. Two spaces stand before the last column.
    """
    head, *cells = _list_cells(group)
    name, *figures, last = head
    table = Table(
        name,
        *(Column(figure, justify="right", no_wrap=True) for figure in figures),
        f" {last}",
        box=None,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        header_style="bold underline",
    )
    for *first, last in cells:
        table.add_row(*first, f" {last}")
    return table


def _list_cells(group: Group) -> list[list[str]]:
    """Return the cells of a group's table by rows, the headings first.

    A column without any figures is left out.
    """
    lines = [
        [
            f"{group.name}, {group.unit}",
            "median",
            "min",
            "max",
            "CPU",
            "MB",
            "site",
            "times",
            "compared with" if group.reference else "the ideal",
        ]
    ]
    for row in group.rows:
        memory, site = row.memory, row.site_share
        ideal = "" if row.ideal is None else f"{format_figure(row.ideal)} "
        lines.append(
            [
                row.name,
                format_figure(row.median),
                format_figure(row.shortest),
                format_figure(row.longest),
                format_figure(row.cpu_time),
                MISSING if memory is None else f"{memory / 1e6:,.0f}",
                MISSING if site is None else f"{site:.0%}",
                format_figure(row.ideal_ratio),
                ideal + row.ideal_name,
            ]
        )
    shown = [
        column
        for column in zip(*lines, strict=True)
        if set(column[1:]) != {MISSING}
    ]
    return [list(line) for line in zip(*shown, strict=True)]
