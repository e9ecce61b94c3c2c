"""What a picture of a known recording shows."""

from backstage.course.catalogue import Lesson
from backstage.watch.layout import Layout, lay_out
from backstage.watch.phases import Phase
from backstage.watch.recording import Recording, Request
from support.recordings import (
    make_lesson,
    make_process,
    make_recording,
    make_thread,
)

LESSON = make_lesson()


def layout_of(recording: Recording, lesson: Lesson = LESSON) -> Layout:
    return lay_out(recording, lesson, slices=10, max_rows=20)


def make_run_of_two_workers() -> Recording:
    main = make_thread(0, 4, 0, "lock")
    workers = [make_thread(0, 4, 1) for _ in range(2)]
    return make_recording(4, [make_process(main, *workers)])


def test_a_layout_has_as_many_slices_and_rows_as_the_caller_wants() -> None:
    requests = [Request(f"/{n}", n, n + 1, 200) for n in range(3)]
    recording = make_recording(4, requests=requests)
    for slices, max_rows in (1, 1), (7, 2), (160, 9):
        layout = lay_out(recording, LESSON, slices=slices, max_rows=max_rows)
        (lane,) = layout.lanes
        assert layout.slices == len(lane.slices) == slices
        assert len(layout.rows) == min(max_rows, 3)
        assert (layout.seconds, layout.span) == (4, 4)


def test_a_lesson_can_leave_out_the_lanes_of_its_workers() -> None:
    recording = make_run_of_two_workers()
    layout = layout_of(recording, make_lesson(lanes=False))
    assert [lane.name for lane in layout.lanes] == ["main thread"]
    assert layout.hidden == 2
    assert layout_of(recording).hidden == 0


def test_workers_have_the_name_that_the_catalogue_gives() -> None:
    recording = make_run_of_two_workers()
    layout = layout_of(recording, make_lesson(worker="cashier"))
    names = [lane.name for lane in layout.lanes]
    assert names == ["main thread", "cashier 1", "cashier 2"]


def test_the_legend_has_the_states_that_occur_in_its_order() -> None:
    assert layout_of(make_recording(4)).states == ["timer"]
    layout = layout_of(make_run_of_two_workers())
    assert layout.states == ["computing", "others"]


def test_memory_and_tables_are_shown_if_they_are_the_subject() -> None:
    recording = make_recording(4, lines=[(1, "a row"), (4, "last")])
    layout = layout_of(recording)
    assert (layout.memory, layout.table) == ([], [])
    layout = layout_of(recording, make_lesson(memory=True, table=True))
    assert layout.memory == [(0.0, 10_000_000), (4, 21_400_000)]
    assert layout.table == ["a row"]


def test_a_picture_ends_with_the_run_or_with_what_is_compared() -> None:
    lesson = make_lesson(
        phases=r"^(?P<name>\d+ pages) in (?P<seconds>[\d.]+) s",
        compared="{in:.1f} s instead of {lesson_01.in:.1f} s",
    )
    recording = make_recording(4, lines=[(4, "10 pages in 1.00 s")])
    layout = layout_of(recording, lesson)
    assert layout.baseline is None
    assert layout.end == 4
    for seconds, end in (10.0, 13.0), (0.5, 4.0):
        layout = lay_out(
            recording,
            lesson,
            slices=9,
            max_rows=9,
            last_lines={"01": f"10 pages in {seconds:.2f} s"},
        )
        assert layout.baseline == Phase(
            "lesson 01", 3.0, 3.0 + seconds, seconds
        )
        assert layout.end == end


def test_a_run_that_ended_before_the_first_look_has_an_empty_lane() -> None:
    (lane,) = layout_of(make_recording(0.001, [])).lanes
    assert not any(lane.slices)
