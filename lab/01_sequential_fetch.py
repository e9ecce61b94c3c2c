"""Ten slow pages, one after the other, told page by page.

Claim: 10 pages in the sum of their waits: 1.0 waits at a time.
"""

from time import perf_counter

import requests

from backstage import practice_site, run

PAGES = ["/delay/1"] * 10  # paths on the practice site, or whole URLs
TIMEOUT = 10  # seconds that a page may keep silent


def fetch(number: int, url: str, waits: list[float]) -> None:
    print(f"page {number}: waiting")
    begin = perf_counter()
    response = requests.get(url, timeout=TIMEOUT)
    response.raise_for_status()
    wait, size = perf_counter() - begin, len(response.content)
    print(f"page {number}: {size} bytes after {wait:.2f} s")
    waits.append(wait)


def fetch_all(urls: list[str]) -> list[float]:
    waits: list[float] = []
    for number, url in enumerate(urls, 1):
        fetch(number, url, waits)
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
