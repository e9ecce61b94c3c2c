"""Lesson 02: the ten slow pages of lesson 01, a thread for each."""

import re

import pytest

from support.lessons import RunLesson, RunResult, import_lesson


def test_all_pages_are_in_flight_at_the_same_time(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("02", PAGES=["/delay/0.5"] * 10)
    assert (result.status, result.peak) == (0, 10)
    *lines, last = result.lines
    events = sorted(re.sub(r" after .*", "", line) for line in lines)
    assert events == sorted(
        f"page {n}: {event}"
        for n in range(1, 11)
        for event in ("start", "end")
    )
    total = r"10 pages in \d\.\d\d s: \d+\.\d pages per second, 10 threads"
    assert re.fullmatch(total, last)


def test_an_error_in_a_thread_is_raised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = import_lesson("02")

    def fetch(number: int, url: str) -> int:
        if number == 2:
            raise RuntimeError(url)
        return len(url)

    monkeypatch.setattr(lesson, "fetch", fetch)
    assert lesson.fetch_all(["abc"]) == [3]
    with pytest.raises(RuntimeError, match="b"):
        lesson.fetch_all(["a", "b", "c"])


def sizes(result: RunResult) -> list[str]:
    lines = "\n".join(result.lines)
    return sorted(re.findall(r"(page \d+): end .*, (\d+ bytes)", lines))


def test_threads_fetch_the_pages_of_01(run_lesson: RunLesson) -> None:
    pages = ["/page/1?size=2000", "/page/2?size=9000", "/page/3?size=4000"]
    one_by_one, threads = (
        run_lesson(number, PAGES=pages) for number in ("01", "02")
    )
    assert len(sizes(threads)) == 3
    assert sizes(threads) == sizes(one_by_one)


def test_many_pages_are_only_counted(run_lesson: RunLesson) -> None:
    result = run_lesson("02", PAGES=["/get"] * 21)
    (line,) = result.lines
    assert line.startswith("21 pages in ")
