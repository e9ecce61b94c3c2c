"""Which states the slices of a known recording have."""

import pytest

from backstage.watch.recording import Recording, Request
from support.lanes import lanes_of, make_run_of_threads
from support.recordings import make_process, make_recording, make_thread


def states_of(recording: Recording, number: int = 5) -> list[list[str]]:
    """Return the states of each lane in one of ten slices."""
    return [list(lane.slices[number]) for lane in lanes_of(recording)]


@pytest.mark.parametrize(
    ("share", "waits_for", "expected"),
    [
        (1.0, "", {"computing": 1.0}),
        (0.5, "lock", {"computing": 0.5, "turn": 0.5}),
        (0.5, "", {"computing": 0.5, "waiting": 0.5}),
        (0.0, "lock", {"others": 1.0}),
        (0.0, "pipe", {"others": 1.0}),
        (0.0, "timer", {"timer": 1.0}),
        (0.0, "network", {"network": 1.0}),
        (0.0, "child", {"child": 1.0}),
        (0.0, "", {"waiting": 1.0}),
    ],
)
def test_the_states_of_a_main_thread(
    share: float, waits_for: str, expected: dict[str, float]
) -> None:
    thread = make_thread(0, 4, share, waits_for)
    (lane,) = lanes_of(make_recording(4, [make_process(thread)]))
    for shares in lane.slices:
        assert shares == pytest.approx(expected)


def test_a_slice_is_empty_while_the_thread_does_not_exist() -> None:
    thread = make_thread(1, 3, 1)
    _, lane = lanes_of(make_run_of_threads(thread))
    exists = [bool(shares) for shares in lane.slices]
    assert exists == [*[False] * 2, *[True] * 6, *[False] * 2]


def test_threads_that_compute_in_turns_wait_for_the_gil() -> None:
    """At the moment of a look, Linux may report that such a thread runs."""
    threads = [make_thread(0, 4, 0.5, "") for _ in range(2)]
    for lane in lanes_of(make_run_of_threads(*threads))[1:]:
        assert lane.slices[5] == pytest.approx({"computing": 0.5, "turn": 0.5})


def test_a_process_that_reads_files_does_not_wait_for_its_turn() -> None:
    main = make_process(make_thread(0, 4, 0, "lock"))
    worker = make_process(make_thread(0, 4, 0.5, ""), parent=1)
    _, states = states_of(make_recording(4, [main, worker]))
    assert states == ["computing", "waiting"]


def test_the_sockets_of_a_process_pool_are_not_the_network() -> None:
    main = make_process(make_thread(0, 4, 0, "network"))
    worker = make_process(make_thread(0, 4, 1), parent=1)
    processes = [main, worker]
    assert states_of(make_recording(4, processes))[0] == ["others"]
    requests = [Request("/delay/4", 0, 4, 200)]
    assert states_of(make_recording(4, processes, requests))[0] == ["network"]


def test_a_thread_that_gets_no_cpu_is_ready() -> None:
    thread = make_thread(0, 4, 0.5, "lock", ready=0.3)
    (lane,) = lanes_of(make_recording(4, [make_process(thread)]))
    assert lane.slices[4] == pytest.approx(
        {"computing": 0.5, "ready": 0.3, "turn": 0.2}
    )


def test_an_event_loop_waits_for_the_network_or_for_a_timer() -> None:
    main = make_process(make_thread(0, 4, 0, "events"))
    requests = [Request("/delay/2", 0, 2, 200)]
    recording = make_recording(4, [main], requests)
    assert states_of(recording, 0) == [["network"]]
    assert states_of(recording, 9) == [["timer"]]


def test_a_worker_process_waits_for_work() -> None:
    main = make_process(make_thread(0, 4, 0, "events"))
    worker = make_process(make_thread(0, 4, 0, "pipe"), parent=1)
    recording = make_recording(4, [main, worker])
    assert states_of(recording) == [["others"], ["work"]]


def test_only_idle_workers_of_a_pool_wait_for_work() -> None:
    pool_thread = make_thread(0, 4, 0, "lock", name="ThreadPoolExecu")
    other = make_thread(0, 4, 0.02, "lock")
    main = make_process(make_thread(0, 4, 0, "lock"), pool_thread, other)
    worker = make_process(make_thread(0, 4, 0, "lock"), parent=1)
    states = states_of(make_recording(4, [main, worker]))
    assert states[1:] == [["work"], ["others"], ["work"]]
