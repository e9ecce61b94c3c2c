"""What the benchmarks share: how a row is measured, and clients."""

import asyncio
import importlib
import io
from collections.abc import Callable, Iterator
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
    play: Callable[[], Any],
    check: Callable[[Any], bool],
    ideal: str,
    *terms: float | tuple[str, float],
    rounds: int = ROUNDS,
    **more: Any,
) -> None:
    """Measure one row of a table, whose name is the id of the test's case.

    Arguments: `play`, what is timed, silently; `check`, which tells whether
    its result is right: it is asked in the warm-up first; `ideal`, what the
    time is compared with, the largest of `terms`: seconds, or another row of
    the group and by what its median is divided; `rounds`; `more`, what is
    kept with the row besides.

    The share of a core that the practice site took is kept too, if there is
    a site.
    """

    def checked() -> None:
        with redirect_stdout(io.StringIO()):
            result = play()
        assert check(result)

    before, start = site_seconds(), perf_counter()
    benchmark.pedantic(checked, rounds=rounds, warmup_rounds=1)
    used, elapsed = site_seconds() - before, perf_counter() - start
    if used:
        more["site"] = used / elapsed
    known = {"row": benchmark.param, "ideal": terms, "ideal is": ideal}
    benchmark.extra_info |= known | more


def cores(workers: int) -> float:
    """Return how many cores so many workers can keep busy here."""
    return min(workers, cpus())


def site_seconds() -> float:
    """Return the CPU seconds of this process's practice sites so far."""
    seconds = 0.0
    for child in psutil.Process().children():
        with suppress(psutil.Error):
            if child.cmdline()[-1:] == [str(SERVER)]:
                seconds += sum(child.cpu_times()[:2])
    return seconds


def lesson_client(count: int) -> httpx.AsyncClient:
    """Return a client as lesson 08 has it, for so many pages at once."""
    limits = httpx.Limits(max_connections=count)
    return HttpxAiohttpClient(timeout=60, limits=limits)


def httpx_client(count: int) -> httpx.AsyncClient:
    """Return a client on httpx's own connections, for so many pages."""
    limits = httpx.Limits(max_connections=count, max_keepalive_connections=0)
    return httpx.AsyncClient(timeout=60, limits=limits)


@contextmanager
def warmed(url: str, client: httpx.AsyncClient) -> Iterator[asyncio.Runner]:
    """Yield an event loop in which a client has made a first request.

    Arguments: `url`, of any page of the site; `client`, which is closed
    afterwards.
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
    """Fetch pages as lesson 08 does, with a client that is warm already."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(lesson_08.fetch(number, url, client))
            for number, url in enumerate(urls, start=1)
        ]
    return [task.result() for task in tasks]
