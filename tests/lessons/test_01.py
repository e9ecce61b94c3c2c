"""Lesson 01: ten slow pages, one after the other, with lines for each."""

import re
from itertools import pairwise

from support.lessons import RunLesson


def test_each_page_is_reported_as_it_comes(run_lesson: RunLesson) -> None:
    pages = [f"/page/{n}?size=3000&delay=0.1" for n in range(1, 4)]
    result = run_lesson("01", PAGES=pages)
    assert result.status == 0
    *lines, last = result.lines
    assert [re.sub(r" after .*", "", line) for line in lines] == [
        f"page {number}: {what}"
        for number in range(1, 4)
        for what in ("start", "end")
    ]
    assert [visit["path"] for visit in result.seen] == pages
    assert all(a["ended"] <= b["arrived"] for a, b in pairwise(result.seen))
    total = r"3 pages in \d\.\d\d s: \d\.\d pages per second, 1 thread"
    assert re.fullmatch(total, last)
