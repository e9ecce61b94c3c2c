"""Recordings as events, in memory and in files."""

import json
from pathlib import Path

import pytest

from backstage.watch import events
from backstage.watch.events import EventLog
from backstage.watch.recording import Recording, Sample, rebuild

EVERY_KIND: list[events.Event] = [
    events.ProcessStarted(0.0, 7, 1, []),
    events.CommandChanged(0.1, 7, ["python", "x.py"]),
    events.ThreadStarted(0.1, 7, 8, ""),
    events.ThreadRenamed(0.2, 7, 8, "fetch-1"),
    events.ProcessSampled(0.2, 7, 0.05),
    events.ThreadSampled(0.2, 7, 8, 0.04, 0.01, "lock"),
    events.MemorySampled(0.2, 5_000),
    events.RequestStarted(0.3, 1, "/delay/1"),
    events.RequestStarted(0.4, 2, "/drop"),
    events.LinePrinted(0.5, 'a "line" with ü and \ud800'),
    events.RequestEnded(0.6, 2, None),
    events.RequestEnded(1.3, 1, 200),
    events.MemorySampled(1.4, 9_000),
    events.MemorySampled(1.5, 7_000),
    events.ThreadEnded(1.5, 7, 8),
    events.ProcessEnded(1.6, 7),
    events.RunEnded(2.0, 3),
]
LOG = EventLog("02", "lab/02_x.py", "a machine", False, 2.0, EVERY_KIND)
HEADER = (
    b'{"version": 1, "lesson": "1", "title": "", "environment": "", '
    b'"gil": true, "cpus": 1}\n'
)


@pytest.fixture
def rebuilt() -> Recording:
    return rebuild(LOG)


def test_there_is_an_example_of_every_kind() -> None:
    assert {type(event) for event in EVERY_KIND} == set(events.KINDS.values())


def test_a_file_has_a_header_and_an_event_a_line(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    events.save(LOG, file)
    header, *rest = map(json.loads, file.read_text("utf-8").splitlines())
    assert header == {
        "version": 1,
        "lesson": "02",
        "title": "lab/02_x.py",
        "environment": "a machine",
        "gil": False,
        "cpus": 2.0,
    }
    assert len(rest) == len(EVERY_KIND)
    assert rest[-1] == {"event": "RunEnded", "time": 2.0, "status": 3}


def test_what_is_saved_can_be_loaded(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    events.save(LOG, file)
    assert events.load(file) == LOG


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no JSON",
        b"\xff",
        b"[]\n",
        b"{}\n",
        b'{"version": 1}\n',
        HEADER + b'{"event": "Nothing", "time": 1}\n',
        HEADER + b'{"event": "RunEnded", "time": 1}\n',
    ],
)
def test_another_file_is_an_error_in_a_line(
    content: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "run.jsonl"
    file.write_bytes(content)
    with pytest.raises(ValueError, match="is not a recording") as raised:
        events.load(file)
    assert "\n" not in str(raised.value)


def test_another_version_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    file.write_text('{"version": 2}\n')
    with pytest.raises(ValueError, match="version 2 is not known"):
        events.load(file)


def test_the_run_is_rebuilt(rebuilt: Recording) -> None:
    assert (rebuilt.seconds, rebuilt.status) == (2.0, 3)
    assert [line.text[:6] for line in rebuilt.lines] == ['a "lin']
    assert rebuilt.peak_memory == 9_000
    assert rebuilt.cpu == 0.05


def test_processes_and_threads_are_rebuilt(rebuilt: Recording) -> None:
    process = rebuilt.processes[7]
    assert (process.parent, process.command) == (1, ["python", "x.py"])
    thread = process.threads[8]
    assert thread.name == "fetch-1"
    assert thread.samples == [
        Sample(0.1, 0, 0, ""),
        Sample(0.2, 0.04, 0.01, "lock"),
    ]


def test_requests_are_rebuilt(rebuilt: Recording) -> None:
    one, two = rebuilt.requests.values()
    assert (one.path, one.started, one.ended) == ("/delay/1", 0.3, 1.3)
    assert not one.failed
    assert two.failed
    assert rebuilt.peak_requests == 2
    times = 0.2, 0.5, 1.0, 1.5
    assert [rebuilt.requests_near(t, 0.0) for t in times] == [0, 2, 1, 0]
    assert [rebuilt.requests_near(t, 0.3) for t in times] == [2, 2, 1, 1]


def test_cpu_time_grows_evenly_between_two_samples(
    rebuilt: Recording,
) -> None:
    thread = rebuilt.processes[7].threads[8]
    assert thread.cpu_at(0.0) == 0
    assert thread.cpu_at(0.15) == pytest.approx(0.02)
    assert thread.ready_at(0.15) == pytest.approx(0.005)
    assert thread.cpu_at(9.0) == 0.04


def test_the_nearest_sample_says_what_a_thread_waits_for(
    rebuilt: Recording,
) -> None:
    thread = rebuilt.processes[7].threads[8]
    thread.samples.append(Sample(0.4, 0.04, 0.01, "timer"))
    assert [thread.waits_for(t) for t in (0.0, 0.29, 0.31, 5.0)] == [
        "lock",
        "lock",
        "timer",
        "timer",
    ]
