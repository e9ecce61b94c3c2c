"""Each lesson shows what it claims, seen from the practice site where it can
be and in what it prints where not."""

import asyncio
import importlib
import math
import os
import re
import shlex
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Take, computing, terminal
from hypothesis import given
from hypothesis import strategies as st

from backstage import practice_site
from backstage.catalogue import ROOT, find, started

Taker = Callable[..., Take]

WORK = 20_000


def figure(pattern: str, line: str) -> float:
    """Return the number that the pattern's group catches in the line."""
    match = re.fullmatch(pattern, line)
    assert match, line
    return float(match[1].replace(",", ""))


@pytest.mark.parametrize(
    "lesson",
    [
        "0_sequential",
        "1_multiprocess",
        "03_gil_demo_threads",
        "04_gil_demo_multiprocessing",
    ],
)
@pytest.mark.parametrize("steps", [1, 10, 1_000])
def test_the_job_measures_the_circle_from_within(
    lesson: str, steps: int
) -> None:
    result = importlib.import_module(lesson).compute_pi(steps)
    pi = result[0] if isinstance(result, tuple) else result
    assert 0 < math.pi - pi < 0.4 / steps


def test_0_and_1_find_the_same(take: Taker) -> None:
    # So much that even a slow start of the pool leaves a figure above 0.0.
    one, many = (take(n, WORK=10 * WORK, JOBS=3) for n in ("0", "1"))
    for result in one, many:
        assert result.status == 0
        assert result.errors == []
    assert one.lines[0].startswith("3 jobs, each of them found 3.14159")
    assert many.lines[:-1] == one.lines[:-1]
    last = r"over in \d+\.\d\d s: (\d+\.\d) cores busy"
    assert 0 < figure(last, one.lines[-1]) <= 1
    assert 0 < figure(last, many.lines[-1]) <= (os.cpu_count() or 1)


@pytest.mark.parametrize("number", ["1", "04"])
def test_processes_compute(take: Taker, number: str) -> None:
    workers = min(2, os.cpu_count() or 1)
    result = take(
        number,
        when=lambda lesson: len(computing(lesson)) >= workers,
        then=lambda lesson: None,
        WORK=2_000_000,
    )
    assert result.status == 0


def test_2_waits_for_one_page_at_a_time(take: Taker) -> None:
    result = take("2", PAGES=["/delay/0.2"] * 4)
    assert result.status == 0
    assert len(result.lines) == 5
    assert result.errors == ["practice site: 4 requests, at most 1 at a time"]
    assert [visit["status"] for visit in result.seen] == [200] * 4
    last = r"over in \d+\.\d\d s: (\d+\.\d) waits at a time"
    assert 0.5 < figure(last, result.lines[-1]) <= 1


def test_3_waits_for_all_pages_at_once(take: Taker) -> None:
    result = take("3", PAGES=["/delay/1"] * 4)
    assert result.status == 0
    assert len(result.lines) == 5
    assert result.errors == ["practice site: 4 requests, at most 4 at a time"]
    last = r"over in \d+\.\d\d s: (\d+\.\d) waits at a time"
    assert 2 < figure(last, result.lines[-1]) <= 4


def test_01_tells_page_by_page(take: Taker) -> None:
    pages = [f"/page/{n}?size=3000&delay=0.1" for n in range(1, 4)]
    result = take("01", PAGES=pages)
    assert result.status == 0
    assert [re.sub(r"\d+ bytes .*", "done", x) for x in result.lines[:-1]] == [
        "page 1: waiting",
        "page 1: done",
        "page 2: waiting",
        "page 2: done",
        "page 3: waiting",
        "page 3: done",
    ]
    assert [visit["path"] for visit in result.seen] == pages
    assert all(a["ended"] <= b["arrived"] for a, b in pairwise(result.seen))
    last = r"3 pages in \d+\.\d s: (\d+\.\d) waits at a time"
    assert figure(last, result.lines[-1]) <= 1


@pytest.mark.parametrize("number", ["02", "08"])
def test_02_and_08_wait_for_all_pages_at_once(
    take: Taker, number: str
) -> None:
    result = take(number, PAGES=["/delay/1"] * 10)
    assert result.status == 0
    assert result.peak == 10
    said = sorted(re.sub(r"\d+ bytes .*", "done", x) for x in result.lines)
    assert said[1:] == sorted(
        f"page {n}: {what}"
        for n in range(1, 11)
        for what in ("waiting", "done")
    )
    last = r"10 pages in \d+\.\d s: (\d+\.\d) waits at a time"
    assert 3 < figure(last, said[0]) <= 10


def test_02_loses_no_error_of_a_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = importlib.import_module("02_threaded_fetch")

    def fetch(number: int, url: str, waits: list[float]) -> None:
        if number == 2:
            raise RuntimeError(url)
        waits.append(0.1)

    monkeypatch.setattr(lesson, "fetch", fetch)
    assert lesson.fetch_all(["a"]) == [0.1]
    with pytest.raises(RuntimeError, match="b"):
        lesson.fetch_all(["a", "b", "c"])


def test_01_and_02_get_the_same_pages(take: Taker) -> None:
    pages = ["/page/1?size=2000", "/page/2?size=9000", "/page/3?size=4000"]
    sizes = [
        sorted(re.findall(r"page \d+: \d+ bytes", "\n".join(result.lines)))
        for result in (take("01", PAGES=pages), take("02", PAGES=pages))
    ]
    assert len(sizes[0]) == 3
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize(
    ("number", "models"),
    [("03", ["threads"]), ("04", ["threads", "processes"])],
)
def test_03_and_04_compare(
    take: Taker, number: str, models: list[str]
) -> None:
    result = take(number, WORK=WORK)
    assert result.status == 0
    assert result.errors == []
    names, values = zip(
        *(re.split(r" +[\d.]+ s: ", line) for line in result.lines[:-1]),
        strict=True,
    )
    assert list(names) == ["sequential", *models]
    assert set(values) == {values[0]}
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    last = result.lines[-1]
    assert ("(GIL on)" if gil else "(GIL off)") in last
    said = re.findall(r"(threads|processes) \d+\.\d\d", last)
    assert last.startswith("speed-up: ")
    assert said == models


def pages_of(*numbers: int) -> list[str]:
    return [f"/page/{n}?size=3000&delay=1" for n in numbers]


def test_05_saves_whole_pages_the_same_again(
    take: Taker, tmp_path: Path
) -> None:
    pages = pages_of(*range(1, 11))
    saved = []
    for _ in range(2):
        result = take("05", PAGES=pages)
        assert (result.status, result.peak) == (0, 10)
        assert result.errors == [
            "practice site: 10 requests, at most 10 at a time"
        ]
        files = sorted((tmp_path / "downloads").iterdir())
        saved.append({path.name: path.read_bytes() for path in files})
    assert list(saved[0]) == [f"{n:02}.html" for n in range(1, 11)]
    assert saved[0] == saved[1]
    for n, name in enumerate(saved[0], 1):
        assert f"<title>Page {n} of the".encode() in saved[0][name]
    (last,) = result.lines
    size = figure(r"([\d,]+) bytes, 10 pages in .* waits at a time", last)
    assert size == sum(map(len, saved[0].values()))


def test_05_has_no_more_waits_than_workers(take: Taker) -> None:
    result = take("05", PAGES=pages_of(*range(6)), WORKERS=3)
    assert (result.status, result.peak) == (0, 3)


def test_05_shows_a_bar_in_a_terminal(take: Taker, tmp_path: Path) -> None:
    folder = str(tmp_path / "downloads")
    with (
        terminal() as (screen, read, _),
        started(
            find("05"),
            {"PAGES": repr(pages_of(1, 2)), "FOLDER": repr(folder)},
            stdout=screen,
            stderr=screen,
        ) as child,
    ):
        child.wait()
        shown = read()
    assert "2/2" in shown
    assert " 2 pages in " in shown.splitlines()[-1]


@pytest.mark.parametrize("number", ["05", "09"])
def test_a_change_saves_beside_the_lesson(number: str) -> None:
    with started(
        find(number), {"TIMEOUT": "0"}, stderr=subprocess.PIPE
    ) as child:
        script = Path(list(child.args)[-1])  # type: ignore[arg-type]
        source = script.read_text("utf-8")
        child.communicate()
    assert f"FOLDER = Path({str(find(number).path)!r}).with_name" in source


def test_06_loses_payments_at_every_run(
    request: pytest.FixtureRequest,
) -> None:
    lesson: Any = importlib.import_module("06_race_condition_demo")
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    for _ in range(request.config.getoption("--runs")):
        lost = lost_in(lesson.measure("", [lesson.pay] * lesson.THREADS))
        assert 0 < lost < lesson.UPDATES * lesson.THREADS
        bare = [lesson.pay_bare] * lesson.THREADS
        assert not gil or lost_in(lesson.measure("", bare)) == 0


def test_07_loses_none_at_any_run(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson: Any = importlib.import_module("07_lock_fixed_demo")
    monkeypatch.setattr(lesson, "UPDATES", 3_000)
    usual, unsafe = sys.getswitchinterval(), 0
    sys.setswitchinterval(1e-4)  # or so few updates lose nothing anyway
    try:
        for _ in range(request.config.getoption("--runs")):
            unsafe += lost_in(lesson.measure("", [lesson.pay] * 4))
            locked = [lesson.pay_locked] * lesson.THREADS
            assert lost_in(lesson.measure("", locked)) == 0
            queued = [lesson.own, *[lesson.order] * lesson.THREADS]
            assert lost_in(lesson.measure("", queued)) == 0
            assert lesson.orders.empty()
    finally:
        sys.setswitchinterval(usual)
    assert unsafe > 0


def lost_in(told: str) -> int:
    return int(figure(r" ([\d,]+) at \d+\.\d\d us", told))


@pytest.mark.parametrize(
    ("number", "ways"),
    [("06", ["rounded", "bare"]), ("07", ["unsafe", "lock", "queue"])],
)
def test_06_and_07_tell_expected_got_and_lost(
    take: Taker, number: str, ways: list[str]
) -> None:
    result = take(number, UPDATES=2_000, THREADS=3)
    assert (result.status, result.errors) == (0, [])
    *lines, last = result.lines
    losses = dict(re.findall(r"(\w+) ([\d,]+) at [\d.]+ us", last))
    assert list(losses) == ways
    for line, way in zip(lines, ways, strict=True):
        got = figure(
            rf"{way} +[\d.]+ s: expected 6,000 cents, got ([\d,]+)", line
        )
        assert 6_000 - got == int(losses[way].replace(",", ""))
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    assert last.startswith("lost: ")
    if number == "06":
        assert last.endswith("(GIL on)" if gil else "(GIL off)")
    else:
        assert losses["lock"] == losses["queue"] == "0"


def test_08_holds_for_1000_pages(take: Taker) -> None:
    result = take("08", PAGES=["/delay/3"] * 1_000)
    assert result.status == 0
    assert len(result.lines) == 2_001
    assert result.errors == [
        "practice site: 1000 requests, at most 1000 at a time"
    ]
    assert {visit["status"] for visit in result.seen} == {200}


def test_09_retries_and_counts(take: Taker, tmp_path: Path) -> None:
    result = take("09")
    assert (result.status, result.peak) == (0, 4)
    told = " s: 3 ok, 6 recovered, 1 failed, 22 tries"
    assert result.lines[-1].endswith(told)
    paths = Counter(visit["path"] for visit in result.seen)
    assert paths == {f"/flaky/{n % 3}?{n}": n % 3 + 1 for n in range(9)} | {
        "/status/500": 4
    }
    names = sorted(path.name for path in (tmp_path / "downloads").iterdir())
    assert names == [f"{n:02}.html" for n in range(1, 10)]


def test_09_waits_as_long_as_it_is_asked_to(take: Taker) -> None:
    pages = ["/flaky/1?after=3&delay=0", "/flaky/1?delay=0&status=429"]
    result = take("09", PAGES=pages)
    assert result.lines[-1].endswith("0 ok, 2 recovered, 0 failed, 4 tries")
    for path, asked in zip(pages, (3, 1), strict=True):
        first, second = (v for v in result.seen if v["path"] == path)
        assert asked <= second["arrived"] - first["arrived"] < asked + 2


def test_09_frees_the_slot_while_it_waits(take: Taker) -> None:
    flaky, others = "/flaky/1?after=3&delay=0", ["/delay/0.1"] * 5
    result = take("09", PAGES=[flaky, *others], SLOTS=1)
    paths = [visit["path"] for visit in result.seen]
    assert paths == [flaky, *others, flaky]
    assert result.peak == 1


def test_09_waits_for_several_at_once(take: Taker) -> None:
    pages = [f"/flaky/1?after=3&delay=0&page={n}" for n in range(3)]
    result = take("09", PAGES=pages, SLOTS=1)
    assert len(result.seen) == 6
    assert result.seen[-1]["arrived"] - result.seen[0]["arrived"] < 6


def test_09_does_not_wait_longer_than_its_timeout(take: Taker) -> None:
    result = take("09", PAGES=["/flaky/1?after=9&delay=0"], TIMEOUT=2)
    assert result.lines[-1].endswith("0 ok, 0 recovered, 1 failed, 1 tries")
    assert len(result.seen) == 1


def http_error(status: int, **headers: str) -> httpx.HTTPStatusError:
    request = httpx.Request("GET", "http://x")
    response = httpx.Response(status, headers=headers, request=request)
    return httpx.HTTPStatusError("", request=request, response=response)


def test_09_backs_off_exponentially_with_jitter() -> None:
    lesson: Any = importlib.import_module("09_asyncio_http_downloader")
    error = httpx.ReadTimeout("")
    for tries, least, most in (1, 0.25, 0.5), (2, 0.5, 1), (4, 2, 4):
        waits = {lesson.pause(error, tries) for _ in range(50)}
        assert len(waits) > 40
        assert least <= min(waits) <= max(waits) <= most
    assert lesson.pause(error, 100) == lesson.TIMEOUT


@pytest.mark.parametrize("status", [429, 500, 502, 503, 599])
def test_09_tries_again_where_it_may_help(status: int) -> None:
    lesson: Any = importlib.import_module("09_asyncio_http_downloader")
    assert lesson.pause(http_error(status), 1) <= 0.5
    asked = {"Retry-After": "7"}
    assert lesson.pause(http_error(status, **asked), 1) == 7
    date = formatdate(time.time() + 60, usegmt=True)
    asked = {"Retry-After": date}
    assert 55 < lesson.pause(http_error(status, **asked), 1) <= 61
    endless = {"Retry-After": "9" * 5_000}
    assert lesson.pause(http_error(status, **endless), 1) == math.inf
    long_ago = {"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}
    assert lesson.pause(http_error(status, **long_ago), 1) <= 0.5


@pytest.mark.parametrize("status", [301, 400, 404, 418])
def test_09_gives_up_where_it_cannot_help(status: int) -> None:
    lesson: Any = importlib.import_module("09_asyncio_http_downloader")
    assert lesson.pause(http_error(status), 1) == math.inf


@given(text=st.text(st.characters(codec="ascii", exclude_characters="\r\n")))
def test_09_survives_any_retry_after(text: str) -> None:
    lesson: Any = importlib.import_module("09_asyncio_http_downloader")
    assert lesson.pause(http_error(503, **{"Retry-After": text}), 1) > 0


SMALL = [f"/page/{n}?size=30000&delay=0.2" for n in range(24)]


def test_10_parses_every_page(take: Taker) -> None:
    result = take("10", PAGES=SMALL, CONNECTIONS=4)
    assert (result.status, result.peak) == (0, 4)
    assert len(result.seen) == 24
    assert result.lines[0].startswith("24 different titles, ")
    told = r"24 pages in .* processes, \d+\.\d s after the last page"
    assert re.fullmatch(told, result.lines[1])


def test_10_parses_while_pages_arrive_and_few_are_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson: Any = importlib.import_module("10_async_multiprocessing_pipeline")
    asked, told = list[str](), list[str]()

    async def fetch(url: str, client: object) -> bytes:
        asked.append(url)
        assert len(asked) - told.count("parsed") <= lesson.IN_MEMORY
        await asyncio.sleep(0.01)
        told.append("fetched")
        return b""

    def parse(html: bytes) -> tuple[str, int, float]:
        told.append("parsed")
        return "", 0, 0.0

    monkeypatch.setattr(lesson, "fetch", fetch)
    monkeypatch.setattr(lesson, "parse", parse)
    monkeypatch.setattr(lesson, "IN_MEMORY", 3)
    with ThreadPoolExecutor(1) as pool:
        pages = asyncio.run(lesson.process_all(["u"] * 9, None, pool))
    assert len(pages) == told.count("parsed") == 9
    assert "parsed" in told[:4]


def test_10_finds_what_is_in_a_page() -> None:
    lesson: Any = importlib.import_module("10_async_multiprocessing_pipeline")
    html = b"<title>T</title><a href='x'>1</a><a href='y'>2</a>"
    assert lesson.parse(html)[:2] == ("T", 2)
    assert lesson.parse(b"no html")[:2] == ("", 0)


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


def test_11_finds_the_same_by_every_model(take: Taker) -> None:
    pages = [*OUTCOMES, "/get"]
    result = take("11", PAGES=pages, TIMEOUT=0.7)
    assert result.status == 0
    heading, *rows = result.lines[: len(pages) + 1]
    assert heading.split() == ["address", "outcome", *MODELS]
    for page, row in zip(pages, rows, strict=True):
        wait = r" +\d\.\d\d s" * 4
        told = rf"{page:<23} {OUTCOMES[page]} *{wait}"
        assert re.fullmatch(told, row), row
    empty, heading, *methods = result.lines[len(pages) + 1 :]
    assert (empty, heading[:10]) == ("", "Method    ")
    assert [row.split()[0] for row in methods] == MODELS
    assert {row.split()[3] for row in methods} == {"27%"}
    assert methods[0].endswith(" 1.00")
    visits = Counter(visit["path"] for visit in result.seen)
    assert visits["/silent"] == visits["/cut"] == 4
    assert visits["/get"] == 3 * 4  # a redirection leads to it, too


def test_11_checks_no_more_at_a_time_than_it_has_workers(take: Taker) -> None:
    result = take("11", PAGES=["/delay/0.3"] * 9, WORKERS=3)
    assert (result.status, result.peak) == (0, 3)
    visits = sorted(result.seen, key=lambda visit: float(visit["arrived"]))
    assert len(visits) == 4 * 9
    parts = [visits[n : n + 9] for n in range(0, 36, 9)]
    peaks = [max(visit["in_flight"] for visit in part) for part in parts]
    assert peaks == [1, 3, 3, 3]
    for row in result.lines[1:10]:  # waiting for a worker is not counted
        assert all(0.3 <= float(x) < 0.6 for x in row.split()[2::2])


def test_11_keeps_its_connections() -> None:
    lesson: Any = importlib.import_module("11_url_checker")
    with practice_site(["/get"] * 3) as urls:
        lesson.open_session()
        for url in urls:
            assert lesson.check(url, 5)[0] == "ok"
        (adapter,) = {lesson.own.session.get_adapter(url) for url in urls}
        (pool,) = adapter.poolmanager.pools._container.values()
        assert (pool.num_requests, pool.num_connections) == (3, 1)


def test_12_tells_the_story_of_this_build(take: Taker) -> None:
    result = take("12", STEPS=300_000, ROUNDS=10_000)
    assert (result.status, result.errors) == (0, [])
    heading, *rows, last = result.lines
    models = ["Thread", "Process", "Interpreter"]
    if sys.version_info < (3, 14):
        models.pop()
    assert heading.split() == ["one", "by", "one", "ideal", *models]
    assert [row[:12].strip() for row in rows] == [
        "pure Python",
        "C",
        "waiting",
    ]
    *_, waiting = rows
    assert len(re.findall(r" \d+\.\d\d \(\d\.\d\)", waiting)) == len(models)
    assert " (0.0)" in waiting  # no core is busy
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    told = rf"efficiency of threads \(GIL {'on' if gil else 'off'}\): "
    told += r"pure Python \d+%, C \d+%, waiting (\d+)%"
    assert 75 < figure(told, last) < 130


def test_12_counts_cpu_time_alone() -> None:
    lesson: Any = importlib.import_module("12_gil_comparison")
    seconds, busy, found = lesson.measure(
        "ThreadPoolExecutor", 1, lesson.partial(lesson.add_squares, 4)
    )
    assert found == {0 + 1 + 4 + 9}
    seconds, busy, found = lesson.measure(
        "ThreadPoolExecutor", 2, lesson.partial(time.sleep, 0.5)
    )
    assert seconds >= 0.5
    assert busy < 0.2


def test_13_weighs_each_kind(take: Taker) -> None:
    result = take("13", COUNTS=[1, 300], FEW=[1, 2])
    assert (result.status, result.errors) == (0, [])
    kinds = ["process", "task", "thread", "interpreter"]
    if sys.version_info < (3, 14):
        kinds.pop()
    _, *rows, last = result.lines
    assert [row.split()[1] for row in rows] == [k for k in kinds for _ in "12"]
    told = dict(re.findall(r"(\w+) (-?[\d,]+\.\d)", last))
    assert list(told) == kinds
    sizes = {kind: float(told[kind].replace(",", "")) for kind in kinds}
    assert sizes["task"] < sizes["thread"] < 200  # KB
    assert sizes["process"] > 2_000
    assert sizes.get("interpreter", 1_000) > 500
    for row in result.lines:
        assert len(row) < 80


def python(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        check=False,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
    )


def exercises() -> list[str]:
    text = (ROOT / "lab" / "README.md").read_text("utf-8")
    blocks = re.findall(r"(?s)```bash\n(.*?)```", text)
    return [line for block in blocks for line in block.splitlines()]


@pytest.mark.parametrize("command", exercises())
def test_an_exercise_is_a_command_that_works(
    command: str, traced: None, tmp_path: Path
) -> None:
    (tmp_path / "urls.txt").write_text("/get\n/html\n\n", "utf-8")
    uv, run, script, *words = shlex.split(command)
    assert (uv, run) == ("uv", "run")
    done = python(ROOT / script, *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") > 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--workers 0", "must be more than 0"),
        ("--timeout -1", "must be more than 0"),
        ("--batch x", "invalid int value: 'x'"),
        ("--model coroutines", "invalid choice: 'coroutines'"),
        ("@no/such/file", "'no/such/file'"),
    ],
)
def test_11_tells_in_one_line_what_makes_no_sense(
    words: str, told: str
) -> None:
    done = python(find("11").path, *words.split(), cwd=ROOT)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert told in done.stderr


def test_11_finds_out_why() -> None:
    explain = importlib.import_module("11_url_checker").explain
    refused = OSError("all of them failed")
    refused.__cause__ = ExceptionGroup(
        "", [ConnectionRefusedError(), OSError()]
    )
    assert explain(refused) == "refused"
    assert explain(TimeoutError()) == "timeout"
    assert explain(OSError()) == "broken"


def test_14_tells_what_it_chose_and_what_was_fastest(take: Taker) -> None:
    result = take("14", TASKS=20)
    assert (result.status, result.errors) == (0, [])
    *rows, last = result.lines
    told = re.compile(
        r"(\w+): +(\w+) +sequential (\S+) s threads (\S+) s processes (\S+) s"
    )
    found = [match.groups() for match in map(told.fullmatch, rows) if match]
    kinds = ["tiny", "waits", "computes", "hashes"]
    assert [kind for kind, *_ in found] == kinds
    assert [choice for _, choice, *_ in found[:2]] == ["sequential", "threads"]
    _, _, alone, threads, _ = found[1]
    assert float(alone) >= 0.4 > float(threads)
    at_most = r"its choices took at most \d+% longer than the fastest"
    assert re.fullmatch(at_most, last)


@pytest.mark.parametrize(
    "command",
    re.findall(
        r"\| `(--workload .*)` \| (\w+) \|",
        (ROOT / "lab" / "README.md").read_text("utf-8"),
    ),
)
def test_the_table_of_choices_is_true(command: tuple[str, str]) -> None:
    words, model = command
    done = python(ROOT / "lab", "choose", *words.split(), cwd=ROOT)
    assert done.returncode == 0
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    assert f"take {model};" in done.stdout or not gil
