"""Ten slow pages: one by one, by threads, and by coroutines."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from measuring import measure, warmed

from backstage import practice_site

sequential: Any = importlib.import_module("01_sequential_fetch")
threaded: Any = importlib.import_module("02_threaded_fetch")
pooled: Any = importlib.import_module("05_thread_pool_downloader")
coroutines: Any = importlib.import_module("08_asyncio_downloader")


async def one_by_one(urls: list[str], client: Any) -> list[float]:
    waits: list[float] = []
    for n, url in enumerate(urls, 1):
        await coroutines.fetch(n, url, waits, client)
    return waits


WAYS: dict[str, tuple[Callable[..., Any], bool]] = {
    "sequential": (sequential.fetch_all, False),
    "raw threads": (threaded.fetch_all, False),
    "thread pool": (pooled.fetch_all, False),
    "asyncio one by one": (one_by_one, True),
    "asyncio together": (coroutines.fetch_all, True),
}


@pytest.mark.benchmark(group="waiting")
@pytest.mark.parametrize("way", WAYS)
def test_waiting(
    way: str, benchmark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pooled, "FOLDER", tmp_path)
    fetch_all, is_async = WAYS[way]
    delay = 1.0 if benchmark.enabled else 0.02
    pages = [f"/delay/{delay}"] * 10

    def right(waits: list[Any]) -> bool:
        return len(waits) == len(pages)

    with practice_site(pages) as urls, warmed(urls[0]) as (runner, client):

        def play() -> Any:
            if is_async:
                return runner.run(fetch_all(urls, client))
            return fetch_all(urls)

        measure(benchmark, play, right, "one delay", delay)
