"""Layouts of the size that a terminal or an SVG has room for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstage.drawing.text import COLUMNS
from backstage.watch.fitting import (
    MAX_LINES,
    MAX_SVG_ROWS,
    lay_out_for_svg,
    lay_out_for_terminal,
)
from backstage.watch.recording import Request
from backstage.watch.terminal import draw_text
from support.recordings import (
    make_lesson,
    make_process,
    make_recording,
    make_thread,
)


def test_the_text_fits_a_terminal() -> None:
    """However many threads, processes, requests, phases and bars there are."""
    main = make_thread(0, 9, 0, "events")
    threads = [make_thread(0, 9, 0.3, "network") for _ in range(30)]
    processes = [make_process(make_thread(0, 9, 1)) for _ in range(30)]
    requests = [
        Request(f"/{'long' * 9}/{n}", n / 99, 5, 200) for n in range(99)
    ]
    lines = [(float(n), f"phase{n}: 1.00 s") for n in range(1, 9)]
    lines += [(8.5, "got 5 got 6 got 7 got 8")]
    recording = make_recording(
        9, [make_process(main, *threads), *processes], requests, lines
    )
    lesson = make_lesson(
        phases=r"(?P<name>\w+): (?P<seconds>[\d.]+) s",
        bars=r"(?P<name>got) (?P<value>\d)",
    )
    text = draw_text(lay_out_for_terminal(recording, lesson)).splitlines()
    assert len(text) == MAX_LINES
    assert max(map(len, text)) <= COLUMNS
    for n in range(1, 9):
        assert any(f"phase{n}: 1.0 s" in line for line in text)


@settings(max_examples=20)  # each has up to four layouts
@given(
    starts=st.lists(st.floats(0, 10), min_size=1, max_size=120),
    seconds=st.floats(0.01, 10),
)
def test_no_row_of_requests_is_blank(
    starts: list[float], seconds: float
) -> None:
    requests = [
        Request(f"/{n}", start, start + 0.1, 200 + 300 * (n % 2))
        for n, start in enumerate(starts)
        if start < seconds
    ]
    recording = make_recording(seconds, requests=requests)
    layout = lay_out_for_terminal(recording, make_lesson())
    lines = draw_text(layout).splitlines()
    drawn = [line for line in lines if set("─━x") & set(line[-70:])]
    assert len(drawn) >= len(layout.rows)
    assert bool(layout.rows) == bool(requests)


@pytest.mark.parametrize(
    ("seconds", "slices"), [(0.01, 20), (5, 100), (3600, 160)]
)
def test_the_slices_of_an_svg_are_wide_enough_to_be_seen(
    seconds: float, slices: int
) -> None:
    requests = [Request("/a", 0, seconds, 200) for _ in range(99)]
    recording = make_recording(seconds, requests=requests)
    layout = lay_out_for_svg(recording, make_lesson())
    assert layout.slices == slices
    assert len(layout.rows) <= MAX_SVG_ROWS
