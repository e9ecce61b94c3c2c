"""What is reported of threads, at looks whose times are known."""

import subprocess
import sys
import threading

import psutil
import pytest

from backstage.watch import thread_sampler, wait_reasons
from backstage.watch.events import (
    Event,
    ThreadEnded,
    ThreadRenamed,
    ThreadSampled,
    ThreadStarted,
)
from backstage.watch.process_sampler import WatchedProcess
from backstage.watch.recorder import EventRecorder
from backstage.watch.thread_sampler import NAME_TIME, ThreadSampler
from backstage.watch.usage import Usage

PID = psutil.Process().pid
PROCESS_START = 0.5  # seconds


class Looks:
    """Looks at threads whose state and times are set by the test."""

    def __init__(self) -> None:
        self.usages = dict[int, Usage]()
        self.name = ""
        self.recorder = EventRecorder()
        self._process = WatchedProcess(psutil.Process(), 1, PROCESS_START)
        self._sampler = ThreadSampler(self.recorder)

    def look(self, time: float, **cpu: float) -> None:
        """Look at a time at threads t7, t8 and so on, with their CPU times."""
        self.recorder.now = lambda: time  # type: ignore[method-assign]
        self.usages = {
            int(name[1:]): Usage(seconds, ready=0.01)
            for name, seconds in cpu.items()
        }
        self._sampler.sample([self._process])

    def events[E: Event](self, kind: type[E]) -> list[E]:
        """Return the events of one type."""
        return [x for x in self.recorder.events if isinstance(x, kind)]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    looks = Looks()

    def replace(name: str, replacement: object) -> None:
        monkeypatch.setattr(thread_sampler, name, replacement)

    replace("read_thread_usages", lambda _: looks.usages)
    replace("read_thread_name", lambda *_: looks.name)
    replace("read_wait_reason", lambda *_: wait_reasons.LOCK)
    return looks


def test_the_usage_of_threads(looks: Looks) -> None:
    looks.look(1.0, t7=0.1, t8=0.2)
    looks.look(2.0, t7=0.3)
    assert looks.events(ThreadSampled) == [
        ThreadSampled(1.0, PID, 7, 0.1, 0.01, wait_reasons.LOCK),
        ThreadSampled(1.0, PID, 8, 0.2, 0.01, wait_reasons.LOCK),
        ThreadSampled(2.0, PID, 7, 0.3, 0.01, wait_reasons.LOCK),
    ]
    assert looks.events(ThreadEnded) == [ThreadEnded(2.0, PID, 8)]


def test_a_thread_starts_at_the_look_before_it_is_seen(looks: Looks) -> None:
    looks.look(1.0, t7=0.1)
    looks.look(2.0, t7=0.1, t8=0.1)
    starts = [event.time for event in looks.events(ThreadStarted)]
    assert starts == [PROCESS_START, 1.0]


def test_a_thread_that_computes_all_the_time_does_not_wait(
    looks: Looks,
) -> None:
    for time, cpu in (1.0, 0.0), (2.0, 0.95), (3.0, 1.0):
        looks.look(time, t7=cpu)
    reasons = [event.waits_for for event in looks.events(ThreadSampled)]
    assert reasons == [wait_reasons.LOCK, "", wait_reasons.LOCK]


def test_a_new_thread_may_get_its_name_later(looks: Looks) -> None:
    start = PROCESS_START + NAME_TIME
    looks.look(start - 0.1, t7=0.0)
    looks.name = "fetch-1"
    looks.look(start - 0.05, t7=0.0)
    looks.name = "too late"
    looks.look(start + 0.05, t7=0.0)
    renamed = [event.name for event in looks.events(ThreadRenamed)]
    assert renamed == ["fetch-1"]


@pytest.mark.skipif(
    sys.platform == "darwin", reason="macOS gives no times of threads"
)
def test_a_thread_of_this_process() -> None:
    recorder = EventRecorder()
    sampler = ThreadSampler(recorder)
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    sampler.sample([WatchedProcess(psutil.Process(), 1, start=0.0)])
    end.set()
    thread.join()
    samples = [x for x in recorder.events if isinstance(x, ThreadSampled)]
    assert thread.native_id in {event.thread for event in samples}


def test_a_process_that_has_ended_has_no_threads() -> None:
    recorder = EventRecorder()
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        handle = psutil.Process(child.pid)
    sampler = ThreadSampler(recorder)
    sampler.sample([WatchedProcess(handle, 1, start=0.0)])
    assert recorder.events == []
