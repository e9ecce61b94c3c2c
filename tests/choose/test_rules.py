"""Which model the rules choose for which work."""

import pytest

from backstage.choose import rules
from backstage.choose.rules import Work, by_rule

WORKS = {
    # S3.34 to S3.41 of the seeds. S3.35 is corrected: files are read by
    # blocking calls, no matter how many there are.
    "5 files": (Work("waits", 5, 0.1), "threads"),
    "1,000 files": (Work("waits", 1_000, 0.1), "threads"),
    "100 images": (Work("computes", 100, 0.2), "processes"),
    "web scraping": (Work("waits", 500, 0.5, libraries="async"), "asyncio"),
    "number crunching": (Work("computes", 64, 2), "processes"),
    "few database queries": (Work("waits", 10, 0.1, shared="yes"), "threads"),
    "many database queries": (
        Work("waits", 2_000, 0.1, libraries="async"),
        "asyncio",
    ),
    "WebSocket server": (
        Work("waits", 5_000, 60, libraries="async"),
        "asyncio",
    ),
    # What the lessons show besides.
    "C without the GIL": (Work("c", 100, 0.1), "threads"),
    "mixed work": (Work("mixed", 100, 0.1), "processes"),
    "computing with shared data": (
        Work("computes", 100, 0.1, shared="yes"),
        "sequential",
    ),
    "one task": (Work("computes", 1, 60), "sequential"),
    "10 ms in all": (
        Work("waits", 1_000, 1e-5, libraries="async"),
        "sequential",
    ),
    "200 ms in all": (Work("computes", 4, 0.05), "sequential"),
}


@pytest.mark.parametrize(("work", "best"), WORKS.values(), ids=WORKS)
def test_the_decision_matrix(
    work: Work, best: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "gil_is_on", lambda: True)
    assert by_rule(work).best == best


@pytest.mark.parametrize("workload", ["computes", "mixed"])
def test_threads_compute_where_there_is_no_gil(
    workload: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "gil_is_on", lambda: False)
    work = Work(workload, 100, 0.2, shared="yes")
    assert by_rule(work).best == "threads"
