"""Recordings of scripts whose behaviour is known."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backstage.course import catalogue
from backstage.watch import process_sampler, throttle, usage
from backstage.watch.events import ProcessSampled
from backstage.watch.recording import Recording
from backstage.watch.watcher import watch

BURN = """
import sys, threading, time

def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(1_000))
"""
SPAWN = """
import subprocess, sys
code = {code!r}
children = [
    subprocess.Popen([sys.executable, "-S", "-c", code])
    for _ in range({count})
]
for child in children:
    child.wait()
"""
HAS_GIL = getattr(sys, "_is_gil_enabled", lambda: True)()

WatchSource = Callable[[str], Recording]


@pytest.fixture
def watch_source(
    traced: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> WatchSource:
    """Run a script of that source and record it."""
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)

    def run(source: str) -> Recording:
        script = tmp_path / "1_child.py"
        script.write_text(source, "utf-8")
        return watch(catalogue.read_lesson(script), {})

    return run


@pytest.mark.slow
def test_two_threads_share_a_core_where_there_is_a_gil(
    watch_source: WatchSource,
) -> None:
    recording = watch_source(
        BURN + "time.sleep(0.5)\n"
        "threads = [threading.Thread(target=burn, args=[0.5])\n"
        "           for _ in range(2)]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()\n"
    )
    (process,) = recording.processes.values()
    assert process.cpu < recording.seconds * (1.1 if HAS_GIL else 2.1)
    if usage.HAS_SCHEDSTAT:
        main, *workers = process.threads.values()
        assert len(workers) == 2
        for thread in workers:
            assert 0.2 < thread.cpu < 0.6  # the last look may be early
            assert main.start < thread.start < thread.end


@pytest.mark.slow
def test_two_processes_run_at_the_same_time(watch_source: WatchSource) -> None:
    recording = watch_source(SPAWN.format(code=BURN + "burn(0.5)", count=2))
    first, second = list(recording.processes.values())[1:]
    assert max(first.start, second.start) < min(first.end, second.end)
    for process in first, second:
        assert 0.2 < process.cpu < 0.9
    assert recording.cpu < recording.seconds * 2.2


def test_the_lines_have_their_times(watch_source: WatchSource) -> None:
    recording = watch_source(
        "import time\nprint('one')\ntime.sleep(0.5)\nprint('two', end='')"
    )
    first, second = recording.lines
    assert (first.text, second.text) == ("one", "two")
    assert second.time - first.time > 0.2  # without delays of the pipe: 0.5


def test_the_requests_are_those_that_the_site_received(
    watch_source: WatchSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run has a site of its own, which is not one of its processes."""
    monkeypatch.setenv("PRACTICE_SITE", "http://127.0.0.1:9")
    recording = watch_source(
        "import requests\n"
        "from backstage import practice_site\n"
        "pages = ['/delay/0.2', '/status/404']\n"
        "with practice_site(pages) as urls:\n"
        "    for url in urls: requests.get(url, timeout=9)\n"
    )
    first, second = recording.requests.values()
    assert (first.path, first.status) == ("/delay/0.2", 200)
    assert (second.path, second.status) == ("/status/404", 404)
    assert first.ended
    assert second.ended
    assert 0 < first.started < first.ended <= second.started < second.ended
    assert second.ended < recording.seconds
    assert first.ended - first.started >= 0.2
    assert recording.peak_requests == 1
    assert len(recording.processes) == 1


def source_with_slow_site(site: Path, seconds: float) -> str:
    """Return a lesson that ends before its site, which has a request."""
    site.write_text(
        "import json, os, sys, time\n"
        "print('http://127.0.0.1:9', flush=True)\n"
        "sys.stdin.read()\n"
        f"time.sleep({seconds})\n"
        "visit = {'path': '/get', 'arrived': 1, 'ended': 2, 'status': 200}\n"
        "with open(os.environ['PRACTICE_SITE_LOG'], 'a') as log:\n"
        "    log.write(json.dumps(visit) + '\\n')\n"
    )
    return (
        "import os, sys, time\n"
        "from backstage import practice_site\n"
        f"sys.modules[practice_site.__module__].SERVER = {str(site)!r}\n"
        "with practice_site(['/get']):\n"
        "    time.sleep(1)\n"
        "    os._exit(3)\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "seconds", [0.3, pytest.param(2.5, marks=pytest.mark.slow)]
)
def test_a_site_that_ends_late_is_waited_for(
    seconds: float,
    watch_source: WatchSource,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As long as the lesson itself would wait."""
    site = tmp_path / "site.py"
    source = source_with_slow_site(site, seconds)
    monkeypatch.setattr(process_sampler, "SERVER", site)
    recording = watch_source(source)
    assert recording.status == 3
    (request,) = recording.requests.values()
    assert request.path == "/get"


def test_a_child_that_ends_at_once(watch_source: WatchSource) -> None:
    recording = watch_source("import os; os._exit(3)")
    assert recording.status == 3
    assert recording.seconds > 0
    assert recording.requests == {}


@pytest.mark.skipif(os.name == "nt", reason="no signal kills there")
def test_a_child_that_is_killed(watch_source: WatchSource) -> None:
    recording = watch_source("import os; os.kill(os.getpid(), 9)")
    assert recording.status == 128 + 9


def test_five_hundred_threads(watch_source: WatchSource) -> None:
    recording = watch_source(
        "import threading, time\n"
        "threading.stack_size(65_536)\n"
        "threads = [threading.Thread(target=time.sleep, args=[1])\n"
        "           for _ in range(500)]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()\n"
    )
    assert recording.status == 0
    (process,) = recording.processes.values()
    if usage.HAS_SCHEDSTAT:  # a slow machine may not see the last of them
        assert 50 < len(process.threads) <= 501
    assert process.cpu < recording.seconds


def test_looks_are_rare_where_they_are_costly(
    watch_source: WatchSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "SHARE", 1e-6)
    recording = watch_source("import time; time.sleep(0.5)")
    samples = [
        event
        for event in recording.log.events
        if isinstance(event, ProcessSampled)
    ]
    assert 1 <= len(samples) <= process_sampler.MIN_LOOKS
