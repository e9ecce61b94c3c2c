"""The server of the page, without a browser."""

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from support.commands import run_lab, start_lab
from support.processes import TIMEOUT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no group to signal")
# It waits so long that a view on a busy machine sees it run.
LESSON = ["02", 'PAGES=["/delay/3"] * 3', "--quiet"]


@contextmanager
def start_web() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start `lab live --web`; yield its address and its process."""
    with start_lab(
        "live", "--web", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as web:
        assert web.stdout
        yield web.stdout.readline().strip(), web


def read_states(url: str) -> Iterator[dict[str, Any]]:
    """Yield what the server sends to a browser."""
    with requests.get(f"{url}/events", stream=True, timeout=TIMEOUT) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith(b"data: "):
                yield json.loads(line[6:])


def stop(web: subprocess.Popen[str], number: signal.Signals) -> int:
    """Send a signal, and return the status."""
    os.killpg(web.pid, number)
    _, errors = web.communicate(timeout=TIMEOUT)
    assert "Traceback" not in errors
    return web.returncode


@pytest.mark.slow
def test_a_browser_sees_a_run_and_can_save_it(
    traced: None, live_folder: Path
) -> None:
    with start_web() as (url, web):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        states = read_states(url)
        assert not next(states)["title"]
        assert (
            requests.get(f"{url}/run.svg", timeout=TIMEOUT).status_code == 404
        )
        port = int(url.rpartition(":")[2])
        with (
            socket.create_connection(("127.0.0.1", port)) as sleeper,
            start_lab(*LESSON, stderr=subprocess.DEVNULL) as lesson,
        ):
            # This browser never reads. It gets more than any buffer holds.
            sleeper.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            seen = [next(states)]
            while not seen[-1]["has_ended"]:
                seen.append(next(states))
            assert lesson.wait(timeout=TIMEOUT) == 0
            assert "running" in {state["state"] for state in seen}
            assert seen[-1]["state"].startswith("ended after ")
            assert "3 x /delay/3" in seen[-1]["svg"]
            # A browser that comes late, or that loads the page again.
            late = next(read_states(url))
            assert late == seen[-1]
            saved = requests.get(f"{url}/run.svg", timeout=TIMEOUT)
            assert saved.text == late["svg"]
            disposition = saved.headers["Content-Disposition"]
            assert (
                disposition == 'attachment; filename="02_threaded_fetch.svg"'
            )
            assert stop(web, signal.SIGINT) == 130
    assert not live_folder.exists()


def test_it_only_answers_this_computer(
    traced: None, live_folder: Path
) -> None:
    with start_web() as (url, web):
        page = requests.get(url, timeout=TIMEOUT)
        assert page.status_code == 200
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        outside = re.findall(r"(?:src|href)=\"(?!/|data:,)", page.text)
        assert outside == []
        for path in "/", "/events", "/run.svg", "/page.js":
            answer = requests.get(
                url + path, headers={"Host": "evil.example"}, timeout=5
            )
            assert answer.status_code == 400
        for path, method in ("/", "POST"), ("/run", "GET"), ("/run", "POST"):
            answer = requests.request(method, url + path, timeout=TIMEOUT)
            assert answer.status_code in (404, 405)
        with start_web() as (other, second):  # the port is in use
            assert other != url
            assert stop(second, signal.SIGTERM) == 128 + signal.SIGTERM
        assert stop(web, signal.SIGTERM) == 128 + signal.SIGTERM
    assert not live_folder.exists()


@pytest.mark.slow
def test_a_killed_view_does_not_disturb_lessons(
    traced: None, live_folder: Path
) -> None:
    with start_web() as (_, web):
        web.kill()
        web.wait()
    assert live_folder.exists()
    assert run_lab(*LESSON).returncode == 0
    with start_web() as (_, web):
        assert stop(web, signal.SIGINT) == 130
