"""What a picture of a known recording shows."""

import dataclasses
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstage.course.catalogue import Lesson, Notes
from backstage.watch import lanes, layout
from backstage.watch.lanes import INTERPRETER
from backstage.watch.layout import Bar, Layout, Phase, lay_out
from backstage.watch.recording import Recording, Request, Thread
from support.recordings import (
    FORK_SERVER,
    TRACKER,
    make_process,
    make_recording,
    make_thread,
)

LESSON = Lesson(Path("lab/00_made_up.py"), "00")


def with_notes(**fields: object) -> Lesson:
    notes = dataclasses.replace(Notes(), **fields)  # type: ignore[arg-type]
    return dataclasses.replace(LESSON, notes=notes)


def planned(recording: Recording, lesson: Lesson = LESSON) -> Layout:
    return lay_out(recording, lesson, slices=10, rows=20)


def main_and(*threads: Thread, seconds: float = 4) -> Recording:
    """Return a recording of a process: its main thread waits for others."""
    main = make_thread(0, seconds, 0, "lock")
    return make_recording(seconds, [make_process(main, *threads)])


# States


@pytest.mark.parametrize(
    ("share", "waits_for", "expected"),
    [
        (1.0, "", {"computing": 1.0}),
        (0.5, "lock", {"computing": 0.5, "turn": 0.5}),
        (0.5, "", {"computing": 0.5, "waiting": 0.5}),
        (0.0, "lock", {"others": 1.0}),
        (0.0, "timer", {"timer": 1.0}),
        (0.0, "network", {"network": 1.0}),
        (0.0, "child", {"child": 1.0}),
        (0.0, "", {"waiting": 1.0}),
    ],
)
def test_the_states_of_a_thread(
    share: float, waits_for: str, expected: dict[str, float]
) -> None:
    recording = make_recording(
        4, [make_process(make_thread(0, 4, share, waits_for))]
    )
    (lane,) = planned(recording).lanes
    for shares in lane.slices:
        assert shares == pytest.approx(expected)


def test_threads_that_compute_by_turns_wait_for_the_gil() -> None:
    """At the moment of a look, Linux may say that such a thread runs."""
    threads = [make_thread(0, 4, 0.5, "") for _ in range(2)]
    for lane in planned(main_and(*threads)).lanes[1:]:
        assert lane.slices[5] == pytest.approx({"computing": 0.5, "turn": 0.5})


def test_a_process_that_reads_files_does_not_wait_for_its_turn() -> None:
    main = make_process(make_thread(0, 4, 0, "lock"))
    worker = make_process(make_thread(0, 4, 0.5, ""), parent=1)
    lanes = planned(make_recording(4, [main, worker])).lanes
    assert "waiting" in lanes[1].slices[5]


def test_the_sockets_of_a_pool_are_no_network() -> None:
    main = make_process(make_thread(0, 4, 0, "network"))
    worker = make_process(make_thread(0, 4, 1), parent=1)
    processes = [main, worker]
    lanes = planned(make_recording(4, processes)).lanes
    assert list(lanes[0].slices[5]) == ["others"]
    requests = [Request("/delay/4", 0, 4, 200)]
    lanes = planned(make_recording(4, processes, requests)).lanes
    assert list(lanes[0].slices[5]) == ["network"]


def test_a_thread_that_gets_no_cpu_is_ready() -> None:
    thread = make_thread(0, 4, 0.5, "lock", ready=0.3)
    (lane,) = planned(make_recording(4, [make_process(thread)])).lanes
    assert lane.slices[4] == pytest.approx(
        {"computing": 0.5, "ready": 0.3, "turn": 0.2}
    )


def test_an_event_loop_waits_for_the_network_or_for_a_timer() -> None:
    main = make_thread(0, 4, 0, "events")
    requests = [Request("/delay/2", 0, 2, 200)]
    recording = make_recording(4, [make_process(main)], requests)
    (lane,) = planned(recording).lanes
    assert [*lane.slices[0], *lane.slices[-1]] == ["network", "timer"]


def test_a_worker_process_waits_for_work() -> None:
    main = make_process(make_thread(0, 4, 0, "events"))
    worker = make_process(make_thread(0, 4, 0, "pipe"), parent=1)
    lanes = planned(make_recording(4, [main, worker])).lanes
    assert [list(lane.slices[5]) for lane in lanes] == [["others"], ["work"]]


def test_a_state_that_hardly_occurs_in_a_lane_is_left_out() -> None:
    short = make_thread(0, 0.02, 0, "network")
    long = make_thread(0.02, 4, 1)
    main = Thread([*short.samples, *long.samples], "")
    plan = planned(make_recording(4, [make_process(main)]))
    assert plan.states == ["computing"]
    workers = [make_thread(0, 4, 1) for _ in range(2)]
    brief = make_thread(3.6, 4, 0, "network")
    plan = planned(main_and(*workers, brief))
    assert "network" in plan.states


def test_a_slice_of_a_rare_state_is_like_the_one_before() -> None:
    before = make_thread(0, 2, 1)
    rare = make_thread(2, 2.08, 0, "network")
    after = make_thread(2.08, 4, 1)
    cpu = before.cpu
    samples = [*before.samples]
    for part in rare, after:
        samples += [
            sample._replace(cpu=sample.cpu + cpu)
            for sample in part.samples[1:]
        ]
    recording = make_recording(4, [make_process(Thread(samples, ""))])
    plan = lay_out(recording, LESSON, slices=50, rows=20)
    (lane,) = plan.lanes
    assert all(list(shares) == ["computing"] for shares in lane.slices)


def test_idle_workers_wait_for_work() -> None:
    """Those of a pool: another thread waits for others."""
    pool_thread = make_thread(0, 4, 0, "lock", name="ThreadPoolExecu")
    other = make_thread(0, 4, 0.02, "lock")
    main = make_process(make_thread(0, 4, 0, "lock"), pool_thread, other)
    worker = make_process(make_thread(0, 4, 0, "lock"), parent=1)
    plan = planned(make_recording(4, [main, worker]))
    assert [list(lane.slices[5]) for lane in plan.lanes[1:]] == [
        ["work"],
        ["others"],
        ["work"],
    ]


# Lanes


def names(recording: Recording) -> list[str]:
    return [lane.name for lane in planned(recording).lanes]


def test_threads_that_wait_for_the_network_have_lanes() -> None:
    """They are the subject of the lessons that fetch."""
    threads = [make_thread(1, 3, 0, "events") for _ in range(3)]
    recording = main_and(*threads)
    assert names(recording) == [
        "main thread",
        "thread 1",
        "thread 2",
        "thread 3",
    ]
    lane = planned(recording).lanes[1]
    assert [bool(shares) for shares in lane.slices] == [
        *[False] * 2,
        *[True] * 6,
        *[False] * 2,
    ]


def test_many_threads_share_a_lane_with_their_number() -> None:
    half = [make_thread(0, 4, 0, "network") for _ in range(6)]
    other_half = [make_thread(0, 4, 1) for _ in range(6)]
    recording = main_and(*half, *other_half)
    assert names(recording) == ["main thread", "12 threads"]
    assert planned(recording).lanes[1].slices[5] == pytest.approx(
        {"computing": 0.5, "network": 0.5}
    )


def test_threads_that_follow_each_other_share_a_lane() -> None:
    first = [make_thread(0, 1, 1), make_thread(0, 1, 1)]
    second = [make_thread(2, 4, 1), make_thread(2, 4, 1)]
    recording = main_and(*first, *second)
    assert names(recording) == ["main thread", "thread 1", "thread 2"]
    shown = [bool(shares) for shares in planned(recording).lanes[1].slices]
    assert shown == [*[True] * 3, *[False] * 2, *[True] * 5]


@given(
    st.lists(st.tuples(st.floats(0, 10), st.floats(0.01, 5)), max_size=20).map(
        sorted
    )
)
def test_lives_in_a_slot_do_not_overlap(
    lives: list[tuple[float, float]],
) -> None:
    spans = [(start, start + length) for start, length in lives]
    slots = lanes._assign_slots(spans)
    for slot in set(slots):
        own = [x for x, n in zip(spans, slots, strict=True) if n == slot]
        for (_, end), (start, _) in pairwise(own):
            assert end <= start + lanes.OVERLAP


def test_helpers_have_no_lanes_but_are_counted() -> None:
    """A pool's own threads, the fork server and the resource tracker."""
    helper = make_thread(0, 4, 0, "lock")
    manager = make_thread(0, 4, 0, "events")
    main = make_process(make_thread(0, 4, 0, "lock"), helper, manager)
    server = make_process(
        make_thread(0, 4, 0.01), parent=1, command=FORK_SERVER
    )
    tracker = make_process(make_thread(0, 4, 0), parent=1, command=TRACKER)
    workers = [
        make_process(make_thread(1, 4, 1), parent=2, command=FORK_SERVER)
        for _ in range(2)
    ]
    recording = make_recording(4, [main, server, tracker, *workers])
    plan = planned(recording)
    assert [lane.name for lane in plan.lanes] == [
        "main thread",
        "process 1",
        "process 2",
    ]
    assert plan.hidden == 4


def test_a_lesson_can_leave_out_the_lanes_of_its_workers() -> None:
    recording = main_and(make_thread(0, 4, 1), make_thread(0, 4, 1))
    plan = planned(recording, with_notes(lanes=False))
    assert [lane.name for lane in plan.lanes] == ["main thread"]
    assert plan.hidden == 2


def test_workers_have_the_name_that_the_catalogue_gives() -> None:
    workers = [make_thread(0, 4, 1) for _ in range(2)]
    plan = planned(main_and(*workers), with_notes(worker="cashier"))
    assert [lane.name for lane in plan.lanes[1:]] == ["cashier 1", "cashier 2"]


def test_without_times_of_threads_there_is_a_main_process() -> None:
    process = make_process(make_thread(0, 4, 0.5))
    process.threads.clear()
    (lane,) = planned(make_recording(4, [process])).lanes
    assert lane.name == "main process"
    assert lane.slices[5]["computing"] == pytest.approx(0.5)


def test_a_run_that_was_over_before_the_first_look() -> None:
    recording = make_recording(0.001, [])
    (lane,) = planned(recording).lanes
    assert not any(lane.slices)


def test_interpreters_have_lanes_of_their_own() -> None:
    threads = [make_thread(0, 2, 1), make_thread(2, 4, 1, name=INTERPRETER)]
    assert names(main_and(*threads)) == [
        "main thread",
        "thread",
        "interpreter",
    ]


def test_lanes_are_in_order_of_time() -> None:
    main = make_process(make_thread(0, 4, 0, "lock"), make_thread(2, 4, 1))
    worker = make_process(make_thread(1, 2, 1), parent=1)
    recording = make_recording(4, [main, worker])
    assert names(recording) == ["main thread", "process", "thread"]


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
