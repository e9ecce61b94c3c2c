"""Lesson 37: a task that fails, and the first task that succeeds."""

import re
import sys
from collections import Counter

import pytest

from support.lessons import SITE_LINE, RunLesson, RunResult

HAS_CANCEL = sys.version_info >= (3, 15)
TRIP = {
    "hotel": "/flaky/99?delay=0.1",
    "flight": "/delay/0.4?flight",
    "train": "/delay/0.4?train",
    "car": "/delay/0.4?car",
}
HOTELS = {
    "Sea": "/flaky/99?delay=0.05",
    "Park": "/delay/0.1",
    "Hill": "/delay/0.5?hill",
}


def check_searches(result: RunResult) -> None:
    """Check that the first room ends the search, if we cancel."""
    searches = [line for line in result.lines if "Park after" in line]
    ways = ["no cancel", "task.cancel()"]
    ways += ["group.cancel()"] if HAS_CANCEL else []
    assert [line.partition(":")[0] for line in searches] == ways
    cancelled = [re.search(r"(\d) cancelled", line) for line in searches]
    numbers = [int(match[1]) for match in cancelled if match]
    assert numbers == [0, 1, 1][: len(ways)]
    hill = [
        x["status"] for x in result.requests if x["path"] == HOTELS["Hill"]
    ]
    assert hill.count(200) == 1
    # The site may end before it sees that the last connection is closed.
    assert set(hill) <= {200, 499, None}
    if not HAS_CANCEL:
        assert "needs Python 3.15" in "".join(result.lines)


@pytest.mark.slow
def test_siblings_go_on_with_gather_and_stop_in_a_group(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("37", TRIP=TRIP, HOTELS=HOTELS)
    assert result.status == 0
    assert all(map(SITE_LINE.fullmatch, result.errors))
    text = "\n".join(result.lines)
    assert re.search(
        r"^gather: after \d\.\d\d s an error with status 503$",
        text,
        re.MULTILINE,
    )
    running = "still running;"
    assert f"gather: 3 {running} 3 booked, 1 failed, 0 cancelled" in text
    assert re.search(
        r"^TaskGroup: .* errors with a status: 1$", text, re.MULTILINE
    )
    assert re.search(
        r"^TaskGroup: .* errors with a fee: 1$", text, re.MULTILINE
    )
    assert f"TaskGroup: 0 {running} 0 booked, 2 failed, 2 cancelled" in text
    assert result.lines[-1].startswith("booked: gather 3, TaskGroup 0; ")

    # The site saw the same: each booking was made with gather, and its
    # connection was closed in the group.
    for name in "flight", "train", "car":
        statuses = Counter(
            request["status"]
            for request in result.requests
            if request["path"] == TRIP[name]
        )
        assert statuses == {200: 1, 499: 1}
    check_searches(result)


@pytest.mark.slow
def test_without_a_free_room_it_fails(run_lesson: RunLesson) -> None:
    full = {"Sea": "/status/503", "Park": "/status/503"}
    trip = {"hotel": "/status/503"}
    result = run_lesson("37", TRIP=trip, HOTELS=full)
    assert result.status == 1
    assert "no hotel has a free room" in "".join(result.errors)
