"""`lab site`: the practice site in a terminal."""

import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from support.commands import LAB, start_lab
from support.processes import wait_until
from support.terminals import terminal


@contextmanager
def start_site(
    **options: Any,
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start `uv run lab site`; yield it and its address."""
    with start_lab("site", stdout=subprocess.PIPE, **options) as site:
        assert site.stdout
        line = site.stdout.readline().strip()
        assert line.startswith("PRACTICE_SITE=http://127.0.0.1:")
        yield site, line.partition("=")[2]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals needed")
def test_the_bar_shows_what_is_in_flight(traced: None) -> None:
    with (
        terminal() as (screen, read, _),
        start_site(stderr=screen) as (site, address),
    ):
        for count, text in (1, "1 seen,    1 in"), (10, "11 seen,   10 in"):
            with ThreadPoolExecutor(count) as pool:
                urls = [f"{address}/delay/2"] * count
                answers = pool.map(requests.get, urls)
                wait_until(lambda: f"\r{text} flight |████" in read())  # noqa: B023
                assert {answer.status_code for answer in answers} == {200}
        os.killpg(site.pid, signal.SIGINT)
        out, _ = site.communicate(timeout=10)
    assert site.returncode == 130
    assert out == "practice site: 11 requests, at most 10 in flight\n"
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=1)


@pytest.mark.slow
def test_a_lesson_uses_the_site_of_practice_site(traced: None) -> None:
    with start_site() as (_, first), start_site() as (_, second):
        assert first != second
        result = subprocess.run(
            [*LAB, "02", 'PAGES=["/uuid"] * 3'],
            env=os.environ | {"PRACTICE_SITE": second},
            capture_output=True,
            text=True,
            check=True,
        )
    assert "3 pages in " in result.stdout
    assert "practice site" not in result.stderr
