"""Fetch four slow pages at the same time, in four threads.

A thread runs the code of a program, step by step. Here four threads fetch.

Prediction: nearly 4.0 pages per second, 4 threads. All threads wait at the
same time.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import current_thread
from time import perf_counter
from typing import NamedTuple

import requests

from backstage import practice_site, run

PAGES = ["/delay/1"] * 4  # paths on the practice site, or whole URLs
TIMEOUT = 10  # seconds without any data, then we give up
WORKERS = 4  # threads


class Page(NamedTuple):
    size: int
    thread: str


def fetch(number: int, url: str) -> Page:
    # print() writes first the text and then the newline. Another thread could
    # print between the two, so we put the newline into the text.
    print(f"page {number}: start\n", end="")
    start = perf_counter()
    response = requests.get(url, timeout=TIMEOUT)
    response.raise_for_status()
    elapsed = perf_counter() - start
    size = len(response.content)
    print(f"page {number}: end after {elapsed:.2f} s, {size} bytes\n", end="")
    return Page(size, current_thread().name)


def main() -> None:
    # The practice site is a web server that runs on this computer until the
    # end of this block. It gives us the URLs of our pages.
    with practice_site(PAGES) as urls:
        # map calls fetch(1, url 1), fetch(2, url 2), and so on.
        numbers = range(1, len(urls) + 1)
        start = perf_counter()
        with ThreadPoolExecutor(WORKERS) as pool:
            pages = list(pool.map(fetch, numbers, urls))
        elapsed = perf_counter() - start

    rate = len(pages) / elapsed
    threads = len({page.thread for page in pages})
    print(
        f"{len(pages)} pages in {elapsed:.2f} s: "
        f"{rate:.1f} pages per second, {threads} threads"
    )


if __name__ == "__main__":
    run(main)
