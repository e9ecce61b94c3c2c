"""What is put together from the events of a known run."""

import pytest

from backstage.watch.recording import (
    Activity,
    Recording,
    Request,
    Sample,
    rebuild,
)
from support.recordings import EVENT_LOG, make_recording

ACTIVITY = Activity(
    [
        Sample(0.1, 0, 0, ""),
        Sample(0.2, 0.04, 0.01, "lock"),
        Sample(0.4, 0.04, 0.01, "timer"),
    ]
)


@pytest.fixture
def rebuilt() -> Recording:
    return rebuild(EVENT_LOG)


def test_the_figures_of_the_run(rebuilt: Recording) -> None:
    assert (rebuilt.seconds, rebuilt.status) == (2.0, 3)
    assert [line.text[:6] for line in rebuilt.lines] == ['a "lin']
    assert rebuilt.peak_memory == 9_000
    assert rebuilt.cpu == 0.05


def test_a_process_and_its_thread(rebuilt: Recording) -> None:
    process = rebuilt.processes[7]
    assert (process.parent, process.command) == (1, ["python", "x.py"])
    thread = process.threads[8]
    assert thread.name == "fetch-1"
    assert (thread.start, thread.end) == (0.1, 0.2)
    assert thread.samples == [
        Sample(0.1, 0, 0, ""),
        Sample(0.2, 0.04, 0.01, "lock"),
    ]


def test_the_requests(rebuilt: Recording) -> None:
    complete, dropped = rebuilt.requests.values()
    assert (complete.path, complete.started) == ("/delay/1", 0.3)
    assert (complete.ended, complete.status) == (1.3, 200)
    assert (dropped.ended, dropped.status) == (0.6, None)
    assert rebuilt.peak_requests == 2


@pytest.mark.parametrize(
    ("ended", "status", "failed"),
    [
        (2.0, 200, False),
        (2.0, 404, True),
        (2.0, None, True),  # the site dropped the connection
        (None, None, False),  # the run ended before
    ],
)
def test_which_requests_have_failed(
    ended: float | None, status: int | None, failed: bool
) -> None:
    assert Request("/get", 1.0, ended, status).failed == failed


def test_a_request_is_near_within_the_tolerance() -> None:
    requests = [Request("/a", 0.3, 0.6, 200), Request("/b", 2.0)]
    recording = make_recording(4, requests=requests)

    def near(tolerance: float) -> list[bool]:
        times = 0.2, 0.5, 0.7, 1.5, 3.0
        return [recording.has_request_near(t, tolerance) for t in times]

    assert near(0.0) == [False, True, False, False, True]
    assert near(0.2) == [True, True, True, False, True]


def test_cpu_time_grows_evenly_between_two_samples() -> None:
    assert ACTIVITY.cpu == 0.04
    assert ACTIVITY.cpu_at(0.0) == 0
    assert ACTIVITY.cpu_at(0.15) == pytest.approx(0.02)
    assert ACTIVITY.ready_at(0.15) == pytest.approx(0.005)
    assert ACTIVITY.cpu_at(9.0) == 0.04


def test_cpu_time_from_before_the_run_does_not_count() -> None:
    activity = Activity([Sample(0, 2, 0, ""), Sample(1, 2.5, 0, "")])
    assert activity.cpu == 0.5
    assert activity.cpu_at(0.5) == pytest.approx(0.25)
    assert activity.cpu_at(0.0) == 0


def test_the_reason_to_wait_is_that_of_the_nearest_sample() -> None:
    """The sample of the start has none."""
    reasons = [ACTIVITY.wait_reason_at(t) for t in (0.0, 0.29, 0.31, 5.0)]
    assert reasons == ["lock", "lock", "timer", "timer"]
