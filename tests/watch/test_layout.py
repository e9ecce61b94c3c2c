"""What a picture of a known recording shows."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstage.course.catalogue import Lesson, Notes
from backstage.watch import layout
from backstage.watch.layout import Bar, Layout, Phase, lay_out
from backstage.watch.recording import Recording, Request
from support.lanes import make_run_of_threads
from support.recordings import make_recording, make_thread

LESSON = Lesson(Path("lab/00_made_up.py"), "00")


def with_notes(**fields: object) -> Lesson:
    notes = dataclasses.replace(Notes(), **fields)  # type: ignore[arg-type]
    return dataclasses.replace(LESSON, notes=notes)


def planned(recording: Recording, lesson: Lesson = LESSON) -> Layout:
    return lay_out(recording, lesson, slices=10, rows=20)


# Lanes


def test_a_lesson_can_leave_out_the_lanes_of_its_workers() -> None:
    recording = make_run_of_threads(make_thread(0, 4, 1), make_thread(0, 4, 1))
    plan = planned(recording, with_notes(lanes=False))
    assert [lane.name for lane in plan.lanes] == ["main thread"]
    assert plan.hidden == 2


def test_workers_have_the_name_that_the_catalogue_gives() -> None:
    workers = [make_thread(0, 4, 1) for _ in range(2)]
    recording = make_run_of_threads(*workers)
    plan = planned(recording, with_notes(worker="cashier"))
    assert [lane.name for lane in plan.lanes[1:]] == ["cashier 1", "cashier 2"]


# Headline


HOLDS = with_notes(
    holds="pages == 10",
    headline="{pages:.0f} pages: {in:.1f} s, {cpu:.1f} s of CPU time",
    compared="{in:.1f} s instead of {lesson_01.in:.1f} s",
)


def ended_with(line: str) -> Recording:
    return make_recording(4, lines=[(1, "other"), (4, line)])


def test_the_headline_is_the_finding_of_this_run() -> None:
    recording = ended_with("10 pages in 1.02 s")
    assert layout.headline(recording, HOLDS, {}) == (
        "10 pages: 1.0 s, 0.0 s of CPU time"
    )


def test_another_lesson_is_compared_where_it_was_run_too() -> None:
    recording = ended_with("10 pages in 1.02 s")
    last_lines = {"01": "10 pages in 10.01 s"}
    assert layout.headline(recording, HOLDS, last_lines) == (
        "1.0 s instead of 10.0 s"
    )
    without = layout.headline(recording, HOLDS, {"02": "10 pages in 9 s"})
    assert without.startswith("10 pages: ")


@pytest.mark.parametrize(
    "line", ["9 pages in 1.02 s", "10 pages", "nothing to see"]
)
def test_without_the_finding_the_last_line_is_the_headline(line: str) -> None:
    assert layout.headline(ended_with(line), HOLDS, {}) == line


def test_a_headline_can_have_the_seconds_of_the_phases() -> None:
    lesson = with_notes(
        headline="{phase_one_way:.1f} s, {phase_last:.1f} s",
        phases=r"^(?P<name>one way|last)(?:: (?P<seconds>[\d.]+) s)?",
    )
    recording = make_recording(4, lines=[(2, "one way: 1.23 s"), (4, "last")])
    assert layout.headline(recording, lesson, {}) == "1.2 s, 2.0 s"


def test_the_reason_is_shown_where_the_prediction_held() -> None:
    lesson = with_notes(holds="pages == 10", reason="{cpus:.0f} CPUs")
    assert layout.explain(ended_with("10 pages"), lesson) == "2 CPUs"
    assert layout.explain(ended_with("9 pages"), lesson) == ""
    assert layout.explain(ended_with("nothing"), lesson) == ""
    assert layout.explain(make_recording(4), lesson) == ""


def test_the_gil_is_no_reason_where_there_is_none() -> None:
    lesson = with_notes(reason="because of the GIL")
    for gil in True, False:
        recording = make_recording(4, lines=[(4, "x")], gil=gil)
        assert bool(layout.explain(recording, lesson)) == gil


def test_the_lesson_that_is_compared_is_drawn_too() -> None:
    lesson = with_notes(
        phases=r"^(?P<name>\d+ pages) in (?P<seconds>[\d.]+) s",
        compared="{in:.1f} s instead of {lesson_01.in:.1f} s",
    )
    recording = ended_with("10 pages in 1.00 s")
    plan = planned(recording, lesson)
    assert plan.baseline is None
    plan = lay_out(
        recording,
        lesson,
        slices=9,
        rows=9,
        last_lines={"01": "10 pages in 10.00 s"},
    )
    assert plan.baseline == Phase("lesson 01", 3.0, 13.0, seconds=10.0)


def test_a_table_is_all_lines_but_the_last() -> None:
    recording = ended_with("last")
    assert planned(recording).table == []
    assert planned(recording, with_notes(table=True)).table == ["other"]


def test_without_lines_the_command_is_the_headline() -> None:
    assert planned(make_recording(4)).headline == "lab/00_made_up.py"


# Phases and bars


def phases(lines: list[tuple[float, str]], pattern: str) -> list[Phase]:
    recording = make_recording(10, lines=lines)
    return layout.find_phases(recording, Notes(phases=pattern))


def test_a_phase_begins_where_its_clock_did() -> None:
    found = phases(
        [(3.0, "one: 2.00 s"), (3.5, "a note"), (8.0, "two: 4.00 s")],
        r"(?P<name>\w+): (?P<seconds>[\d.]+) s",
    )
    assert found == [
        Phase("one", 1.0, 3.0, seconds=2.0),
        Phase("two", 4.0, 8.0, seconds=4.0),
    ]
    assert [phase.label for phase in found] == ["one 2.0 s", "two 4.0 s"]


def test_a_phase_without_seconds_begins_where_the_last_one_ended() -> None:
    found = phases(
        [(3.0, "tiny a b"), (8.0, "waits  c d")], r"(?P<name>tiny|waits) "
    )
    assert found == [Phase("tiny", 0.0, 3.0), Phase("waits", 3.0, 8.0)]
    assert found[0].label == "tiny"


def test_the_lines_of_a_table_are_phases_one_after_the_other() -> None:
    found = phases(
        [(9.0, "one 5.0 s"), (9.0, "two 1.0 s"), (9.0, "three 2.0 s")],
        r"(?P<name>\w+) (?P<seconds>[\d.]+) s",
    )
    assert [(phase.start, phase.end) for phase in found] == [
        (1.0, 6.0),
        (6.0, 7.0),
        (7.0, 9.0),
    ]


def test_bars_are_the_figures_that_the_lesson_printed() -> None:
    recording = make_recording(
        4, lines=[(1, "expected 2,000 cents, got 900 cents"), (2, "lost: 9")]
    )
    pattern = r"(?P<name>expected|got) (?P<value>[\d,]+)"
    notes = Notes(bars=pattern, unit="cents")
    assert layout.find_bars(recording, notes) == [
        Bar("expected", 2_000, "cents"),
        Bar("got", 900, "cents"),
    ]
    assert layout.find_bars(recording, Notes()) == []


def test_memory_is_shown_where_it_is_the_subject() -> None:
    assert planned(make_recording(4)).memory == []
    plan = planned(make_recording(4), with_notes(memory=True))
    assert plan.memory == [(0.0, 10_000_000), (4, 21_400_000)]


# Requests


def test_the_attempts_of_a_page_are_in_one_row() -> None:
    requests = [
        Request("/flaky/1", 0, 0.1, 503),
        Request("/flaky/1", 0, 0.1, 503),  # another page
        Request("/flaky/1", 1, 1.1, 200),
        Request("/flaky/1", 1.2, 1.3, 200),
        Request("/flaky/1", 2, 2.1, 200),  # the page had not failed
    ]
    plan = planned(make_recording(4, requests=requests))
    attempts = [[len(page) for page in row.pages] for row in plan.rows]
    assert attempts == [[2], [2], [1]]
    assert plan.requests == "5 requests for 3 pages, 2 failed"


def test_numbers_that_differ_are_n_in_a_label() -> None:
    requests = [Request(f"/page/{n}?size=9", 0, 1, 200) for n in range(40)]
    plan = planned(make_recording(4, requests=requests))
    assert {row.label for row in plan.rows} == {"/page/N"}
    assert plan.requests == "40 requests, 2 pages in each row"
    plan = planned(make_recording(4, requests=requests[:9]))
    assert {row.label for row in plan.rows} == {"/page/N"}
    requests = [Request(path, 0, 1, 200) for path in ["/a", "/b"] * 15]
    plan = planned(make_recording(4, requests=requests))
    assert {row.label for row in plan.rows} == {"several paths"}


def test_each_phase_begins_in_the_first_row() -> None:
    """A page has the same row in each, and is not tried again in the next."""
    requests = [
        Request("/status/500", 0, 1, 500),
        Request("/delay/1", 1, 2, 200),
        Request("/delay/1", 2, 3, 200),
        Request("/status/500", 2.1, 3, 500),
    ]
    lines = [(2.0, "one: 2.0 s"), (3.0, "two: 1.0 s")]
    recording = make_recording(4, requests=requests, lines=lines)
    lesson = with_notes(phases=r"(?P<name>\w+): (?P<seconds>[\d.]+) s")
    rows = planned(recording, lesson).rows
    assert [row.label for row in rows] == ["/status/500", "/delay/1"]
    assert [[len(group) for group in row.groups] for row in rows] == [
        [1, 1],
        [1, 1],
    ]


def test_neighbours_of_one_name_are_one_phase() -> None:
    found = phases(
        [(1.0, "a 1"), (3.0, "a 9"), (4.0, "b 1")], r"(?P<name>a|b)"
    )
    assert found == [Phase("a", 0.0, 3.0), Phase("b", 3.0, 4.0)]


@given(st.integers(0, 500), st.integers(1, 20))
def test_no_page_is_lost_in_the_rows(count: int, most: int) -> None:
    requests = [Request(f"/{n}", n / 99, 9, 200) for n in range(count)]
    rows = layout.request_rows(make_recording(9, requests=requests), [], most)
    assert len(rows) <= most
    paths = [page[0].path for row in rows for page in row.pages]
    assert paths == [request.path for request in requests]
