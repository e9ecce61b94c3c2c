"""What `watch` records of children whose behaviour is known."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn
from xml.etree import ElementTree

import psutil
import pytest

from backstage.course import catalogue
from backstage.watch import events, states, watcher
from backstage.watch.recording import Process, Recording
from support.commands import run_lab, start_lab
from support.processes import computing, wait_until

BURN = """
import sys, threading, time

def burn(seconds, clock=time.thread_time):
    end = clock() + seconds
    while clock() < end:
        sum(range(1_000))
"""
SPAWN = """
import subprocess, sys
code = {code!r}
children = [
    subprocess.Popen([sys.executable, "-c", code]) for _ in range({count})
]
for child in children:
    child.wait()
"""
GIL = getattr(sys, "_is_gil_enabled", lambda: True)()

Watch = Callable[[str], Recording]


@pytest.fixture
def watching(
    traced: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Watch:
    """Watch a script of that source."""
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)

    def run(source: str) -> Recording:
        script = tmp_path / "1_child.py"
        script.write_text(source, "utf-8")
        lesson = catalogue.read_lesson(script)
        return watcher.watch(lesson, {})

    return run


def cpu_seconds(recording: Recording) -> list[float]:
    """Return those of the processes, in the order of their appearance."""
    return [process.cpu for process in recording.processes.values()]


def at_once(one: Process, other: Process) -> float:
    """Return for how long both processes were there, in seconds."""
    ends = min(one.samples[-1].time, other.samples[-1].time)
    return ends - max(one.samples[0].time, other.samples[0].time)


def test_two_threads_under_the_gil_share_a_core(watching: Watch) -> None:
    recording = watching(
        BURN
        + "two = [threading.Thread(target=burn, args=[0.5]) for _ in '12']\n"
        "for one in two: one.start()\n"
        "for one in two: one.join()\n"
    )
    (process,) = recording.processes.values()
    burning = list(process.threads.values())[-2:]
    for thread in burning:
        assert thread.cpu == pytest.approx(0.5, abs=0.1)
    first = max(thread.start for thread in burning)
    last = min(thread.end for thread in burning)
    if GIL:
        assert last - first > 0.7  # they took turns
    assert process.cpu < recording.seconds * (1.1 if GIL else 2.1)


@pytest.mark.timing
def test_two_processes_compute_at_once(watching: Watch) -> None:
    recording = watching(SPAWN.format(code=BURN + "burn(0.6)", count=2))
    main, *two = recording.processes.values()
    assert main.cpu < 0.5
    assert len(two) == 2
    for process in two:
        assert process.cpu == pytest.approx(0.6, abs=0.15)
    assert at_once(*two) > 0.4


@pytest.mark.skipif(not states.OWN_CALLS, reason="only Linux says")
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("time.sleep(0.6)", states.TIMER),
        ("lock.acquire()", states.LOCK),
        ("os.read(os.pipe()[0], 1)", states.PIPE),
        ("pair[0].recv(1)", states.NETWORK),
        ("select.select([pair[0]], [], [])", states.EVENTS),
        ("asyncio.run(asyncio.sleep(0.6))", states.EVENTS),
        ("subprocess.run(['sleep', '0.6'])", states.CHILD),
    ],
)
def test_the_watcher_sees_what_a_thread_waits_for(
    source: str, reason: str, watching: Watch
) -> None:
    recording = watching(
        "import asyncio, os, select, socket, subprocess, threading, time\n"
        "def end():\n"
        "    time.sleep(0.6)\n"
        "    os._exit(0)\n"
        "threading.Thread(target=end).start()\n"
        "lock = threading.Lock()\n"
        "lock.acquire()\n"
        "pair = socket.socketpair()\n"
        f"{source}\n"
    )
    main = next(iter(recording.processes.values())).threads
    thread = next(iter(main.values()))
    seen = [sample.waits_for for sample in thread.samples]
    assert reason in seen[len(seen) // 2 :]


def test_the_lines_have_their_times(watching: Watch) -> None:
    recording = watching(
        "import time\nprint('one')\ntime.sleep(0.6)\nprint('two', end='')"
    )
    one, two = recording.lines
    assert (one.text, two.text) == ("one", "two")
    assert two.time - one.time > 0.3  # without the pipe's delays: 0.6


def test_who_sleeps_computes_nothing(watching: Watch) -> None:
    recording = watching("import time; time.sleep(0.7)")
    assert recording.seconds > 0.7
    (used,) = cpu_seconds(recording)
    assert used < 0.3
    (process,) = recording.processes.values()
    before = process.cpu_at(recording.seconds - 0.5)
    assert process.cpu - before < 0.1


def test_the_requests_are_those_that_the_site_saw(
    watching: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRACTICE_SITE", "http://127.0.0.1:9")  # not its own
    recording = watching(
        "import requests\n"
        "from backstage import practice_site\n"
        "pages = ['/delay/0.2', '/delay/0.3', '/status/404']\n"
        "with practice_site(pages) as urls:\n"
        "    for url in urls: requests.get(url, timeout=9)\n"
    )
    one, two, three = recording.requests.values()
    assert [one.path, two.path, three.path] == [
        "/delay/0.2",
        "/delay/0.3",
        "/status/404",
    ]
    assert [one.status, two.status, three.status] == [200, 200, 404]
    assert one.ended
    assert two.ended
    assert three.ended
    assert 0 < one.started < one.ended <= two.started
    assert two.started < two.ended <= three.started
    assert three.ended < recording.seconds
    assert one.ended - one.started >= 0.2
    assert recording.peak_requests == 1
    assert len(recording.processes) == 1  # the site is none of them


def lesson_that_leaves_a_site(site: Path, *steps: str) -> str:
    """Return a lesson's source whose site does that when it is to end."""
    site.write_text(
        "import json, os, sys, time\n"
        "print('http://127.0.0.1:9', flush=True)\n"
        "sys.stdin.read()\n"
        "log = open(os.environ['PRACTICE_SITE_LOG'], 'a')\n"
        "visit = {'path': '/get', 'arrived': 1, 'ended': 2}\n"
        "visit |= {'status': 200, 'in_flight': 1}\n"
        "whole = json.dumps(visit) + '\\n'\n" + "\n".join(steps)
    )
    return (
        "import os, sys, time\n"
        "from backstage import practice_site\n"
        f"sys.modules[practice_site.__module__].SERVER = {str(site)!r}\n"
        "with practice_site(['/get']):\n"
        "    time.sleep(0.3)\n"
        "    os._exit(3)\n"
    )


@pytest.mark.slow
def test_a_site_that_is_slow_to_end_is_waited_for(
    watching: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as the lesson itself would wait."""
    site = tmp_path / "site.py"
    source = lesson_that_leaves_a_site(
        site, "time.sleep(2.5)", "log.write(whole)"
    )
    monkeypatch.setattr(watcher, "SERVER", site)
    recording = watching(source)
    (request,) = recording.requests.values()
    assert request.path == "/get"


def test_a_site_that_does_not_end_is_killed(
    watching: Watch,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And the half of a line that it wrote is no request."""
    site = tmp_path / "site.py"
    source = lesson_that_leaves_a_site(
        site, "log.write(whole + whole[:9])", "log.flush()", "time.sleep(20)"
    )
    monkeypatch.setattr(watcher, "SERVER", site)
    monkeypatch.setattr(watcher, "END_TIMEOUT", 0.5)
    recording = watching(source)
    assert recording.status == 3
    (request,) = recording.requests.values()
    assert request.path == "/get"
    assert caplog.messages == [
        "practice site: did not end in 5 s, and was killed"
    ]


def test_a_child_that_dies_at_once(watching: Watch) -> None:
    recording = watching("import os; os._exit(3)")
    assert recording.status == 3
    assert recording.seconds > 0
    assert recording.requests == {}


@pytest.mark.skipif(os.name == "nt", reason="no signal kills there")
def test_a_child_that_is_killed(watching: Watch) -> None:
    recording = watching("import os; os.kill(os.getpid(), 9)")
    assert recording.status == 128 + 9


def test_grandchildren_are_seen(watching: Watch) -> None:
    child = SPAWN.format(code=BURN + "burn(0.4)", count=1)
    recording = watching(SPAWN.format(code=child, count=1))
    pids = list(recording.processes)
    assert len(pids) == 3
    parents = [process.parent for process in recording.processes.values()]
    assert parents == [os.getpid(), *pids[:2]]
    assert cpu_seconds(recording)[2] == pytest.approx(0.4, abs=0.15)


def test_five_hundred_threads(watching: Watch) -> None:
    recording = watching(
        "import threading, time\n"
        "threading.stack_size(65_536)\n"
        "many = [threading.Thread(target=time.sleep, args=[1])\n"
        "        for _ in range(500)]\n"
        "for one in many: one.start()\n"
        "for one in many: one.join()\n"
    )
    assert recording.status == 0
    (process,) = recording.processes.values()
    if watcher.SCHEDSTAT:  # a slow machine may not see the last of them
        assert 50 < len(process.threads) <= 501
    assert process.cpu < recording.seconds


def test_memory_is_that_of_the_whole_tree(watching: Watch) -> None:
    hold = "import time; block = b'x' * 80_000_000; time.sleep(0.7)"
    recording = watching(SPAWN.format(code=hold, count=2))
    assert 160e6 < recording.peak_memory < 280e6


def test_memory_is_not_that_of_the_site(
    watching: Watch, tmp_path: Path
) -> None:
    file = tmp_path / "memory"
    recording = watching(
        "import pathlib, time, psutil\n"
        "from backstage import practice_site\n"
        "with practice_site(['/get']):\n"
        "    time.sleep(0.3)\n"
        "    own = psutil.Process().memory_info().rss\n"
        f"pathlib.Path({str(file)!r}).write_text(str(own))\n"
    )
    own = int(file.read_text())
    assert own * 0.9 < recording.peak_memory < own * 1.2


def test_memory_that_a_child_has_of_its_parent_does_not_count() -> None:
    parent = watcher.WatchedProcess(0, 1, ["python", "lab"])
    child = watcher.WatchedProcess(1, 2, ["python", "lab"])
    assert watcher.is_copy(child, parent, age=0.1)
    assert not watcher.is_copy(parent, None, age=0.1)
    assert not watcher.is_copy(child, parent, age=1)  # it is a worker
    other = watcher.WatchedProcess(1, 2, ["python", "server"])
    assert not watcher.is_copy(other, parent, age=0.1)


def test_threads_have_the_names_that_the_system_has(watching: Watch) -> None:
    recording = watching(
        "import threading, time\n"
        "one = threading.Thread(target=time.sleep, args=[0.3], name='fetch-1')"
        "\none.start()\none.join()\n"
    )
    (process,) = recording.processes.values()
    main, other = process.threads.values()
    named = sys.version_info >= (3, 14) and watcher.SCHEDSTAT
    assert (main.name, other.name) == ("", "fetch-1" if named else "")


def test_without_nanoseconds_there_are_ticks(
    watching: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "SCHEDSTAT", False)
    monkeypatch.setattr(watcher, "SHARE", 0.5)  # looks are slow here
    recording = watching(
        BURN + "one = threading.Thread(target=burn, args=[0.5])\n"
        "one.start()\none.join()\n"
    )
    (process,) = recording.processes.values()
    assert cpu_seconds(recording)[0] == pytest.approx(0.55, abs=0.2)
    if process.threads:  # macOS tells nothing of them
        thread = list(process.threads.values())[-1]
        assert thread.cpu == pytest.approx(0.5, abs=0.1)


def test_without_times_of_threads_there_are_processes(
    watching: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: psutil.Process) -> NoReturn:
        raise psutil.AccessDenied(self.pid)

    monkeypatch.setattr(watcher, "SCHEDSTAT", False)
    monkeypatch.setattr(psutil.Process, "threads", refuse)
    recording = watching(BURN + "burn(0.5)")
    (process,) = recording.processes.values()
    assert process.threads == {}
    assert process.cpu == pytest.approx(0.5, abs=0.2)


def test_it_draws_below_what_the_lesson_says(traced: None) -> None:
    run = run_lab("watch", "03", "WORK=300_000", "--quiet")
    assert (run.returncode, run.stderr) == (0, "")
    said, _, drawn = run.stdout.partition("\n\n")
    assert "speed-up" in said.splitlines()[-1]
    assert re.search(r"(?m)^ +\|sequential ", drawn)
    assert re.search(r"(?m)^main thread ", drawn)
    assert drawn.splitlines()[-1].startswith("took ")


def test_it_hands_on_the_status(traced: None) -> None:
    run = run_lab("watch", "03", "WORK=0", "--quiet")
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert "took " in run.stdout


def test_it_writes_an_svg(traced: None, tmp_path: Path) -> None:
    file = tmp_path / "picture.svg"
    run = run_lab(
        "watch", "--svg", str(file), "02", 'PAGES=["/delay/0.1"] * 3'
    )
    assert run.returncode == 0
    texts = [x.text for x in ElementTree.parse(file).iter() if x.text]
    assert texts.count("3 x /delay/0.1") == 1
    assert run.stdout.count("3 x /delay/0.1 ") == 1
    assert run.stdout.splitlines()[-1] in texts
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_saved_run_is_drawn_again(traced: None, tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    words = ["01", 'PAGES=["/delay/0.1"] * 2']
    run = run_lab("watch", "--save", str(file), *words, "--quiet")
    assert run.returncode == 0
    again = run_lab("replay", str(file), "--svg", str(tmp_path / "again.svg"))
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == run.stdout
    assert (tmp_path / "again.svg").exists()


def test_another_file_cannot_be_replayed(tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    file.write_text("no recording")
    for path in file, tmp_path / "missing.jsonl":
        run = run_lab("replay", str(path))
        assert (run.returncode, run.stdout) == (2, "")
        assert run.stderr.startswith("lab: ")
        assert run.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["", "missing/picture.svg"])
def test_a_file_that_cannot_be_is_told_at_once(
    name: str, tmp_path: Path
) -> None:
    run = run_lab("watch", "03", "--svg", str(tmp_path / name))
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == f"lab: no file can be at {tmp_path / name}\n"


@pytest.mark.skipif(os.name == "nt", reason="no group of processes to signal")
@pytest.mark.parametrize(
    "words",
    [
        ["01", 'PAGES=["/html", "/html", "/delay/9"]'],
        pytest.param(["1", "WORK=20_000_000"], marks=pytest.mark.slow),
    ],
)
def test_ctrl_c_draws_what_was_seen(
    words: list[str], traced: None, tmp_path: Path
) -> None:
    with start_lab(
        "watch",
        *words,
        env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as director:
        process = psutil.Process(director.pid)
        if words[0] == "01":
            assert director.stdout
            for line in director.stdout:
                if line.startswith("page 3"):
                    break
        else:
            # The lesson itself, and then two of its workers.
            wait_until(lambda: len(computing(process)) >= 3)
        os.killpg(director.pid, signal.SIGINT)
        out, err = director.communicate(timeout=10)
    assert director.returncode == 130
    *_, told = err.splitlines()
    assert told.endswith(".py: stopped by Ctrl-C")
    assert re.search(r"(?m)^main thread ", out)
    if words[0] == "01":
        assert re.search(r"(?m)^[23] requests\b", out)
    else:
        assert re.search(r"(?m)^(process 2|4 processes) ", out)
    assert out.splitlines()[-1].startswith("took ")
    assert not list(tmp_path.iterdir())


def test_a_process_gets_its_command_however_rare_the_looks_are(
    watching: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the practice site could be taken for a process of the lesson."""
    monkeypatch.setattr(watcher, "NAMING", 0.0)
    source = (
        "import time\n"
        "from backstage import practice_site\n"
        "with practice_site(['/get']): time.sleep(0.3)\n"
    )
    assert len(watching(source).processes) == 1


def test_a_thread_may_get_its_name_after_the_first_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = iter(["", "", *["fetch-1"] * 99])
    monkeypatch.setattr(watcher, "thread_name", lambda *_: next(names))
    looking = watcher.Watcher()
    looking.processes[7] = watcher.WatchedProcess(0.0, 1, [])
    for cpu in 0.0, 0.01, 0.02:
        looking._read_thread(7, 8, watcher.Usage(cpu, 0.0))
    renamed = [
        x for x in looking.events if isinstance(x, events.ThreadRenamed)
    ]
    assert [event.name for event in renamed] == ["fetch-1"]


def test_looking_takes_a_small_share_of_the_time() -> None:
    looking = watcher.Watcher()
    looking.costs.extend([0.1] * watcher.LAST)
    assert looking.look(os.getpid()) >= 0.1 / watcher.SHARE


def test_no_thread_begins_before_its_process() -> None:
    """Even if the last look at threads was long before."""
    looking = watcher.Watcher()
    own = psutil.Process()
    looking.processes[own.pid] = watcher.WatchedProcess(1.5, os.getppid(), [])
    looking.looked_at_threads = 0.5
    looking._read_threads(own.pid, own)
    starts = [
        event.time
        for event in looking.events
        if isinstance(event, events.ThreadStarted)
    ]
    assert starts
    assert min(starts) == 1.5
