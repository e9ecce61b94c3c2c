"""Lesson 01: ten slow pages, one after the other, with lines for each."""

import re
from itertools import pairwise

from support.lessons import RunLesson


def test_each_page_is_reported_when_it_starts_and_ends(
    run_lesson: RunLesson,
) -> None:
    pages = [f"/page/{n}?size=3000&delay=0.1" for n in range(1, 4)]
    result = run_lesson("01", PAGES=pages)
    assert result.status == 0
    *lines, last = result.lines
    assert [re.sub(r" after .*", "", line) for line in lines] == [
        f"page {number}: {event}"
        for number in range(1, 4)
        for event in ("start", "end")
    ]
    assert [request["path"] for request in result.requests] == pages
    for first, second in pairwise(result.requests):
        assert first["ended"] <= second["arrived"]
    total = r"3 pages in \d\.\d\d s: \d\.\d pages per second, 1 thread"
    assert re.fullmatch(total, last)
