"""The same ten slow pages, a thread for each, with a GIL or without.

Claim: 10 pages in the longest of their waits: 10.0 waits at a time.
"""

from threading import Thread
from time import perf_counter
from typing import Any

import requests

from backstage import practice_site, run

PAGES = ["/delay/1"] * 10  # paths on the practice site, or whole URLs
TIMEOUT = 10  # seconds that a page may keep silent


def fetch(number: int, url: str, waits: list[float]) -> None:
    print(f"page {number}: waiting\n", end="")  # one write: lines stay whole
    begin = perf_counter()
    response = requests.get(url, timeout=TIMEOUT)
    response.raise_for_status()
    wait, size = perf_counter() - begin, len(response.content)
    print(f"page {number}: {size} bytes after {wait:.2f} s\n", end="")
    waits.append(wait)


def try_fetch(errors: list[Exception], *page: Any) -> None:
    try:
        fetch(*page)
    except Exception as error:
        errors.append(error)  # raised here, it would end with the thread


def fetch_all(urls: list[str]) -> list[float]:
    waits, errors, threads = list[float](), list[Exception](), list[Thread]()
    for n, url in enumerate(urls, 1):
        thread = Thread(None, try_fetch, f"fetch-{n}", (errors, n, url, waits))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return waits


def main() -> None:
    with practice_site(PAGES) as urls:
        start = perf_counter()
        waits = fetch_all(urls)
        elapsed = perf_counter() - start
    count, overlap = len(waits), sum(waits) / elapsed
    print(f"{count} pages in {elapsed:.1f} s: {overlap:.1f} waits at a time")


if __name__ == "__main__":
    run(main)
