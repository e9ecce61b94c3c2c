"""Lesson 45: tests that find a race, by luck and on purpose."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from backstage.course.running import start_lesson
from support.lessons import find_once, import_lesson


@pytest.mark.slow
def test_barrier_and_hypothesis_find_it_in_every_run(tmp_path: Path) -> None:
    with start_lesson(
        find_once("45"), {"RUNS": "5"}, cwd=tmp_path, stdout=subprocess.PIPE
    ) as child:
        out, _ = child.communicate()
    assert child.returncode == 0
    assert list(tmp_path.iterdir()) == []  # no files of hypothesis
    *rows, last = out.splitlines()
    found = {}
    for row in rows:
        match = re.fullmatch(
            r"(\w+): found in (\d) of 5 runs, safe code 0, time [\d.]+ s",
            row,
        )
        assert match, row
        found[match[1]] = int(match[2])
    assert [*found] == ["luck", "interval", "barrier", "hypothesis"]
    assert found["barrier"] == found["hypothesis"] == 5
    figures = ", ".join(f"{name} {count}" for name, count in found.items())
    assert last == f"found (of 5): {figures}; safe code 0"


def test_two_cakes_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = import_lesson("45")
    assert lesson.find_with_barrier(lesson.buy)
    assert not lesson.find_with_barrier(lesson.buy_safely)
    monkeypatch.setattr(lesson, "CAKES", 2)
    assert not lesson.find_with_barrier(lesson.buy)


def test_the_race_needs_an_order_of_the_steps() -> None:
    lesson = import_lesson("45")

    def count_buyers(purchase: str, order: str) -> int:
        shop = lesson.Shop()
        visits = {x: getattr(lesson, purchase)(shop, x) for x in "AB"}
        for customer in order:
            next(visits[customer], None)
        return len(shop.buyers)

    orders = ["AABB", "ABAB", "ABBA", "BAAB", "BABA", "BBAA"]
    buyers = [count_buyers("buy", order) for order in orders]
    assert buyers == [1, 2, 2, 2, 2, 1]
    buyers_in_safe = [count_buyers("buy_safely", order) for order in orders]
    assert buyers_in_safe == [1] * 6


def test_the_switch_interval_is_restored() -> None:
    lesson = import_lesson("45")
    usual = sys.getswitchinterval()
    lesson.find_with_interval(lesson.buy)
    assert sys.getswitchinterval() == usual


def test_a_missing_hypothesis_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson = import_lesson("45")
    monkeypatch.setattr(lesson, "find_spec", lambda name: None)
    lesson.main()
    line = "0 of 100 runs: hypothesis is not installed: uv sync\n"
    assert capsys.readouterr().out == line
