"""Lesson 01: ten slow pages, one after the other, with a line for each."""

import re
from itertools import pairwise

from conftest import Taker, figure


def test_each_page_is_told_as_it_comes(take: Taker) -> None:
    pages = [f"/page/{n}?size=3000&delay=0.1" for n in range(1, 4)]
    result = take("01", PAGES=pages)
    assert result.status == 0
    *lines, last = result.lines
    assert [re.sub(r"\d+ bytes .*", "done", line) for line in lines] == [
        "page 1: waiting",
        "page 1: done",
        "page 2: waiting",
        "page 2: done",
        "page 3: waiting",
        "page 3: done",
    ]
    assert [visit["path"] for visit in result.seen] == pages
    assert all(a["ended"] <= b["arrived"] for a, b in pairwise(result.seen))
    overlap = figure(r"3 pages in \d+\.\d s: (\d+\.\d) waits at a time", last)
    assert overlap <= 1
