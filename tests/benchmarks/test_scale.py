"""More and more slow pages at once, until something gives."""

import asyncio
import importlib
import subprocess
from typing import Any

import pytest
from measuring import measure, warmed

from backstage import practice_site
from backstage.catalogue import find
from backstage.watch import watch

threaded: Any = importlib.import_module("02_threaded_fetch")
coroutines: Any = importlib.import_module("08_asyncio_downloader")
NUMBERS = {"threads": "02", "asyncio": "08"}
SIZES = [("threads", n) for n in (10, 100, 1_000)]
SIZES += [("asyncio", n) for n in (10, 100, 1_000, 5_000)]
OTHERS = ["httpx on aiohttp", "aiohttp"]
COUNT = 1_000  # pages that the others fetch
FEW = 20  # pages at most, where this is a test and no benchmark


def row(way: str, count: int) -> Any:
    """Return the case of a row; a test of many pages would be one of few."""
    marks = pytest.mark.slow if count > FEW else ()
    return pytest.param(way, count, id=f"{way}, {count:,}", marks=marks)


@pytest.mark.benchmark(group="scale")
@pytest.mark.parametrize(("way", "count"), [row(*size) for size in SIZES])
def test_scale(way: str, count: int, benchmark: Any) -> None:
    """CPU and memory are those of the whole script, in a run of its own."""
    delay = 1.0 if benchmark.enabled else 0.1
    count = count if benchmark.enabled else min(count, FEW)
    page = f"/delay/{delay}"

    def right(waits: list[float]) -> bool:
        return len(waits) == count

    changes = {"PAGES": f"[{page!r}] * {count}", "TIMEOUT": "60"}
    silent: dict[str, Any] = {"stdout": subprocess.DEVNULL}
    seen = watch(
        find(NUMBERS[way]), changes, stderr=silent["stdout"], **silent
    )
    assert [one.status for one in seen.requests] == [200] * count
    used = sum(p.points[-1][1] for p in seen.processes.values())
    more: dict[str, Any] = {
        "count": count,
        "cpu": used,
        "memory": seen.peak_memory,
    }
    with (
        practice_site([page] * count) as urls,
        warmed(urls[0]) as (runner, client),
    ):

        def play() -> list[float]:
            if way == "threads":
                waits: list[float] = threaded.fetch_all(urls)
            else:
                waits = runner.run(coroutines.fetch_all(urls, client))
            return waits

        ideal = "one delay", delay
        rounds = 1 if count > 1_000 else 3  # it takes long
        measure(benchmark, play, right, *ideal, rounds=rounds, **more)


@pytest.mark.benchmark(group="scale")
@pytest.mark.parametrize(
    "way", OTHERS, ids=[f"{way}, {COUNT:,}" for way in OTHERS]
)
def test_other_clients(way: str, benchmark: Any) -> None:
    """Of other libraries, which `uv run --group compare` brings."""
    aiohttp: Any = pytest.importorskip("aiohttp")
    transports: Any = pytest.importorskip("httpx_aiohttp")
    count, delay = (COUNT, 1.0) if benchmark.enabled else (FEW, 0.1)

    def session() -> Any:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def fetch(url: str, client: Any) -> int:
        async with client.get(url) as response:
            response.raise_for_status()
            return len(await response.read())

    async def fetch_all(urls: list[str]) -> list[int]:
        async with session() as client:
            return await asyncio.gather(*(fetch(url, client) for url in urls))

    def right(pages: list[float]) -> bool:
        return len(pages) == count

    transport = transports.AiohttpTransport(client=session)
    with (
        practice_site([f"/delay/{delay}"] * count) as urls,
        warmed(urls[0], transport=transport) as (runner, client),
    ):

        def play() -> Any:
            if way == "aiohttp":
                return runner.run(fetch_all(urls))
            return runner.run(coroutines.fetch_all(urls, client))

        ideal = "one delay", delay
        measure(benchmark, play, right, *ideal, count=count)
