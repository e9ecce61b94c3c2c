"""Fetch ten slow pages, one after the other.

Prediction: about 1.0 pages per second, 1 thread. Each page takes a second.
"""

from threading import active_count
from time import perf_counter

import requests

from backstage import practice_site, run

PAGES = ["/delay/1"] * 10  # paths on the practice site, or whole URLs
TIMEOUT = 10  # seconds without data before we give up


def fetch(number: int, url: str) -> int:
    print(f"page {number}: start")
    start = perf_counter()
    response = requests.get(url, timeout=TIMEOUT)
    response.raise_for_status()
    elapsed = perf_counter() - start
    size = len(response.content)
    print(f"page {number}: end after {elapsed:.2f} s, {size} bytes")
    return size


def fetch_all(urls: list[str]) -> list[int]:
    sizes = []
    for number, url in enumerate(urls, start=1):
        size = fetch(number, url)
        sizes.append(size)
    return sizes


def main() -> None:
    # The practice site is a web server that runs on this computer.
    with practice_site(PAGES) as urls:
        start = perf_counter()
        sizes = fetch_all(urls)
        elapsed = perf_counter() - start

    rate = len(sizes) / elapsed
    print(
        f"{len(sizes)} pages in {elapsed:.2f} s: "
        f"{rate:.1f} pages per second, {active_count()} thread"
    )


if __name__ == "__main__":
    run(main)
