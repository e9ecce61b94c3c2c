"""How the benchmarks measure a row, and clients that several of them use.

A group is a file, test_GROUP.py. Its tests have the mark
`@pytest.mark.benchmark(group="GROUP")`. A row is one case of such a test, and
the id of the case is the name of the row.

To add a row:

1. Add an entry to what the group's test is parametrized with. In
   test_waiting.py, for example, WAYS has the functions that fetch pages, by
   the names of their rows:

       "my way": lambda urls: list(my_module.fetch_all(urls)),

2. Run it as a test, with small inputs. This checks only its result:

       uv run pytest tests/benchmarks/test_waiting.py

3. Measure the group:

       uv run lab bench waiting

Nothing else is needed. If you want to explain why the row is fast or slow,
add a line to groups.toml, beside this file.

The name of a row decides how it is drawn:

- "threads, lock": if all names of a group have a comma, "threads" is the
  heading of a section, and "lock" a row in it.
- "sequential": the other rows of the section are compared with it. Without
  such a row they are compared with the first one.
- "processes + start": a variant of "processes". Titles do not name it.
- "threads, 1,000", measured with `count=1_000`: a point of the line "threads".

To add a group, write test_GROUP.py with a test that calls `measure`. The
functions in test_waiting.py are a short example.

To publish your results, measure all groups on a computer that does nothing
else (8 minutes). The second command writes lab/RESULTS.md, its pictures and
the figures in README.md:

    uv run lab bench -- --benchmark-json=tests/benchmarks/results.json
    uv run lab results
"""

import asyncio
import importlib
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from time import perf_counter
from typing import Any

import httpx
import psutil
from httpx_aiohttp import HttpxAiohttpClient

from backstage.site.client import SERVER
from backstage.system import cpus

ROUNDS = 3
lesson_08: Any = importlib.import_module("08_asyncio_downloader")


def measure(
    benchmark: Any,
    run: Callable[[], Any],
    is_right: Callable[[Any], bool],
    ideal: str,
    terms: Sequence[float | tuple[str, float]],
    *,
    rounds: int = ROUNDS,
    **figures: Any,
) -> None:
    """Measure one row, after a warm-up round.

    What a run prints is not shown. If there is a practice site, the share of
    a core that it uses is kept with the row.

    Args:
        benchmark: The fixture of pytest-benchmark.
        run: What is timed.
        is_right: Returns whether the result of a run is right. It is asked
            after every round, and the time that it takes is measured too.
        ideal: What the row is compared with, in a few words for the table.
            It may also be the name of a row: if all rows of a group have the
            same, that row is the group's reference.
        terms: The time of this ideal. Each term is a number of seconds, or
            the name of another row of the group and a divisor: ("sequential",
            2) is half the median of "sequential". The longest term counts.
        rounds: How often to run, without the warm-up.
        figures: What else to keep with the row. `unit` and `factor` change
            the unit of the table: a time in it is `factor` times the seconds.
            `cpu` (seconds), `memory` (bytes) and `count` (pages at the same
            time) have columns or axes of their own.

    Raises:
        AssertionError: If a result is not right.
    """

    def run_and_check() -> None:
        with redirect_stdout(io.StringIO()):
            result = run()
        assert is_right(result)

    cpu_before = site_cpu_seconds()
    start = perf_counter()
    benchmark.pedantic(run_and_check, rounds=rounds, warmup_rounds=1)
    cpu_used = site_cpu_seconds() - cpu_before
    elapsed = perf_counter() - start
    if cpu_used:
        figures["site"] = cpu_used / elapsed
    row = {"row": benchmark.param, "ideal": terms, "ideal is": ideal}
    benchmark.extra_info |= row | figures


def cores(workers: int) -> float:
    """Return how many cores this number of workers can keep busy here."""
    return min(workers, cpus())


def site_cpu_seconds() -> float:
    """Return the CPU seconds that this process's practice sites have used."""
    seconds = 0.0
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            if child.cmdline()[-1:] == [str(SERVER)]:
                seconds += sum(child.cpu_times()[:2])
    return seconds


def lesson_client(count: int) -> httpx.AsyncClient:
    """Return a client like that of lesson 08, for `count` pages at once."""
    limits = httpx.Limits(max_connections=count)
    return HttpxAiohttpClient(timeout=60, limits=limits)


def httpx_client(count: int) -> httpx.AsyncClient:
    """Return a client with httpx's own pool, for `count` pages at once."""
    limits = httpx.Limits(max_connections=count, max_keepalive_connections=0)
    return httpx.AsyncClient(timeout=60, limits=limits)


@contextmanager
def warmed(url: str, client: httpx.AsyncClient) -> Iterator[asyncio.Runner]:
    """Yield an event loop in which a client has made a warm-up request.

    Args:
        url: Any page of the site.
        client: The client, which is closed at the end.
    """
    with asyncio.Runner() as runner:
        try:
            runner.run(client.get(httpx.URL(url).join("/")))
            yield runner
        finally:
            runner.run(client.aclose())


async def fetch_together(
    urls: list[str], client: httpx.AsyncClient
) -> list[Any]:
    """Fetch pages as lesson 08 does, with a client of the caller."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(lesson_08.fetch(number, url, client))
            for number, url in enumerate(urls, start=1)
        ]
    return [task.result() for task in tasks]
