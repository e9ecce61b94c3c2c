"""Fetch nine pages in nine threads, but only three at the same time.

A semaphore is like a lock that lets several threads in. It counts its free
places: a thread that enters takes one, and gives it back at the end. If no
place is free, the thread waits. (Lesson 09 has a semaphore for coroutines.)

A request is in flight from its start until its answer is here. Too many of
them can be too much for a server.

Prediction: 9 requests in flight without semaphore, 3 with it, and 4 after a
wrong release, which gives back a place that nobody took.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore, Lock, Semaphore
from time import perf_counter

import requests

from backstage import practice_site, run

PAGES = ["/delay/0.4"] * 9  # paths on the practice site, or whole URLs
TIMEOUT = 10  # seconds without any data, then we give up
LIMIT = 3  # requests that may be in flight at the same time


class Client:
    """Fetches pages, and counts its requests in flight."""

    def __init__(self) -> None:
        self.lock = Lock()  # All threads change the counts.
        self.in_flight = 0
        self.most_in_flight = 0

    def fetch(self, url: str) -> None:
        with self.lock:
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            response = requests.get(url, timeout=TIMEOUT)
        finally:
            with self.lock:
                self.in_flight -= 1
        response.raise_for_status()


class LimitedClient(Client):
    def __init__(self, semaphore: Semaphore) -> None:
        super().__init__()
        self.semaphore = semaphore

    def fetch(self, url: str) -> None:
        # "with" takes a place (acquire) and gives it back (release). Only this
        # block is limited. Before and after it, all threads can work.
        with self.semaphore:
            super().fetch(url)


def fetch_all(name: str, client: Client, urls: list[str]) -> int:
    start = perf_counter()
    with ThreadPoolExecutor(len(urls)) as pool:
        # list() waits for all pages. If one fails, it raises the error.
        list(pool.map(client.fetch, urls))
    elapsed = perf_counter() - start
    print(
        f"{name}: {len(urls)} pages in {elapsed:.2f} s, "
        f"at most {client.most_in_flight} requests in flight"
    )
    return client.most_in_flight


def main() -> None:
    # The practice site is a web server that runs on this computer.
    with practice_site(PAGES) as urls:
        without = fetch_all("without semaphore", Client(), urls)

        semaphore = Semaphore(LIMIT)
        limited = fetch_all("semaphore", LimitedClient(semaphore), urls)

        # A mistake: we give back a place that we have not taken. Now the same
        # semaphore has one place more than LIMIT, and there is no error.
        semaphore.release()
        wrong = fetch_all("wrong release", LimitedClient(semaphore), urls)

    # A BoundedSemaphore raises an error for this mistake.
    try:
        BoundedSemaphore(LIMIT).release()
    except ValueError as error:
        print(f"BoundedSemaphore: {type(error).__name__}: {error}")

    print(
        f"limit {LIMIT}, in flight: {without} without semaphore, "
        f"{limited} with it, {wrong} after a wrong release"
    )


if __name__ == "__main__":
    run(main)
