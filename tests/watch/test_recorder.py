"""Events from the lines of a lesson and from the log of the site."""

import dataclasses
import io
import json
import os
import time

import pytest

from backstage.watch import recorder as module
from backstage.watch.events import (
    LinePrinted,
    ProcessEnded,
    RequestEnded,
    RequestStarted,
    RunEnded,
)
from backstage.watch.recorder import EventRecorder


@pytest.fixture
def recorder() -> EventRecorder:
    return EventRecorder()


def lines_of(recorder: EventRecorder) -> list[str]:
    return [x.text for x in recorder.events if isinstance(x, LinePrinted)]


def test_each_line_is_recorded_and_passed_on(recorder: EventRecorder) -> None:
    output = io.StringIO()
    before = recorder.now()
    with recorder.record_lines(output) as pipe:
        pipe.write("first\n\nlast, without a line break")
    assert lines_of(recorder) == ["first", "", "last, without a line break"]
    assert output.getvalue() == "first\n\nlast, without a line break"
    assert all(
        before <= event.time <= recorder.now() for event in recorder.events
    )


def test_what_cannot_be_decoded_is_replaced(recorder: EventRecorder) -> None:
    with recorder.record_lines(None) as pipe:
        os.write(pipe.fileno(), b"\xff\n")
    assert lines_of(recorder) == ["\ufffd"]


def test_a_process_that_holds_the_pipe_is_not_waited_for(
    recorder: EventRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "END_TIMEOUT", 0.1)
    with recorder.record_lines(None) as pipe:
        held = os.dup(pipe.fileno())
    os.close(held)


def test_requests_come_from_the_log_of_the_site(
    recorder: EventRecorder,
) -> None:
    """An incomplete last line is left out, as is an end that never came."""
    start = time.time() - recorder.now()
    visit = {"path": "/get", "arrived": start + 1, "ended": start + 3}
    visits = [
        visit | {"status": 200},
        visit | {"ended": None, "status": None},
    ]
    log = "".join(json.dumps(item) + "\n" for item in visits)
    recorder.record_requests(log + log[:9])
    events = recorder.events
    assert [type(x) for x in events] == [
        RequestStarted,
        RequestEnded,
        RequestStarted,
    ]
    assert [x.time for x in events] == pytest.approx([1, 3, 1], abs=0.5)
    fields = [dataclasses.astuple(event)[1:] for event in events]
    assert fields == [(1, "/get"), (1, 200), (2, "/get")]


def test_an_empty_log_has_no_requests(recorder: EventRecorder) -> None:
    recorder.record_requests("")
    assert recorder.events == []


def test_events_are_sorted_and_some_processes_hidden(
    recorder: EventRecorder,
) -> None:
    end = RunEnded(3.0, 0)
    hidden, shown = ProcessEnded(2.0, 7), ProcessEnded(1.0, 8)
    for event in end, hidden, shown:
        recorder.add(event)
    assert recorder.sorted_events(hidden={7}) == [shown, end]
