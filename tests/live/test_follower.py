"""Runs that are followed: lessons of known behaviour."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backstage import feed
from backstage.live import run as live_run
from backstage.live.follower import Follower
from backstage.live.listener import FeedFile, Listener, listen
from backstage.live.run import LiveRun, find_changes
from backstage.live.screen import draw_screen
from backstage.live.state import find_span, read_gauges
from backstage.watch import usage, wait_reasons
from support.lessons import find_once, write_lessons
from support.live import follow_to_end, start_script, write_lesson
from support.processes import wait_until

Follow = Callable[[str], LiveRun]


@pytest.fixture
def script(
    traced: None,
    live_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Return the path of a lesson that a test writes."""
    write_lessons(tmp_path, monkeypatch, _1_child="SIZE = 1  # items")
    return tmp_path / "basics" / "1_child.py"


@pytest.fixture
def listener(live_folder: Path) -> Iterator[Listener]:
    with listen() as listener:
        yield listener


@pytest.fixture
def follow(script: Path, listener: Listener) -> Follow:
    """Return a function that follows a lesson with this `main`."""
    follower = Follower(listener)

    def run(main: str) -> LiveRun:
        write_lesson(script, main)
        with start_script(script) as child:
            followed = follow_to_end(follower)
            child.wait()
        return followed

    return run


def test_lines_requests_and_the_end(follow: Follow) -> None:
    run = follow(
        "pages = ['/delay/0.2', '/status/404']\n"
        "with practice_site(pages) as urls:\n"
        "    for url in urls: requests.get(url, timeout=9)\n"
        "print('one')\n"
        "print('last: 2 pages', end='')"
    )
    assert run.status == 0
    assert [line.text for line in run.recording.lines] == [
        "one",
        "last: 2 pages",
    ]
    first, second = run.recording.requests.values()
    assert (first.path, first.status) == ("/delay/0.2", 200)
    assert (second.path, second.status) == ("/status/404", 404)
    assert run.recording.peak_requests == 1
    assert len(run.recording.processes) == 1  # and not that of the site
    screen = draw_screen(run, 80, 24).plain
    assert screen.startswith("basics/1_child.py: ended after ")
    assert "last: 2 pages" in screen


@pytest.mark.parametrize("main", ["pass", "os._exit(0)"])
def test_a_lesson_that_ends_at_once(main: str, follow: Follow) -> None:
    run = follow(main)
    assert expected_end(run) in draw_screen(run, 80, 24).plain
    assert read_gauges(run).processes <= 1


def expected_end(run: LiveRun) -> str:
    return "ended" if run.status is not None else "ended without an exit"


def test_a_lesson_that_fails(follow: Follow) -> None:
    run = follow("raise OSError('no disk')")
    assert run.describe_end() == "failed, exit status 1"


@pytest.mark.skipif(os.name == "nt", reason="no signal kills there")
def test_a_lesson_that_is_killed(script: Path, listener: Listener) -> None:
    """Its parent has not asked for its status: it is a zombie."""
    follower = Follower(listener)
    write_lesson(script, "print('ready', flush=True)\ntime.sleep(60)")

    def is_ready() -> bool:
        follower.look()
        return bool(follower.run and follower.run.recording.lines)

    with start_script(script) as child:
        wait_until(is_ready)
        assert follower.run
        recording = follower.run.recording
        wait_until(lambda: is_ready() and recording.seconds > 1)
        # It sleeps, and the CPU time of its imports does not count.
        assert 0 <= read_gauges(follower.run).cores < 0.5
        screen = draw_screen(follower.run, 80, 24).plain
        assert screen.startswith("basics/1_child.py: running, ")
        os.kill(child.pid, signal.SIGKILL)
        run = follower.run
        wait_until(lambda: is_ready() and run.has_ended)
    assert run.describe_end() == (
        "ended without an exit status: killed, or crashed"
    )


@pytest.mark.skipif(not usage.HAS_SCHEDSTAT, reason="no times of threads")
def test_the_states_of_threads(follow: Follow) -> None:
    run = follow(
        "lock = threading.Lock(); lock.acquire()\n"
        "works = [(burn, 1), (time.sleep, 3)]\n"
        "threads = [threading.Thread(target=f, args=[x]) for f, x in works]\n"
        "waiter = threading.Thread(target=lock.acquire)\n"
        "for thread in [*threads, waiter]: thread.start()\n"
        "for thread in threads: thread.join()\n"
        "lock.release()"
    )
    (process,) = run.recording.processes.values()
    _, computes, sleeps, waits = process.threads.values()
    assert computes.cpu > 0.15
    assert sleeps.cpu < 0.1
    if wait_reasons.CALLS:
        reasons = {sample.waits_for for sample in sleeps.samples}
        assert wait_reasons.TIMER in reasons
        reasons = {sample.waits_for for sample in waits.samples}
        assert wait_reasons.LOCK in reasons


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_lesson_that_forks(follow: Follow) -> None:
    run = follow(
        "child = os.fork()\n"
        "time.sleep(2)\n"
        "print('child' if not child else 'parent', flush=True)\n"
        "if not child: os._exit(0)\n"
        "os.wait()"
    )
    assert run.status == 0
    assert len(run.recording.processes) == 2
    lines = {line.text for line in run.recording.lines}
    assert lines == {"child", "parent"}


@pytest.mark.slow
def test_five_hundred_threads(follow: Follow) -> None:
    run = follow(
        "threads = [threading.Thread(target=time.sleep, args=[1.5])\n"
        "           for _ in range(500)]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()\n"
        "print('all ended')"
    )
    assert run.status == 0
    assert "all ended" in draw_screen(run, 80, 24).plain


def test_two_views_see_the_same(
    script: Path, listener: Listener, live_folder: Path
) -> None:
    write_lesson(script, "print('last')")
    with listen() as second, start_script(script) as child:
        runs = [follow_to_end(Follower(each)) for each in (listener, second)]
        child.wait()
    for run in runs:
        assert [line.text for line in run.recording.lines] == ["last"]
    assert runs[0].recording.seconds == runs[1].recording.seconds
    assert len(list(live_folder.iterdir())) == 1


def test_a_script_that_is_no_lesson_is_ignored(listener: Listener) -> None:
    follower = Follower(listener)
    items: list[dict[str, str]] = [
        {"script": "99_none.py"},
        {"text": "no header"},
        {},
    ]
    for number, item in enumerate(items):
        file = listener.folder / f"{number}.jsonl"
        file.write_text(json.dumps(item) + "\n")
        follower.look()
        assert follower.run is None


def test_a_file_is_read_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "feed.jsonl"
    feed_file = FeedFile(file)
    assert feed_file.read_new() == []
    file.write_text('{"a": 1}\n{"b": ')
    assert feed_file.read_new() == [{"a": 1}]
    file.write_text('{"a": 1}\n{"b": 2}\n{"c\n{"d": 4}\n')
    assert feed_file.read_new() == [{"b": 2}, {"d": 4}]
    assert feed_file.read_new() == []


def test_the_folder_is_removed_at_the_end(live_folder: Path) -> None:
    with listen() as listener:
        assert feed.find_listeners() == [listener.folder]
    assert not live_folder.exists()


def test_what_a_killed_view_left_is_removed(live_folder: Path) -> None:
    killed, new = live_folder / "1-2", live_folder / "3-4"
    other = live_folder / "folder of somebody else"
    for folder in killed, new, other:
        folder.mkdir(parents=True)
    (killed / feed.ALIVE).touch()
    old = time.time() - feed.MAX_AGE - 1
    for path in killed / feed.ALIVE, killed, other:
        os.utime(path, (old, old))
    with listen() as listener:
        assert set(live_folder.iterdir()) == {new, other, listener.folder}


def test_a_folder_that_somebody_removed_is_made_again(
    live_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backstage.live.listener.TOUCH_INTERVAL", 0.02)
    with listen() as listener:
        live_folder.rename(tmp_path / "removed")  # in one step
        wait_until((listener.folder / feed.ALIVE).exists)
    assert not live_folder.exists()


def test_changed_constants_are_found() -> None:
    lesson = find_once("03")
    values = dict.fromkeys(lesson.constants, "7")
    assert find_changes(lesson, values | {"WORK": "1"})["WORK"] == "1"
    assert find_changes(lesson, {}) == {}


def test_the_time_axis_doubles() -> None:
    assert find_span(2.9, expected=3) == 3
    assert find_span(3.1, expected=3) == 6
    assert find_span(60, expected=3) == 96


def test_it_says_what_the_system_does_not_allow(
    follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_run, "is_restricted", lambda _: True)
    screen = draw_screen(follow("print('end')"), 80, 24).plain
    assert "This system shows only a part of another program." in screen


def test_values_are_written_as_in_a_command_line() -> None:
    lesson = find_once("02")
    changes = find_changes(lesson, {"PAGES": repr(["/html"] * 3)})
    assert changes == {"PAGES": '["/html"] * 3'}
    changes = find_changes(lesson, {"PAGES": repr(["/html"])})
    assert changes == {"PAGES": '["/html"]'}
