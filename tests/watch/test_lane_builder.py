"""Which lanes a known recording has."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstage.watch.lane_builder import MAX_OVERLAP, assign_lanes
from backstage.watch.recording import Recording, Thread
from backstage.watch.workers import INTERPRETER_POOL
from support.lanes import lanes_of, make_run_of_threads
from support.recordings import make_process, make_recording, make_thread


def names_of(recording: Recording, name: str = "") -> list[str]:
    return [lane.name for lane in lanes_of(recording, name=name)]


def states_of(recording: Recording, slices: int = 10) -> set[str]:
    """Return the states that occur in any lane."""
    states = set[str]()
    for lane in lanes_of(recording, slices):
        states.update(*lane.slices)
    return states


def join(*parts: Thread) -> Thread:
    """Return a thread that does one after the other."""
    samples = parts[0].samples[:1]
    cpu = 0.0
    for part in parts:
        samples += [
            sample._replace(cpu=cpu + sample.cpu)
            for sample in part.samples[1:]
        ]
        cpu += part.cpu
    return Thread(samples, "")


def test_each_thread_has_a_lane_with_its_number() -> None:
    threads = [make_thread(1, 3, 0, "events") for _ in range(3)]
    assert names_of(make_run_of_threads(*threads)) == [
        "main thread",
        "thread 1",
        "thread 2",
        "thread 3",
    ]


def test_many_threads_share_a_lane_that_shows_their_mean() -> None:
    half = [make_thread(0, 4, 0, "network") for _ in range(6)]
    other_half = [make_thread(0, 4, 1) for _ in range(6)]
    recording = make_run_of_threads(*half, *other_half)
    main, shared = lanes_of(recording)
    assert (main.name, shared.name) == ("main thread", "12 threads")
    assert shared.slices[5] == pytest.approx(
        {"computing": 0.5, "network": 0.5}
    )


def test_threads_that_follow_each_other_share_a_lane() -> None:
    first = [make_thread(0, 1, 1), make_thread(0, 1, 1)]
    second = [make_thread(2, 4, 1), make_thread(2, 4, 1)]
    lanes = lanes_of(make_run_of_threads(*first, *second))
    assert [lane.name for lane in lanes] == [
        "main thread",
        "thread 1",
        "thread 2",
    ]
    exists = [bool(shares) for shares in lanes[1].slices]
    assert exists == [*[True] * 3, *[False] * 2, *[True] * 5]
    assert lanes[1].starts == (5,)
    assert lanes[0].starts == ()


@given(
    st.lists(st.tuples(st.floats(0, 10), st.floats(0.01, 5)), max_size=20).map(
        sorted
    )
)
def test_spans_in_a_lane_do_not_overlap(
    starts_and_lengths: list[tuple[float, float]],
) -> None:
    spans = [(start, start + length) for start, length in starts_and_lengths]
    numbers = assign_lanes(spans)
    for number in set(numbers):
        members = [
            span
            for span, lane_number in zip(spans, numbers, strict=True)
            if lane_number == number
        ]
        for (_, end), (start, _) in pairwise(members):
            assert end <= start + MAX_OVERLAP


def test_workers_can_have_a_name_of_their_own() -> None:
    workers = [make_thread(0, 4, 1) for _ in range(2)]
    recording = make_run_of_threads(*workers)
    assert names_of(recording, "cashier") == [
        "main thread",
        "cashier 1",
        "cashier 2",
    ]


def test_a_name_that_ends_in_s_has_a_plural() -> None:
    main = make_process(make_thread(0, 4, 0, "lock"))
    workers = [make_process(make_thread(0, 4, 1), parent=1) for _ in range(5)]
    recording = make_recording(4, [main, *workers])
    assert names_of(recording) == ["main thread", "5 processes"]


def test_interpreters_have_lanes_of_their_own() -> None:
    thread = make_thread(0, 2, 1)
    interpreter = make_thread(2, 4, 1, name=INTERPRETER_POOL)
    recording = make_run_of_threads(thread, interpreter)
    assert names_of(recording) == ["main thread", "thread", "interpreter"]


def test_lanes_are_sorted_by_the_start_of_their_workers() -> None:
    main = make_process(make_thread(0, 4, 0, "lock"), make_thread(2, 4, 1))
    worker = make_process(make_thread(1, 2, 1), parent=1)
    recording = make_recording(4, [main, worker])
    assert names_of(recording) == ["main thread", "process", "thread"]


def test_without_times_of_threads_there_is_a_main_process() -> None:
    process = make_process(make_thread(0, 4, 0.5))
    process.threads.clear()
    (lane,) = lanes_of(make_recording(4, [process]))
    assert lane.name == "main process"
    assert lane.slices[5]["computing"] == pytest.approx(0.5)


def test_a_run_that_ended_before_the_first_look_has_an_empty_lane() -> None:
    (lane,) = lanes_of(make_recording(0.001, []))
    assert not any(lane.slices)


def test_a_state_that_hardly_occurs_in_a_lane_is_left_out() -> None:
    main = join(make_thread(0, 0.02, 0, "network"), make_thread(0.02, 4, 1))
    recording = make_recording(4, [make_process(main)])
    assert states_of(recording) == {"computing"}


def test_a_state_that_is_common_in_one_lane_is_kept() -> None:
    """Even if it hardly occurs in all lanes together."""
    workers = [make_thread(0, 4, 1) for _ in range(2)]
    brief = make_thread(3.6, 4, 0, "network")
    recording = make_run_of_threads(*workers, brief)
    assert "network" in states_of(recording)


def test_a_slice_of_a_rare_state_is_like_the_one_before() -> None:
    main = join(
        make_thread(0, 2, 1),
        make_thread(2, 2.08, 0, "network"),
        make_thread(2.08, 4, 1),
    )
    recording = make_recording(4, [make_process(main)])
    (lane,) = lanes_of(recording, slices=50)
    assert all(list(shares) == ["computing"] for shares in lane.slices)
