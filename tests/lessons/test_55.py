"""Lesson 55: the pipeline of lab/10, in a pool and on a cluster."""

import re

import pytest

from support.lessons import SITE_LINE, RunLesson

pytest.importorskip("distributed", reason="uv run --group cluster")


@pytest.mark.slow
def test_pool_and_cluster_parse_the_same_pages(run_lesson: RunLesson) -> None:
    pages = [f"/page/{n}?size=5000&delay=0.05" for n in range(6)]
    result = run_lesson("55", PAGES=pages, IN_MEMORY=2, WORKERS=1)
    assert result.status == 0
    assert all(map(SITE_LINE.fullmatch, result.errors))
    *rows, last = result.lines
    names = [row.partition(":")[0] for row in rows]
    assert names == ["pool", "cluster"]
    rates = r"pages per second: pool \d+\.\d, cluster \d+\.\d"
    assert re.fullmatch(rf"equal 6 of 6 pages; {rates}", last)
    # Each page was asked for twice, and never more than two at a time.
    paths = [request["path"] for request in result.requests]
    assert sorted(paths) == sorted(pages * 2)
    assert result.peak <= 2
