"""What the practice site saw: its log and its summary."""

import pytest
import requests

from backstage import practice_site
from support.site import ReadLog, connect, get


def test_requests_are_logged_but_not_those_of_the_index(
    read_log: ReadLog, capfd: pytest.CaptureFixture[str]
) -> None:
    pages = ["/", "/delay/9?x=1", "/status/404"]
    with practice_site(pages) as (index, delay, status):
        get(index)
        with pytest.raises(requests.ReadTimeout):
            requests.get(delay, timeout=0.2)
        get(status)
    assert capfd.readouterr() == (
        "",
        "practice site: 2 requests, at most 1 in flight\n",
    )
    closed, missing = read_log()
    assert closed["path"] == "/delay/9?x=1"
    assert closed["status"] == 499
    assert missing["status"] == 404
    assert closed["arrived"] <= closed["ended"] <= missing["arrived"]
    assert closed["ended"] - closed["arrived"] < 5


def test_a_failure_is_logged_with_the_status_that_was_sent(
    read_log: ReadLog,
) -> None:
    pages = ["/drop", "/cut", "/flaky/1?delay=0"]
    with practice_site(pages) as (drop, cut, flaky):
        for url in drop, cut:
            with pytest.raises(requests.RequestException):
                get(url)
        assert get(flaky).status_code == 503
    log = read_log()
    assert [request["status"] for request in log] == [None, 200, 503]
    assert all(request["ended"] for request in log)


def test_a_request_in_flight_at_the_end_is_logged_too(
    read_log: ReadLog,
) -> None:
    with practice_site(["/delay/9", "/get"]) as (delay, get_page):
        connection = connect(delay)
        connection.sendall(b"GET /delay/9 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert get(get_page).status_code == 200
    connection.close()
    in_flight, ended = read_log()
    assert in_flight["path"] == "/delay/9"
    assert (in_flight["ended"], in_flight["status"]) == (None, None)
    assert ended["in_flight"] == 2
