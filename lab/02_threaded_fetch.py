"""Fetch ten slow pages at the same time, with a thread for each page.

Prediction: nearly 10.0 pages per second, 10 threads. All threads wait at the
same time.
"""

from threading import Thread, current_thread
from time import perf_counter
from typing import NamedTuple

import requests

from backstage import practice_site, run

PAGES = ["/delay/1"] * 10  # paths on the practice site, or whole URLs
TIMEOUT = 10  # seconds without any data, then we give up
MAX_LINES = 20  # with more pages than this, we print only the last line


class Page(NamedTuple):
    size: int
    thread: str


def fetch(number: int, url: str) -> Page:
    report(f"page {number}: start")
    start = perf_counter()
    response = requests.get(url, timeout=TIMEOUT)
    response.raise_for_status()
    elapsed = perf_counter() - start
    size = len(response.content)
    report(f"page {number}: end after {elapsed:.2f} s, {size} bytes")
    return Page(size, current_thread().name)


def report(line: str) -> None:
    if len(PAGES) <= MAX_LINES:
        # print() writes first the text and then the newline. Another thread
        # could print between the two, so we put the newline into the text.
        print(f"{line}\n", end="")


def fetch_all(urls: list[str]) -> list[Page]:
    # A thread cannot return a result. So each thread adds its page to this
    # list. That is safe: append is a single step.
    pages = []
    errors = []

    def fetch_one(number: int, url: str) -> None:
        try:
            pages.append(fetch(number, url))
        except Exception as error:
            # The main thread, which runs main(), does not see an error in
            # another thread. So we keep the error and raise it later.
            errors.append(error)

    threads = []
    for number, url in enumerate(urls, start=1):
        thread = Thread(target=fetch_one, args=(number, url))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()  # waits until the thread has ended
    if errors:
        raise errors[0]  # one of them is enough to stop
    return pages


def main() -> None:
    # The practice site is a web server that runs on this computer.
    with practice_site(PAGES) as urls:
        start = perf_counter()
        pages = fetch_all(urls)
        elapsed = perf_counter() - start

    rate = len(pages) / elapsed
    threads = len({page.thread for page in pages})
    print(
        f"{len(pages)} pages in {elapsed:.2f} s: "
        f"{rate:.1f} pages per second, {threads} threads"
    )


if __name__ == "__main__":
    run(main)
