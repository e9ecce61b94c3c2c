"""`uv run lab`, as a child process, and the catalogue and README behind it."""

import io
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from backstage.cli import app
from backstage.course import sequence
from support.commands import LAB, Invoke, run_lab, start_lab
from support.processes import wait_until
from support.terminals import terminal


@contextmanager
def site_by_hand(
    **options: Any,
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start `uv run lab site`; yield it and its address."""
    with start_lab("site", stdout=subprocess.PIPE, **options) as site:
        assert site.stdout
        line = site.stdout.readline().strip()
        assert line.startswith("PRACTICE_SITE=http://127.0.0.1:")
        yield site, line.partition("=")[2]


def test_it_runs_several_and_hands_on_the_first_failure(traced: None) -> None:
    run = run_lab("06", "07", "UPDATES=10", "--quiet")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.count("lost: ") == 2
    run = run_lab("--quiet", "04", "JOBS=0", "03")
    assert run.returncode == 1
    assert run.stderr.splitlines() == [
        "04_gil_demo_multiprocessing.py: JOBS = 0: it must be more than 0",
        "03_gil_demo_threads.py: JOBS = 0: it must be more than 0",
    ]


def test_film_takes_the_constants_for_filming(
    small_course: Path, invoke: Invoke
) -> None:
    run = invoke("2", "--film")
    assert run.out == "two 200\n"
    _, constants, *notes = run.log
    assert constants == "basics/2_two.py SIZE=200 OTHER=2"
    assert notes == []
    assert invoke("2", "--film", "SIZE=7").out == "two 7\n"
    assert invoke("--film").status == 2


@pytest.mark.parametrize(
    ("words", "terminal", "pauses"),
    [([], True, True), (["--no-pause"], True, False), ([], False, False)],
)
def test_only_a_terminal_pauses_and_not_where_it_need_not(
    words: list[str],
    terminal: bool,
    pauses: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def run_course(pauses: bool, quick: bool) -> int:
        asked.append((pauses, quick))
        return 0

    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr("sys.stdin.isatty", lambda: terminal)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    monkeypatch.setattr(sequence, "run_course", run_course)
    assert app.run(["all", *words]) == 0
    assert asked == [(pauses, False)]


@pytest.mark.skipif(os.name == "nt", reason="no terminals of our own here")
def test_a_site_by_hand_shows_what_is_in_flight(traced: None) -> None:
    with (
        terminal() as (screen, read, _),
        site_by_hand(stderr=screen) as (site, address),
    ):
        for count, sign in (1, "1 seen,    1 in"), (10, "11 seen,   10 in"):
            with ThreadPoolExecutor(count) as pool:
                urls = [f"{address}/delay/2"] * count
                answers = pool.map(requests.get, urls)
                wait_until(lambda: f"\r{sign} flight |████" in read())  # noqa: B023
                assert {answer.status_code for answer in answers} == {200}
        os.killpg(site.pid, signal.SIGINT)
        out, _ = site.communicate(timeout=10)
    assert site.returncode == 130
    assert out == "practice site: 11 requests, at most 10 at a time\n"
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=1)


def test_two_sites_by_hand_and_a_lesson_that_uses_one(traced: None) -> None:
    with site_by_hand() as (_, one), site_by_hand() as (_, other):
        assert one != other
        run = subprocess.run(
            [*LAB, "02", 'PAGES=["/uuid"] * 3'],
            env=os.environ | {"PRACTICE_SITE": other},
            capture_output=True,
            text=True,
            check=True,
        )
    assert "3 pages in " in run.stdout
    assert "practice site" not in run.stderr
