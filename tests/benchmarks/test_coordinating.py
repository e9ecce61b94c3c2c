"""What an update of a shared account costs, unsafe and safe."""

import importlib
from typing import Any

import pytest
from measuring import measure

lesson: Any = importlib.import_module("07_lock_fixed_demo")
JOBS = {
    "unsafe": [lesson.pay] * lesson.THREADS,
    "lock": [lesson.pay_locked] * lesson.THREADS,
    "queue": [lesson.own, *[lesson.order] * lesson.THREADS],
}


@pytest.mark.benchmark(group="coordinating")
@pytest.mark.parametrize("way", JOBS)
def test_coordinating(
    way: str, benchmark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    updates: int = lesson.UPDATES if benchmark.enabled else 100
    monkeypatch.setattr(lesson, "UPDATES", updates)
    cents: int = updates * lesson.THREADS

    def right(told: str) -> bool:
        got = round(lesson.account["balance"] * 100)
        return bool(0 < got <= cents if way == "unsafe" else got == cents)

    def play() -> Any:
        return lesson.measure(way, JOBS[way])

    micro: dict[str, Any] = {"unit": "us an update", "factor": 1e6 / cents}
    measure(benchmark, way, play, right, "unsafe", ("unsafe", 1), **micro)
