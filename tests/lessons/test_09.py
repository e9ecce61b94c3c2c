"""Lesson 09: unreliable pages, a few at a time, with retries."""

import time
from collections import Counter
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.lessons import RunLesson, RunResult, import_lesson
from support.processes import is_two_seconds_old


def check_counts(result: RunResult, kinds: str, attempts: int) -> None:
    *_, total, last = result.lines
    assert f" pages, {attempts} attempts in " in total
    assert last.startswith(f"{kinds}; at most ")


def test_pages_recover_and_are_counted(
    run_lesson: RunLesson, tmp_path: Path
) -> None:
    flaky = [f"/flaky/{n % 3}?after=0&delay=0.1&page={n}" for n in range(9)]
    result = run_lesson("09", PAGES=[*flaky, "/status/500"], ATTEMPTS=3)
    assert (result.status, result.peak) == (0, 4)
    check_counts(result, "3 ok, 6 recovered, 1 failed", 21)
    assert result.lines[-1].endswith("; at most 4 requests in flight")
    paths = Counter(request["path"] for request in result.requests)
    assert paths == {path: n % 3 + 1 for n, path in enumerate(flaky)} | {
        "/status/500": 3
    }
    names = sorted(path.name for path in (tmp_path / "downloads").iterdir())
    assert names == [f"{n:02}.html" for n in range(1, 10)]


@pytest.mark.slow
def test_its_own_pages_do_what_it_predicts(run_lesson: RunLesson) -> None:
    check_counts(run_lesson("09"), "3 ok, 6 recovered, 1 failed", 22)


def test_each_failure_is_counted_and_other_pages_are_saved(
    run_lesson: RunLesson, tmp_path: Path
) -> None:
    failures = {
        "/status/500": "status 500",
        "/status/404": "status 404",  # which is not tried again
        "/silent": "ReadTimeout",
        "/cut": "peer closed connection",
        "/drop": "Server disconnected",
        "http://127.0.0.1:1/": "All connection attempts failed",
        "http://nowhere.invalid/": "ConnectError",
    }
    result = run_lesson(
        "09", PAGES=[*failures, "/html"], TIMEOUT=1.5, ATTEMPTS=2
    )
    assert result.status == 0
    check_counts(result, "1 ok, 0 recovered, 7 failed", 14)
    for n, reason in enumerate(failures.values(), 1):
        lines = [x for x in result.lines if x.startswith(f"page {n}, ")]
        assert len(lines) == (1 if reason == "status 404" else 2)
        assert all(reason in line for line in lines)
    names = [path.name for path in (tmp_path / "downloads").iterdir()]
    assert names == ["08.html"]


def test_it_waits_as_long_as_the_server_asks_while_other_pages_start(
    run_lesson: RunLesson,
) -> None:
    flaky = ["/flaky/1?delay=0", "/flaky/1?delay=0&status=429"]
    stable = ["/page/1", "/page/2"]
    result = run_lesson("09", PAGES=[*flaky, *stable], MAX_IN_FLIGHT=1)
    paths = [request["path"] for request in result.requests]
    assert paths[:4] == [*flaky, *stable]
    assert sorted(paths[4:]) == flaky
    assert result.peak == 1
    for path in flaky:
        first, second = (r for r in result.requests if r["path"] == path)
        # Both ask for 1 s. Without that it would wait for 0.5 s at most.
        assert second["arrived"] - first["arrived"] > 0.9
    check_counts(result, "2 ok, 2 recovered, 0 failed", 6)


def test_it_does_not_wait_longer_than_its_longest_delay(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson(
        "09", PAGES=["/flaky/1?after=9&delay=0"], MAX_RETRY_DELAY=2
    )
    check_counts(result, "0 ok, 0 recovered, 1 failed", 1)
    assert len(result.requests) == 1


@pytest.mark.slow
def test_it_follows_a_redirection(run_lesson: RunLesson) -> None:
    result = run_lesson("09", PAGES=["/redirect/2"])
    check_counts(result, "1 ok, 0 recovered, 0 failed", 1)
    statuses = [request["status"] for request in result.requests]
    assert statuses == [302, 302, 200]


def http_error(status: int, **headers: str) -> httpx.HTTPStatusError:
    request = httpx.Request("GET", "http://x")
    response = httpx.Response(status, headers=headers, request=request)
    return httpx.HTTPStatusError("", request=request, response=response)


def test_it_backs_off_exponentially_with_jitter() -> None:
    lesson = import_lesson("09")
    error = httpx.ReadTimeout("")
    for attempt, least, most in (1, 0.25, 0.5), (2, 0.5, 1), (4, 2, 4):
        delays = {lesson.retry_delay(error, attempt) for _ in range(50)}
        assert len(delays) > 40
        assert least <= min(delays) <= max(delays) <= most
    assert lesson.retry_delay(error, 100) == lesson.MAX_RETRY_DELAY


@pytest.mark.parametrize("status", [429, 500, 502, 503, 599])
def test_it_retries_after_a_temporary_failure(status: int) -> None:
    lesson = import_lesson("09")
    assert lesson.retry_delay(http_error(status), 1) <= 0.5
    seconds = {"Retry-After": "7"}
    assert lesson.retry_delay(http_error(status, **seconds), 1) == 7
    date = {"Retry-After": formatdate(time.time() + 8, usegmt=True)}
    assert 1 < lesson.retry_delay(http_error(status, **date), 1) <= 9
    too_late = {"Retry-After": formatdate(time.time() + 60, usegmt=True)}
    assert lesson.retry_delay(http_error(status, **too_late), 1) is None
    endless = {"Retry-After": "9" * 5_000}
    assert lesson.retry_delay(http_error(status, **endless), 1) is None
    long_ago = {"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}
    assert lesson.retry_delay(http_error(status, **long_ago), 1) <= 0.5


@pytest.mark.parametrize("status", [301, 400, 404, 418])
def test_it_does_not_retry_after_a_permanent_failure(status: int) -> None:
    assert import_lesson("09").retry_delay(http_error(status), 1) is None


@pytest.mark.parametrize(
    "error",
    [
        httpx.UnsupportedProtocol("gopher"),
        httpx.TooManyRedirects("round and round"),
        httpx.DecodingError("no gzip"),
    ],
)
def test_it_does_not_retry_after_a_permanent_error(
    error: httpx.HTTPError,
) -> None:
    assert import_lesson("09").retry_delay(error, 1) is None


@given(text=st.text(st.characters(codec="ascii", exclude_characters="\r\n")))
def test_it_accepts_any_text_in_retry_after(text: str) -> None:
    error = http_error(503, **{"Retry-After": text})
    delay = import_lesson("09").retry_delay(error, 1)
    assert delay is None or delay > 0


@pytest.mark.slow
def test_ctrl_c_while_it_waits_for_a_retry(run_lesson: RunLesson) -> None:
    result = run_lesson(
        "09",
        when=is_two_seconds_old,
        PAGES=["/status/500"] * 5,
        ATTEMPTS=9,
    )
    assert "stopped by Ctrl-C" in result.failure_line(130)
