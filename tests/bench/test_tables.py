"""The tables of results, in a pipe and in a terminal."""

import sys
from io import StringIO

import pytest

from backstage.bench.groups import Group, group_rows
from backstage.bench.results import Results
from backstage.bench.tables import format_table, print_tables

TABLES = """\
waiting, seconds median  min   max site times  the ideal
sequential        10.00 9.00 11.00   0% 10.00  1.00 its ideal
together           1.01 0.91  1.11   2%  1.01  1.00 its ideal

computing, seconds median  min  max times  the ideal
one by one           4.00 3.60 4.40  2.00  2.00 its ideal
at once              2.20 1.98 2.42  1.05  2.10 its ideal
alone                2.20 1.98 2.42     -  its ideal

paying, µs per update median   min   max times  compared with
threads, unsafe         0.50  0.45  0.55  1.00  0.50 threads, unsafe
threads, safe           2.00  1.80  2.20  4.00  0.50 threads, unsafe
processes, safe        50.00 45.00 55.00   100  0.50 threads, unsafe

scale, seconds median  min  max  CPU MB times  the ideal
threads, 10      1.00 0.90 1.10 0.20 35  1.00  1.00 its ideal
threads, 1,000   2.00 1.80 2.20 1.00 90  2.00  1.00 its ideal
other, 1,000     1.50 1.35 1.65    -  -  1.50  1.00 its ideal
"""


def test_a_pipe_gets_plain_text(
    results: Results, capsys: pytest.CaptureFixture[str]
) -> None:
    print_tables(results)
    assert capsys.readouterr().out == TABLES
    tables = map(format_table, group_rows(results.rows))
    assert "\n\n".join(tables) + "\n" == TABLES


def test_a_terminal_of_80_columns_has_bold_headings(
    measured: dict[str, Group], monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    rows = [row for group in measured.values() for row in group.rows]
    print_tables(Results(rows, ""))
    shown = screen.getvalue()
    assert "\x1b[1;4mmedian\x1b[0m" in shown
    for group in measured.values():
        _, *lines = format_table(group).splitlines()
        assert "\n".join(lines) in shown.replace(" \n", "\n")


def test_the_tables_of_the_repository_fit_80_columns(
    measured: dict[str, Group],
) -> None:
    for group in measured.values():
        lines = format_table(group).splitlines()
        assert len(lines) == 1 + len(group.rows)  # no row is wrapped
        assert max(map(len, lines)) <= 80
