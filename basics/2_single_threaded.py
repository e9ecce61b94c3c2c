"""Fetch four slow pages, one after the other.

A thread runs the code of a program, step by step. This program has one.

Prediction: about 1.0 pages per second, 1 thread. Each page takes a second.
"""

from threading import current_thread
from time import perf_counter
from typing import NamedTuple

import requests

from backstage import practice_site, run

PAGES = ["/delay/1"] * 4  # paths on the practice site, or whole URLs
TIMEOUT = 10  # seconds without any data, then we give up


class Page(NamedTuple):
    size: int
    thread: str


def fetch(number: int, url: str) -> Page:
    print(f"page {number}: start")
    start = perf_counter()
    response = requests.get(url, timeout=TIMEOUT)
    response.raise_for_status()
    elapsed = perf_counter() - start
    size = len(response.content)
    print(f"page {number}: end after {elapsed:.2f} s, {size} bytes")
    return Page(size, current_thread().name)


def main() -> None:
    # The practice site is a web server that runs on this computer until the
    # end of this block. It gives us the URLs of our pages.
    with practice_site(PAGES) as urls:
        # map calls fetch(1, url 1), fetch(2, url 2), and so on.
        numbers = range(1, len(urls) + 1)
        start = perf_counter()
        pages = list(map(fetch, numbers, urls))
        elapsed = perf_counter() - start

    rate = len(pages) / elapsed
    threads = len({page.thread for page in pages})
    print(
        f"{len(pages)} pages in {elapsed:.2f} s: "
        f"{rate:.1f} pages per second, {threads} thread"
    )


if __name__ == "__main__":
    run(main)
