"""Lesson 11: one list of addresses, checked with four models."""

import re
import sys
from argparse import Namespace
from collections import Counter

import pytest

from backstage import practice_site
from support.lessons import RunLesson, import_lesson
from support.processes import is_two_seconds_old

OUTCOMES = {
    "/get": "ok",
    "/redirect/2": "ok",
    "/status/404": "http error",
    "/status/500": "http error",
    "/silent": "timeout",
    "/cut": "broken",
    "/drop": "broken",
    "http://nowhere.invalid/": "dns error",
    "http://127.0.0.1:1/": "refused",
    "http://localhost:1/": "refused",
}
MODELS = ["sequential", "threads", "processes", "asyncio"]


@pytest.mark.slow
def test_every_model_has_the_same_outcomes(run_lesson: RunLesson) -> None:
    pages = [*OUTCOMES, "/get"]
    result = run_lesson("11", PAGES=pages, TIMEOUT=2.0, WORKERS=2)
    assert result.status == 0
    heading, *rows = result.lines[: len(pages) + 1]
    assert heading.split() == ["address", "outcome", *MODELS]
    for page, row in zip(pages, rows, strict=True):
        times = r" +\d\.\d\d s" * 4
        pattern = rf"{page:<23} {OUTCOMES[page]} *{times}"
        assert re.fullmatch(pattern, row), row
    empty, heading, *methods, last = result.lines[len(pages) + 1 :]
    assert (empty, heading[:10]) == ("", "Method    ")
    assert [row.split()[0] for row in methods] == MODELS
    assert {row.split()[3] for row in methods} == {"27%"}
    assert methods[0].endswith(" 1.00")
    speed_ups = r"threads \d+\.\d, processes \d+\.\d, asyncio \d+\.\d"
    assert re.fullmatch(f"different outcomes: 0; speed-up: {speed_ups}", last)
    paths = Counter(request["path"] for request in result.requests)
    assert paths["/silent"] == paths["/cut"] == 4
    assert paths["/get"] == 3 * 4  # a redirection leads to it, too


@pytest.mark.parametrize("model", ["threads", "asyncio"])
def test_the_workers_limit_the_requests_in_flight(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = Namespace(workers=2, timeout=5.0, batch=1)
    with practice_site(["/delay/0.2"] * 4) as urls:
        result = import_lesson("11").check_all(model, urls, options)
    assert len(result.checks) == 4
    for outcome, seconds in result.checks:
        assert outcome == "ok"
        assert seconds > 0.15
    summary = "practice site: 4 requests, at most 2 in flight\n"
    assert capsys.readouterr().err == summary


def test_connections_are_kept() -> None:
    lesson = import_lesson("11")
    with practice_site(["/get"] * 3) as urls:
        lesson.open_session()
        for url in urls:
            assert lesson.check(url, 5)[0] == "ok"
        (adapter,) = {
            lesson.thread_data.session.get_adapter(url) for url in urls
        }
        (pool,) = adapter.poolmanager.pools._container.values()
        assert (pool.num_requests, pool.num_connections) == (3, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--workers 0", "must be more than 0"),
        ("--timeout -1", "must be more than 0"),
        ("--batch x", "invalid int value: 'x'"),
        ("--model coroutines", "invalid choice: 'coroutines'"),
        ("@no/such/file", "'no/such/file'"),
    ],
)
def test_a_wrong_option_is_reported_in_one_line(
    options: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["11_url_checker.py", *options.split()])
    with pytest.raises(SystemExit) as stop:
        import_lesson("11").main()
    out, err = capsys.readouterr()
    assert (stop.value.code, out) == (2, "")
    assert err.count("\n") == 1
    assert message in err


def test_the_cause_of_an_error_is_its_outcome() -> None:
    describe = import_lesson("11").describe
    refused = OSError("all of them failed")
    refused.__cause__ = ExceptionGroup(
        "", [ConnectionRefusedError(), OSError()]
    )
    assert describe(refused) == "refused"
    assert describe(TimeoutError()) == "timeout"
    assert describe(OSError()) == "broken"


@pytest.mark.slow
def test_ctrl_c_after_the_first_address(run_lesson: RunLesson) -> None:
    pages = ["/delay/0.9"] * 2 + ["/delay/9"]
    result = run_lesson("11", when=is_two_seconds_old, PAGES=pages)
    assert "stopped by Ctrl-C" in result.failure_line(130)


def test_a_different_outcome_is_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lesson = import_lesson("11")
    ok, broken = lesson.Check("ok", 0.1), lesson.Check("broken", 0.1)
    results = {
        "sequential": lesson.Result([ok, ok], 2.0),
        "threads": lesson.Result([ok, broken], 1.0),
    }
    lesson.show_finding(results)
    finding = "different outcomes: 1; speed-up: threads 2.0\n"
    assert capsys.readouterr().out == finding
