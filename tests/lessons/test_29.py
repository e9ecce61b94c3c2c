"""Lesson 29: what workers know that start in different ways."""

import multiprocessing
import re

import pytest

from support.lessons import RunLesson

METHODS = multiprocessing.get_all_start_methods()


def test_only_forked_workers_see_a_change(run_lesson: RunLesson) -> None:
    result = run_lesson("29", NEXT=1)
    assert (result.status, result.errors) == (0, [])
    default, _, *rows, last = result.lines
    assert default == f"default start method here: {METHODS[0]}"
    times = r"[\d.]+ ms +[\d.]+ ms"
    seen = {method: 2 if method == "fork" else 0 for method in METHODS}
    for method, row in zip(METHODS, rows, strict=True):
        assert re.fullmatch(rf"{method} +{times} +{seen[method]} of 2", row)
    forked = seen.get("fork", 0)
    others = 2 * len(METHODS) - forked
    assert last.startswith(
        f"change seen: fork {forked} of {forked} workers, "
        f"others 0 of {others}; "
    )
    assert re.search(r"; \w+ \d+ ms, next \d+ ms$", last)


@pytest.mark.slow
def test_an_equal_price_would_look_like_a_change(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("29", NEXT=1, NEW_PRICE=300)
    workers = 2 * (len(METHODS) - METHODS.count("fork"))
    assert f"others {workers} of {workers}; " in result.lines[-1]
