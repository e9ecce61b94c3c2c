"""Lesson 51: a WebSocket with many listeners, one of which does not read."""

import re
import sys

import pytest

from support.lessons import RunLesson, import_lesson


@pytest.mark.slow
def test_with_queues_nobody_waits_for_the_one_that_does_not_read(
    run_lesson: RunLesson,
) -> None:
    result = run_lesson("51", LISTENERS=10, TIMEOUT=0.5)
    assert (result.status, result.errors) == (0, [])
    connected, *rows, last = result.lines
    assert re.fullmatch(r"connected: 10 listeners in \d\.\d\d s", connected)
    received: dict[str, list[int]] = {}
    for row in rows:
        pattern = (
            r"(.+): picture \d+: (\d+) of 10 listeners got it in [\d.]+ s"
        )
        match = re.fullmatch(pattern, row)
        assert match, row
        received.setdefault(match[1], []).append(int(match[2]))
    *before, end = received["one by one"]
    assert set(before) <= {10}
    assert end == 0
    assert received["with queues"] == [10] * 10
    finding = "missed a picture: one by one 10 of 10 listeners, "
    assert last == f"{finding}with queues 0; dropped 1"


@pytest.mark.slow
def test_buffers_that_are_not_full_lose_nothing(run_lesson: RunLesson) -> None:
    result = run_lesson("51", LISTENERS=5, PICTURES=2, SIZE=100)
    finding = "missed a picture: one by one 0 of 5 listeners, "
    assert result.lines[-1] == f"{finding}with queues 0; dropped 0"


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such limit")
@pytest.mark.parametrize(
    ("hard_limit", "listeners"), [(-1, 1_000), (5_000, 1_000), (700, 600)]
)
def test_a_small_limit_of_open_files_means_fewer_listeners(
    hard_limit: int, listeners: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import resource

    limits = []
    monkeypatch.setattr(resource, "RLIM_INFINITY", -1)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, hard_limit))
    monkeypatch.setattr(resource, "setrlimit", lambda _, x: limits.append(x))
    assert import_lesson("51").allow_open_files() == listeners
    assert limits == [(listeners + 100, hard_limit)]


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such limit")
@pytest.mark.parametrize("limit", [1_100, 5_000, -1])
def test_a_limit_that_is_high_enough_is_not_changed(
    limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import resource

    monkeypatch.setattr(resource, "RLIM_INFINITY", -1)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, 9_000))
    monkeypatch.setattr(resource, "setrlimit", None)
    assert import_lesson("51").allow_open_files() == 1_000
