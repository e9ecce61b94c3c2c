"""The figures and tables that a lesson prints."""

import pytest

from backstage.watch.figures import Bar, find_bars, find_table
from support.recordings import make_recording


def test_bars_are_the_figures_that_the_lesson_printed() -> None:
    recording = make_recording(
        4, lines=[(1, "expected 2,000 cents, got 900 cents"), (2, "lost: 9")]
    )
    pattern = r"(?P<name>expected|got) (?P<value>[\d,]+)"
    assert find_bars(recording, pattern, "cents") == [
        Bar("expected", 2_000, "cents"),
        Bar("got", 900, "cents"),
    ]
    assert find_bars(recording, "", "cents") == []


@pytest.mark.parametrize(
    ("bar", "figure"),
    [
        (Bar("task", 1.25, "KB"), "1.2 KB"),
        (Bar("process", 20_635.0, "KB"), "20,635 KB"),
        (Bar("lost", 0.0), "0"),
        (Bar("sold", 8.0, "tickets"), "8 tickets"),
    ],
)
def test_only_small_fractions_have_a_decimal_place(
    bar: Bar, figure: str
) -> None:
    assert bar.figure == figure


def test_a_table_is_all_lines_but_the_last() -> None:
    recording = make_recording(4, lines=[(1, "a"), (1, "b"), (4, "last")])
    assert find_table(recording) == ["a", "b"]
