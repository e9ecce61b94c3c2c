"""Which threads and processes of a known recording are workers."""

import pytest

from backstage.watch.workers import Workers, count_hidden, find_workers
from support.lanes import make_run_of_threads
from support.recordings import (
    FORK_SERVER,
    TRACKER,
    make_process,
    make_recording,
    make_thread,
)


@pytest.mark.parametrize("waits_for", ["network", "events", "timer"])
def test_threads_that_wait_for_the_network_or_sleep_are_workers(
    waits_for: str,
) -> None:
    """They are the subject of the lessons that fetch."""
    threads = [make_thread(1, 3, 0, waits_for) for _ in range(3)]
    recording = make_run_of_threads(*threads)
    assert find_workers(recording) == Workers(threads, [])


def test_helpers_are_not_workers_but_are_counted() -> None:
    """A pool's own threads, the fork server and the resource tracker."""
    helper = make_thread(0, 4, 0, "lock")
    manager = make_thread(0, 4, 0, "events")
    main = make_process(make_thread(0, 4, 0, "lock"), helper, manager)
    server = make_process(
        make_thread(0, 4, 0.01), parent=1, command=FORK_SERVER
    )
    tracker = make_process(make_thread(0, 4, 0), parent=1, command=TRACKER)
    forked = [
        make_process(make_thread(1, 4, 1), parent=2, command=FORK_SERVER)
        for _ in range(2)
    ]
    recording = make_recording(4, [main, server, tracker, *forked])
    workers = find_workers(recording)
    assert workers == Workers([], forked)
    assert count_hidden(recording, workers) == 4


def test_a_run_that_ended_before_the_first_look_has_no_workers() -> None:
    recording = make_recording(0.001, [])
    workers = find_workers(recording)
    assert workers == Workers([], [])
    assert count_hidden(recording, workers) == 0
