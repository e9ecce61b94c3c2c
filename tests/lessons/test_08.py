"""Lesson 08: the ten slow pages of lesson 02 as coroutines."""

import re

import pytest
from conftest import Taker, figure, is_two_seconds_old


def test_all_pages_are_in_flight_at_once(take: Taker) -> None:
    result = take("08", PAGES=["/delay/0.5"] * 10)
    assert (result.status, result.peak) == (0, 10)
    *lines, last = result.lines
    told = [re.sub(r"\d+ bytes .*", "done", line) for line in lines]
    assert told[:10] == [f"page {n}: waiting" for n in range(1, 11)]
    assert sorted(told[10:]) == sorted(f"page {n}: done" for n in range(1, 11))
    overlap = figure(r"10 pages in \d+\.\d s: (\d+\.\d) waits at a time", last)
    assert overlap <= 10


def test_more_pages_are_in_flight_than_httpx_allows_by_itself(
    take: Taker,
) -> None:
    result = take("08", PAGES=["/delay/1"] * 200)
    assert result.status == 0
    assert [visit["status"] for visit in result.seen] == [200] * 200
    assert result.peak > 100


@pytest.mark.slow
def test_it_holds_for_1000_pages(take: Taker) -> None:
    result = take("08", PAGES=["/delay/5"] * 1_000)
    assert result.status == 0
    assert len(result.lines) == 2_001
    assert result.errors == [
        "practice site: 1000 requests, at most 1000 at a time"
    ]
    assert {visit["status"] for visit in result.seen} == {200}


@pytest.mark.slow
def test_ctrl_c_while_many_pages_are_in_flight(take: Taker) -> None:
    result = take("08", when=is_two_seconds_old, PAGES=["/delay/9"] * 300)
    assert "stopped by Ctrl-C" in result.failed(130)
