"""Fetching ten slow pages: one by one, with threads and with coroutines."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from measuring import fetch_together, lesson_client, measure, warmed

from backstage import practice_site

sequential: Any = importlib.import_module("01_sequential_fetch")
threaded: Any = importlib.import_module("02_threaded_fetch")
pooled: Any = importlib.import_module("05_thread_pool_downloader")
coroutines: Any = importlib.import_module("08_asyncio_downloader")


async def one_by_one(urls: list[str], client: httpx.AsyncClient) -> list[Any]:
    return [
        await coroutines.fetch(number, url, client)
        for number, url in enumerate(urls, start=1)
    ]


# A row for each way, by its name.
WAYS: dict[str, Callable[[list[str]], list[Any]]] = {
    "sequential": lambda urls: list(sequential.fetch_all(urls)),
    "raw threads": lambda urls: list(threaded.fetch_all(urls)),
    "thread pool": lambda urls: list(pooled.download_all(urls)),
}
ASYNC_WAYS = {
    "asyncio one by one": one_by_one,
    "asyncio tasks": fetch_together,
}


@pytest.mark.benchmark(group="waiting")
@pytest.mark.parametrize("way", [*WAYS, *ASYNC_WAYS])
def test_waiting(
    way: str, benchmark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pooled, "FOLDER", tmp_path)
    delay = 1.0 if benchmark.enabled else 0.02
    pages = [f"/delay/{delay}"] * 10
    client = lesson_client(len(pages))

    def is_right(fetched: list[Any]) -> bool:
        return len(fetched) == len(pages)

    with practice_site(pages) as urls, warmed(urls[0], client) as runner:

        def fetch() -> list[Any]:
            if way in ASYNC_WAYS:
                return runner.run(ASYNC_WAYS[way](urls, client))
            return WAYS[way](urls)

        measure(benchmark, fetch, is_right, "one delay", [delay])
