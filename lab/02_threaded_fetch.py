"""Fetch ten slow pages at the same time, with a thread for each page.

Prediction: nearly 10.0 pages per second, 10 threads. They wait together.
"""

from threading import Thread
from time import perf_counter

import requests

from backstage import practice_site, run

PAGES = ["/delay/1"] * 10  # paths on the practice site, or whole URLs
TIMEOUT = 10  # seconds without data before we give up
MAX_LINES = 20  # with more pages, only the last line is printed


def fetch(number: int, url: str) -> int:
    report(f"page {number}: start")
    start = perf_counter()
    response = requests.get(url, timeout=TIMEOUT)
    response.raise_for_status()
    elapsed = perf_counter() - start
    size = len(response.content)
    report(f"page {number}: end after {elapsed:.2f} s, {size} bytes")
    return size


def report(line: str) -> None:
    if len(PAGES) <= MAX_LINES:
        # With the newline in the text, the lines of two threads do not mix.
        print(f"{line}\n", end="")


def fetch_all(urls: list[str]) -> tuple[list[int], int]:
    """Return the sizes of the pages, and the number of threads."""
    sizes = []
    errors = []

    def fetch_one(number: int, url: str) -> None:
        try:
            sizes.append(fetch(number, url))
        except Exception as error:
            errors.append(error)  # for the main thread, which cannot catch it

    threads = []
    for number, url in enumerate(urls, start=1):
        thread = Thread(target=fetch_one, args=(number, url))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()  # waits until the thread has ended
    if errors:
        raise errors[0]
    return sizes, len(threads)


def main() -> None:
    # The practice site is a web server that runs on this computer.
    with practice_site(PAGES) as urls:
        start = perf_counter()
        sizes, threads = fetch_all(urls)
        elapsed = perf_counter() - start

    rate = len(sizes) / elapsed
    print(
        f"{len(sizes)} pages in {elapsed:.2f} s: "
        f"{rate:.1f} pages per second, {threads} threads"
    )


if __name__ == "__main__":
    run(main)
