"""Four slow pages with requests, one after the other.

Claim: over in the sum of the pages' own waits: 1.0 waits at a time.
"""

from time import perf_counter

import requests

from backstage import practice_site, run

PAGES = ["/delay/1"] * 4  # paths on the practice site, or whole URLs
TIMEOUT = 10  # seconds that a page may keep silent


def fetch(url: str) -> tuple[int, float]:
    begin = perf_counter()
    response = requests.get(url, timeout=TIMEOUT)
    response.raise_for_status()
    return len(response.content), perf_counter() - begin


def main() -> None:
    waited = 0.0
    with practice_site(PAGES) as urls:
        start = perf_counter()
        for size, wait in map(fetch, urls):
            print(f"{size} bytes after {wait:.2f} s of waiting")
            waited += wait
        elapsed = perf_counter() - start
    print(f"over in {elapsed:.2f} s: {waited / elapsed:.1f} waits at a time")


if __name__ == "__main__":
    run(main)
