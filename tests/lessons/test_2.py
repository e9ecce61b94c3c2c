"""Lesson 2: slow pages, one after the other."""

from conftest import Taker, figure


def test_one_page_is_in_flight_at_a_time(take: Taker) -> None:
    result = take("2", PAGES=["/delay/0.1"] * 4)
    assert (result.status, result.peak) == (0, 1)
    assert result.errors == ["practice site: 4 requests, at most 1 at a time"]
    assert [visit["status"] for visit in result.seen] == [200] * 4
    assert len(result.lines) == 5
    last = r"over in \d+\.\d\d s: (\d+\.\d) waits at a time"
    assert figure(last, result.lines[-1]) <= 1
