"""Lesson 31: tiny tasks, sent to processes in chunks."""

import re
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Self

import pytest

from support.lessons import RunLesson, import_lesson, parse_figure

ROW = r"(no pool|chunks of [\d,]+) +\d+\.\d{3} s +\d+\.\d us"


@pytest.mark.slow
def test_large_chunks_are_much_faster(run_lesson: RunLesson) -> None:
    result = run_lesson("31", LETTERS=2_000)
    assert (result.status, result.errors) == (0, [])
    heading, *rows, last = result.lines
    assert heading.split() == ["way", "all", "letters", "per", "letter"]
    matches = [re.fullmatch(ROW, row) for row in rows]
    names = [match and match[1] for match in matches]
    chunks = [f"chunks of {size}" for size in ("1", "10", "100", "1,000")]
    assert names == ["no pool", *chunks]
    finding = r"best chunk size 1[0,]+: (.+) times faster than chunk size 1"
    assert parse_figure(finding, last) >= 3


class WrongPool:
    """Gets one price wrong, if it may send several letters together."""

    def map(
        self,
        function: Callable[[int], int],
        letters: Iterable[int],
        chunksize: int,
    ) -> list[int]:
        """Return the prices."""
        prices = list(map(function, letters))
        prices[-1] += chunksize - 1
        return prices


def test_a_wrong_price_is_an_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lesson = import_lesson("31")
    letters = range(10)
    prices = lesson.measure_alone(letters)
    assert prices == [100, 102, 104, 106, 108, 110, 112, 114, 116, 118]
    lesson.measure_pool(WrongPool(), letters, 1, prices)
    with pytest.raises(RuntimeError, match="wrong prices with chunk size 5"):
        lesson.measure_pool(WrongPool(), letters, 5, prices)
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_the_start_of_the_processes_is_not_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    events = []

    class Pool(nullcontext[None]):
        def __init__(self, workers: int) -> None:
            events.append(f"{workers} workers")

        def __enter__(self) -> Self:  # type: ignore[override]
            return self

        def map(self, _: object, letters: range) -> range:
            events.append(f"{len(letters)} letters")
            return letters

    def measure_pool(_: Pool, letters: range, size: int, __: object) -> float:
        events.append(f"{len(letters)} letters in chunks of {size}")
        return 6.0 / size

    lesson = import_lesson("31")
    monkeypatch.setattr(lesson, "LETTERS", 500)
    monkeypatch.setattr(lesson, "CHUNK_SIZES", [1, 3, 2])
    monkeypatch.setattr(lesson, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(lesson, "measure_pool", measure_pool)
    lesson.main()
    first, second, *chunks = events
    assert (first, second) == ("2 workers", "100 letters")
    assert chunks == [f"500 letters in chunks of {n}" for n in (1, 3, 2)]
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "best chunk size 3: 3.0 times faster than chunk size 1"
