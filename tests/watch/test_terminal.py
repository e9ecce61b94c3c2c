"""Pictures as text of recordings that are known to the last figure."""

from dataclasses import replace

import pytest

from backstage.course.catalogue import Lesson
from backstage.watch.fitting import lay_out_for_terminal
from backstage.watch.recording import Recording, Request
from backstage.watch.terminal import draw_text
from support.recordings import (
    make_lesson,
    make_recording,
    make_run_of_threads_and_processes,
)

STAIRS = """
lab/00_made_up.py
4 requests
4 x /delay/1 ━━━━━━━━━━━━━━━━━
                             ━━━━━━━━━━━━━━━━━
                                              ━━━━━━━━━━━━━━━━━
                                                              ━━━━━━━━━━━━━━━━━
main thread  ------------------------------------------------------------------
             0 s     0.5     1       1.5      2       2.5     3       3.5
- waits for a timer   ━ request
took 4.00 s, CPU time 0.00 s (0.00 cores); peak 21 MB, at most 1 in flight
"""
RETRIES = """
lab/00_made_up.py
3 requests for 2 pages, 2 failed
/flaky/1    xxxxxxxxxxxxxxxx·················━━━━━━━━━━━━━━━━
/drop                                                         xxxxxxxxxxxxxxxx
main thread -------------------------------------------------------------------
            0 s     0.5     1        1.5     2       2.5      3       3.5
- waits for a timer   ━ request   x request that fails or is cancelled
· delay before another attempt
took 4.00 s, CPU time 0.00 s (0.00 cores); peak 21 MB, at most 1 in flight
"""
STATES = """
end
            |threads: 4.0 s                          |processes: 2.0 s
main thread ...................................................................
thread 1    ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
thread 2    ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
process 1                                            ██████████████████
process 2                                            ██████████████████
            0 s     1       2        3       4       5        6       7
█ computing   ▄ computing about half of the time
. waits for other threads or processes
took 8.00 s, CPU time 8.00 s (1.00 cores); peak 21 MB
"""


def text_of(recording: Recording, lesson: Lesson | None = None) -> str:
    layout = lay_out_for_terminal(recording, lesson or make_lesson())
    return draw_text(layout)


def test_stairs() -> None:
    stairs = [Request("/delay/1", n, n + 0.99, 200) for n in range(4)]
    text = text_of(make_recording(4, requests=stairs))
    assert text == STAIRS.strip("\n")


def test_retries_and_failures() -> None:
    requests = [
        Request("/flaky/1", 0, 0.9, 503),
        Request("/flaky/1", 2, 2.9, 200),
        Request("/drop", 3, 3.9, None),
    ]
    text = text_of(make_recording(4, requests=requests))
    assert text == RETRIES.strip("\n")


def test_phases_and_states() -> None:
    lesson = make_lesson(phases=r"(?P<name>\w+): (?P<seconds>[\d.]+) s")
    text = text_of(make_run_of_threads_and_processes(), lesson)
    assert text == STATES.strip("\n")


def test_bars_and_memory() -> None:
    lesson = make_lesson(
        bars=r"(?P<name>expected|got) (?P<value>[\d,]+)", memory=True
    )
    recording = make_recording(4, lines=[(4, "expected 2,000, got 1,000")])
    lines = text_of(recording, lesson).splitlines()
    expected, got = (line.count("█") for line in lines[-4:-2])
    assert expected == pytest.approx(2 * got, abs=1)
    (memory,) = (line for line in lines if line.startswith("memory"))
    assert memory.endswith("█")


def test_a_row_of_many_pages_says_if_few_of_them_are_under_way() -> None:
    requests = [Request("/a", 0, 4 if n else 2, 200) for n in range(2)]
    requests += [Request("/a", 0, 2, 200) for _ in range(18)]
    lines = text_of(make_recording(4, requests=requests)).splitlines()
    assert lines[1] == "20 requests, 2 pages in each row"
    assert lines[2].startswith("20 x /a ")
    assert {"━", "─"} <= set(lines[2])
    assert "─" not in lines[3]


def test_what_cannot_be_shown_is_a_question_mark() -> None:
    requests = [Request("/\ud800\x02<&", 1, 2, 200)]
    text = text_of(make_recording(4, requests=requests))
    assert "\n/??<& " in text


def test_a_run_that_ended_before_the_first_look() -> None:
    assert "took 0.00 s" in text_of(make_recording(0.001, []))


def test_threads_and_processes_without_a_lane_are_counted() -> None:
    layout = lay_out_for_terminal(make_recording(4), make_lesson())
    text = " ".join(draw_text(replace(layout, hidden=1_234)).split())
    assert text.endswith("; not shown: 1,234 other threads or processes")
    text = " ".join(draw_text(replace(layout, hidden=1)).split())
    assert text.endswith("; not shown: 1 other thread or process")
    assert "not shown" not in draw_text(layout)
