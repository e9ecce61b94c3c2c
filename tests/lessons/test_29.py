"""Lesson 29: what workers know that start in different ways."""

import multiprocessing
import re
from types import SimpleNamespace
from typing import Any

import pytest

from support.lessons import RunLesson, import_lesson

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


@pytest.mark.parametrize(
    ("methods", "finding"),
    [
        (
            ["fork", "spawn", "forkserver"],
            "fork 4 of 4 workers, others 0 of 8; forkserver 90 ms, next 20 ms",
        ),
        (
            ["spawn"],
            "fork 0 of 0 workers, others 0 of 4; spawn 90 ms, next 20 ms",
        ),
    ],
)
def test_the_first_worker_is_compared_with_the_median_of_the_next(
    methods: list[str],
    finding: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lesson = import_lesson("29")
    times = iter([90, 10, 30, 20] * len(methods))

    def start_worker(method: str) -> Any:
        price = lesson.prices["coffee"] if method == "fork" else 300
        return lesson.Worker(method, next(times), price)

    fake = SimpleNamespace(
        get_start_method=lambda: methods[0],
        get_all_start_methods=lambda: methods,
    )
    monkeypatch.setattr(lesson, "multiprocessing", fake)
    monkeypatch.setitem(lesson.prices, "coffee", 300)
    monkeypatch.setattr(lesson, "start_worker", start_worker)
    monkeypatch.setattr(lesson, "NEXT", 3)
    lesson.main()
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"change seen: {finding}"


@pytest.mark.slow
def test_an_equal_price_would_look_like_a_change(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("29", NEXT=1, NEW_PRICE=300)
    workers = 2 * (len(METHODS) - METHODS.count("fork"))
    assert f"others {workers} of {workers}; " in result.lines[-1]
