"""Tables, as plain text and in a terminal."""

import sys
from io import StringIO

import pytest
from rich.table import Column, Table

from backstage.tables import format_table, print_table


@pytest.fixture
def table() -> Table:
    table = Table(
        "lesson",
        Column("seconds", justify="right"),
        Column("last line", overflow="fold"),
    )
    table.add_row("01", "10.3", "10 pages in 10.0 s [red]1[/red] :smile:")
    table.add_row("02", "1.2", "-")
    return table


def test_plain_text_is_aligned_and_has_no_borders(table: Table) -> None:
    assert format_table(table).splitlines() == [
        "lesson  seconds  last line",
        "01         10.3  10 pages in 10.0 s [red]1[/red] :smile:",
        "02          1.2  -",
    ]


@pytest.mark.parametrize("text", ["many words " * 20, "x" * 200])
def test_plain_text_is_wrapped_at_80_columns(text: str, table: Table) -> None:
    table.add_row("03", "1.0", text)
    lines = format_table(table).splitlines()
    assert max(map(len, lines)) <= 80
    assert "".join(lines[3:]).replace(" ", "") == "031.0" + text.replace(
        " ", ""
    )


def test_a_pipe_gets_plain_text(
    table: Table,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    print_table(table)
    assert capsys.readouterr().out == f"{format_table(table)}\n"


def test_a_terminal_gets_borders(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("COLUMNS", "60")
    format_table(table)  # which leaves the table's own borders alone
    print_table(table)
    first, *_, last = screen.getvalue().splitlines()
    assert "━" in first
    assert "─" in last
    assert "[red]1[/red]" in screen.getvalue()
