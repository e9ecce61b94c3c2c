"""What a terminal shows, and how one screen becomes another."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstage.takes.frames import (
    Run,
    VirtualTerminal,
    draw_changes,
    find_frames,
    merge_frames,
)
from backstage.takes.session import COLUMNS, Output
from support.takes import format_rows

WHITE = "e6edf3"


def show(text: str, rows: int = 4) -> VirtualTerminal:
    terminal = VirtualTerminal(rows)
    terminal.write(text)
    return terminal


@pytest.mark.parametrize(
    ("text", "run"),
    [
        ("  two words  ", Run(2, 9, "two words", WHITE, False)),
        ("ab\rc", Run(0, 2, "cb", WHITE, False)),
        ("\u6f22\u5b57 a", Run(0, 6, "\u6f22\u5b57 a", WHITE, False)),
        (" \u6f22", Run(1, 2, "\u6f22", WHITE, False)),
        ("x\u0302y", Run(0, 2, "x\u0302y", WHITE, False)),
        ("a\u200bb\x01c\x00d\ufe0fe", Run(0, 5, "abcde", WHITE, False)),
        ("\x1b[1;32mok", Run(0, 2, "ok", "3fb950", True)),
        ("\x1b[38;2;1;2;255mok", Run(0, 2, "ok", "0102ff", False)),
    ],
)
def test_a_row_has_runs_of_exact_columns(text: str, run: Run) -> None:
    first, *rest = show(text).read_rows()
    assert first == (run,)
    assert not any(rest)


def test_colours_divide_a_row() -> None:
    row, *_ = show("a \x1b[31m \u6f22 b\x1b[0m c").read_rows()
    assert row == (
        Run(0, 1, "a", WHITE, False),
        Run(3, 4, "\u6f22 b", "ff7b72", False),
        Run(8, 1, "c", WHITE, False),
    )


def test_rows_scroll() -> None:
    terminal = show("".join(f"{n}\r\n" for n in range(9)))
    assert format_rows(terminal) == ["6", "7", "8", ""]
    terminal.write("\x1b[2J")
    assert format_rows(terminal) == [""] * 4


def test_each_change_of_the_screen_is_a_frame() -> None:
    outputs = [
        Output(0.0, "$ "),
        Output(1.0, "a"),
        Output(2.0, "\x1b[0m"),  # nothing that can be seen
        Output(3.0, "b"),
        Output(3.05, "c"),
    ]
    frames = find_frames(outputs, 2, interval=0.1)
    assert [frame.time for frame in frames] == [0.0, 1.0, 3.0]
    assert [frame.rows[0][0].text for frame in frames] == ["$", "$ a", "$ abc"]
    assert len(merge_frames(frames, 2.5)) == 2
    (only,) = merge_frames(frames, 10)
    assert only == (0.0, frames[-1].rows)


def test_without_output_there_is_an_empty_screen() -> None:
    (frame,) = find_frames([], 2, interval=0.1)
    assert frame == (0.0, ((), ()))


PARTS = """
a x\u0302 \u2588\u2591 \r \r\n \n
\x1b[K \x1b[1m \x1b[33m \x1b[0m \x1b[2J \x1b[2;3H \x1b[A
"""
texts = st.lists(
    st.sampled_from([*PARTS.split(" "), " ", "  b", "long " * 15]),
    max_size=25,
).map("".join)


@settings(max_examples=50, deadline=None)
@given(texts, texts)
def test_changes_make_the_same_screen(before: str, after: str) -> None:
    """Replayed below another row, as in a take with the live view."""
    terminal = show(before)
    screen = VirtualTerminal(5)
    rows = terminal.read_rows()
    screen.write(draw_changes([()] * 4, rows, first=2))
    assert screen.read_rows() == ((), *rows)
    terminal.write(after)
    changed = terminal.read_rows()
    screen.write(draw_changes(rows, changed, first=2))
    assert screen.read_rows() == ((), *changed)
    assert draw_changes(changed, changed, first=2) == ""


def test_a_full_screen_does_not_scroll() -> None:
    terminal = show(("#" * COLUMNS) * 4)
    screen = VirtualTerminal(4)
    screen.write(draw_changes([()] * 4, terminal.read_rows(), first=1))
    assert format_rows(screen) == ["#" * COLUMNS] * 4
